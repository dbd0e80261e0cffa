//! The product's HTTP interface, as an uploader sees it.

use crate::clock::{self, Stopwatch};
use anyhow::Context;
use reqwest::{Body, Client, Response, header};
use serde::Deserialize;
use std::{path::Path, time::Duration};
use tokio_util::io::ReaderStream;
use url::Url;

/// How often the status is asked for: the error of the time to `ready`.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// A video that is not ready after so many seconds never will be.
const PATIENCE_SECONDS: f64 = 3600.0;

#[derive(Deserialize)]
struct Accepted {
    stream_id: String,
}

#[derive(Deserialize)]
struct Content {
    status: String,
    reason: Option<serde_json::Value>,
}

/// Uploads a file; the id of its video.
pub(crate) async fn upload(client: &Client, api: &Url, file: &Path) -> anyhow::Result<String> {
    let opened = tokio::fs::File::open(file).await.context("opening the source")?;
    let length = opened.metadata().await.context("opening the source")?.len();
    let request = client
        .post(api.join("/vod/upload")?)
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::CONTENT_LENGTH, length)
        .body(Body::wrap_stream(ReaderStream::with_capacity(opened, 256 << 10)));
    let accepted: Accepted = answered(request.send().await?).await?.json().await?;
    Ok(accepted.stream_id)
}

/// Waits until a video is ready.
pub(crate) async fn until_ready(client: &Client, api: &Url, stream: &str) -> anyhow::Result<()> {
    let (address, began) = (api.join(&format!("/content/{stream}"))?, Stopwatch::start());
    loop {
        let content: Content = answered(client.get(address.clone()).send().await?).await?.json().await?;
        match content.status.as_str() {
            "ready" => return Ok(()),
            "failed" | "rejected" | "deleted" => {
                anyhow::bail!("the video is {}: {}", content.status, content.reason.unwrap_or_default())
            }
            status => anyhow::ensure!(
                began.seconds() < PATIENCE_SECONDS,
                "the video is still {status} after {PATIENCE_SECONDS} s"
            ),
        }
        clock::pause(LOOK_EVERY).await;
    }
}

/// An answer that says that all went well.
pub(crate) async fn answered(response: Response) -> anyhow::Result<Response> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let address = response.url().clone();
    anyhow::bail!("{address} answered {status}: {}", response.text().await.unwrap_or_default())
}
