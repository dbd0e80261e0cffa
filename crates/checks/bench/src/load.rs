//! Load: many clients that send metadata of videos, each its next as soon as the last is answered.

use crate::{clock::Stopwatch, percentiles::Percentiles};
use reqwest::Client;
use serde::Serialize;
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};
use tokio::task::JoinSet;
use url::Url;

/// An answer that takes longer is an error.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Load {
    /// Accepted uploads a second.
    pub(crate) per_second: f64,
    /// From a request until its answer was read, of those that were accepted.
    pub(crate) answers: Percentiles,
    /// What else was answered, or went wrong, and how often.
    pub(crate) errors: BTreeMap<String, u64>,
}

impl Load {
    /// How many were not accepted.
    pub(crate) fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }
}

/// Uploads by so many clients for so long. What is under way at the end is still waited for, and counts.
pub(crate) async fn uploads(api: &Url, clients: u32, length: Duration) -> anyhow::Result<Load> {
    let (began, address) = (Stopwatch::start(), api.join("/vod/upload")?);
    let mut running = JoinSet::new();
    for number in 0..clients {
        let client = Client::builder().no_proxy().timeout(PATIENCE).build()?;
        running.spawn(one(client, address.clone(), number, began, length.as_secs_f64()));
    }
    let (mut seconds, mut errors) = (Vec::new(), BTreeMap::new());
    for (accepted, refused) in running.join_all().await {
        seconds.extend(accepted);
        refused.into_iter().for_each(|error| *errors.entry(error).or_default() += 1);
    }
    let per_second = seconds.len() as f64 / began.seconds();
    Ok(Load { per_second, answers: Percentiles::of(seconds), errors })
}

async fn one(
    client: Client,
    address: Url,
    number: u32,
    began: Stopwatch,
    until_s: f64,
) -> (Vec<f64>, Vec<String>) {
    let (mut accepted, mut errors, mut count) = (Vec::new(), Vec::new(), 0_u32);
    while began.seconds() < until_s {
        count += 1;
        let sent = Stopwatch::start();
        match upload(&client, &address, &format!("Episode {number}.{count}")).await {
            Ok(()) => accepted.push(sent.seconds()),
            Err(error) => errors.push(error),
        }
    }
    (accepted, errors)
}

/// One upload, as the original pipeline's clients send it.
async fn upload(client: &Client, address: &Url, title: &str) -> Result<(), String> {
    let body = json!({
        "title": title,
        "duration_seconds": 2.0,
        "resolution": "256x144",
        "file_size_bytes": 1_000_000,
    });
    let answer = client.post(address.clone()).json(&body).send().await.map_err(told)?;
    let status = answer.status();
    let text = answer.text().await.map_err(told)?;
    if status.as_u16() == 201 && text.contains("stream_id") { Ok(()) } else { Err(status.to_string()) }
}

/// Without the address, so that the same errors are counted together.
fn told(error: reqwest::Error) -> String {
    error.without_url().to_string()
}
