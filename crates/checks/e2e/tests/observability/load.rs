//! Something to be seen: uploads that play, a live stream, refusals.

use anyhow::{Context, Result};
use e2e::{Product, Source, Workshop, until};
use serde_json::Value;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(120);

/// Settings under which much happens in little time.
pub(crate) const SETTINGS: [(&str, &str); 4] =
    [("PRODUCER", "on"), ("VOD_INTERVAL_MIN", "2"), ("VOD_INTERVAL_MAX", "3"), ("PRODUCER_KEEP_VIDEOS", "3")];

/// Watches as viewers do, and asks for what is refused, until a video is ready and a live stream plays.
pub(crate) async fn until_all_was_seen(product: &Product) -> Result<()> {
    until("a video is ready, and a stream is live", LIMIT, async || {
        let ready = list(product, "/vod?status=ready", "videos").await?;
        let live = list(product, "/streams?status=live", "streams").await?;
        let (Some(video), Some(stream)) = (ready.first(), live.first()) else { return Ok(None) };
        let id = |document: &Value| document["stream_id"].as_str().unwrap_or_default().to_owned();
        Ok(Some((id(video), id(stream))))
    })
    .await
    .map(drop)?;
    wait_for_an_encode(product).await?;
    play(product).await
}

/// Watches the end of a video that is not encoded that far.
async fn wait_for_an_encode(product: &Product) -> Result<()> {
    let (workshop, long) = (Workshop::open()?, Source { seconds: 40.0, noise: 20, ..Source::default() });
    let id = product.api().upload(&workshop.make("long.mp4", &long).await?).await?;
    let manifest = until("the video is planned", LIMIT, async || {
        let answer = product.api().get(&format!("/vod/{id}/manifest")).await?;
        Ok((answer.status == 200).then_some(answer))
    });
    let manifest = manifest.await?.json()?;
    follow(product, manifest["manifest_url"].as_str().context("no address")?).await
}

/// One look at all that there is.
pub(crate) async fn play(product: &Product) -> Result<()> {
    let api = product.api();
    for video in list(product, "/vod", "videos").await?.iter().take(3) {
        let id = video["stream_id"].as_str().context("no id")?;
        let answer = api.get(&format!("/vod/{id}/manifest")).await?;
        if let Ok(manifest) = answer.json() {
            follow(product, manifest["manifest_url"].as_str().context("no address")?).await?;
        }
    }
    for stream in list(product, "/streams?status=live", "streams").await? {
        let id = stream["stream_id"].as_str().context("no id")?;
        let answer = api.get(&format!("/streams/{id}/live")).await?.json()?;
        follow(product, answer["manifest_url"].as_str().context("no address")?).await?;
    }
    // Refusals are answers too.
    api.get("/vod/vod-000000000000/metadata").await?;
    api.upload_body("this is no video", "").await?;
    Ok(())
}

/// From a master playlist to the last segment of a rendition.
async fn follow(product: &Product, master: &str) -> Result<()> {
    let api = product.api();
    let mut address = api.url(master)?;
    for _ in 0..3 {
        let answer = api.fetch(address.as_str()).await?;
        let text = answer.text();
        let Some(next) = text.lines().rfind(|line| !line.is_empty() && !line.starts_with('#')) else { break };
        if !text.starts_with("#EXTM3U") {
            break;
        }
        address = address.join(next)?;
    }
    Ok(())
}

async fn list(product: &Product, path: &str, of: &str) -> Result<Vec<Value>> {
    let list = product.api().get(path).await?.json()?;
    Ok(list[of].as_array().cloned().unwrap_or_default())
}
