//! Long sources: what a film of two hours needs before it plays, and that its progress only rises.

use anyhow::{Context, Result, ensure};
use e2e::{Product, Source, Workshop, note, run, until};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::Instant;

const LIMIT: Duration = Duration::from_secs(120);
/// How much longer a film of two hours may take than a clip of its first seconds until it can be played.
const LATER: Duration = Duration::from_secs(8);
/// What a video's document may have at most, in bytes.
const LARGEST_DOCUMENT: usize = 1 << 20;

/// A clip again and again, for so long in all.
async fn film(workshop: &Workshop, clip: &Path, name: &str, seconds: u32) -> Result<PathBuf> {
    let path = workshop.path(name);
    let (from, length, to) = (clip.display().to_string(), seconds.to_string(), path.display().to_string());
    let arguments =
        ["-nostdin", "-v", "error", "-stream_loop", "-1", "-i", &from, "-t", &length, "-c", "copy", &to];
    run("ffmpeg", &arguments).await?;
    Ok(path)
}

#[tokio::test]
async fn a_long_film_plays_soon_and_its_document_is_small() -> Result<()> {
    let workshop = Workshop::open()?;
    let clip = Source { width: 160, height: 90, seconds: 20.0, ..Source::default() };
    let clip = workshop.make("clip.mp4", &clip).await?;
    let product = Product::start(&[]).await?;
    let mut took = Vec::new();
    for (name, seconds) in [("short.mp4", 20), ("film.mp4", 2 * 3600), ("day.mp4", 12 * 3600)] {
        let source = film(&workshop, &clip, name, seconds).await?;
        let id = product.api().upload(&source).await?;
        let began = Instant::now();
        product.api().wait_for(&id, "transcoding", LIMIT).await?;
        took.push(began.elapsed());
        let video = product.api().get(&format!("/vod/{id}/metadata")).await?.text();
        note(format_args!(
            "{name}: planned after {:.2?}, {} bytes of metadata",
            began.elapsed(),
            video.len()
        ));
        ensure!(video.len() < LARGEST_DOCUMENT, "its document has {} bytes", video.len());
        ensure!(product.api().delete(&id).await?.status < 300, "{id} is not deleted");
    }
    ensure!(
        took[1] < took[0] + LATER,
        "the film was planned after {:.2?}, the clip after {:.2?}",
        took[1],
        took[0]
    );
    product.finish().await
}

#[tokio::test]
async fn progress_only_rises_and_ends_with_the_last_part() -> Result<()> {
    let workshop = Workshop::open()?;
    let film = Source { width: 320, height: 180, seconds: 60.0, ..Source::default() };
    let source = workshop.make("film.mp4", &film).await?;
    let product = Product::start(&[]).await?;
    let api = product.api();
    let id = api.upload(&source).await?;
    let mut seen: Vec<u64> = Vec::new();
    until("it is ready", LIMIT, async || {
        let video = api.video(&id).await?;
        let percent = video["progress_percent"].as_u64().context("no progress")?;
        let ready = video["status"] == "ready";
        ensure!(seen.last().is_none_or(|before| *before <= percent), "{percent} % after {seen:?}");
        ensure!((percent == 100) == ready, "{percent} % and {}", video["status"]);
        if seen.last() != Some(&percent) {
            seen.push(percent);
        }
        Ok(ready.then_some(()))
    })
    .await?;
    note(format_args!("progress: {seen:?}"));
    ensure!(seen.len() > 4, "only {seen:?}");
    product.finish().await
}
