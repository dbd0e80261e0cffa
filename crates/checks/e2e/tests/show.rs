//! The product with its producer: somebody starts it, and there is something to see.

use anyhow::{Result, ensure};
use e2e::{Product, until};
use serde_json::Value;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(180);

/// Its videos of one status.
async fn videos(product: &Product, status: &str) -> Result<Vec<Value>> {
    let list: Value = product.api().get(&format!("/vod?status={status}")).await?.json()?;
    Ok(list["videos"].as_array().cloned().unwrap_or_default())
}

#[tokio::test]
async fn episodes_come_play_and_go() -> Result<()> {
    let settings = [
        ("PRODUCER", "on"),
        ("VOD_INTERVAL_MIN", "1"),
        ("VOD_INTERVAL_MAX", "2"),
        ("PRODUCER_KEEP_VIDEOS", "3"),
        ("VOD_SHOW_NAME", "A Show"),
        ("VOD_EPISODES", "One, Two"),
    ];
    let product = Product::start(&settings).await?;
    let deleted = async || {
        let deleted = videos(&product, "deleted").await?;
        Ok((deleted.len() >= 2).then_some(deleted))
    };
    for video in until("the oldest are deleted", LIMIT, deleted).await? {
        ensure!(["A Show: One", "A Show: Two"].iter().any(|title| video["title"] == *title), "{video}");
    }
    let ready = async || Ok(videos(&product, "ready").await?.pop());
    let video = until("one is ready", LIMIT, ready).await?;
    ensure!(video["resolution"] == "320x180" && video["duration_seconds"] == 8.0, "{video}");
    product.finish().await
}
