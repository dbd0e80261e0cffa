//! Long sources: how soon a film is planned, and that progress only rises. `E2E_LONG=1` plans two hours and twelve.

use anyhow::{Context, Result, ensure};
use e2e::{Product, Source, Workshop, note, run, until};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::Instant;

const LIMIT: Duration = Duration::from_secs(120);
/// How many times as long as for a minute the planning of a film may take.
const TIMES: u32 = 3;
/// How much longer for each of its hours: its jobs are written down.
const PER_HOUR: Duration = Duration::from_millis(600);

/// A clip again and again, for so long in all.
async fn film(workshop: &Workshop, clip: &Path, name: &str, seconds: u32) -> Result<PathBuf> {
    let path = workshop.path(name);
    let (from, length, to) = (clip.display().to_string(), seconds.to_string(), path.display().to_string());
    let arguments = [
        "-nostdin",
        "-v",
        "error",
        "-y",
        "-stream_loop",
        "-1",
        "-i",
        &from,
        "-t",
        &length,
        "-c",
        "copy",
        &to,
    ];
    run("ffmpeg", &arguments).await?;
    Ok(path)
}

/// How long it takes until a source is planned, from when it is uploaded.
async fn planning(product: &Product, source: &Path) -> Result<Duration> {
    let id = product.api().upload(source).await?;
    let began = Instant::now();
    product.api().wait_for(&id, "transcoding", LIMIT).await?;
    let took = began.elapsed();
    ensure!(product.api().delete(&id).await?.status < 300, "{id} is not deleted");
    Ok(took)
}

#[tokio::test]
async fn a_long_film_is_planned_as_fast_as_a_short_one() -> Result<()> {
    let workshop = Workshop::open()?;
    let clip = Source { width: 160, height: 90, seconds: 20.0, ..Source::default() };
    let clip = workshop.make("clip.mp4", &clip).await?;
    let product = Product::start(&[]).await?;
    let short = planning(&product, &film(&workshop, &clip, "short.mp4", 60).await?).await?;
    let long = std::env::var("E2E_LONG").is_ok_and(|value| value != "0");
    for minutes in if long { vec![120, 720] } else { vec![60] } {
        let took = planning(&product, &film(&workshop, &clip, "film.mp4", minutes * 60).await?).await?;
        note(format_args!("{minutes} min are planned after {took:.2?}, and one after {short:.2?}"));
        let parts = PER_HOUR * minutes / 60;
        ensure!(
            took < short * TIMES + parts,
            "{minutes} min were planned after {took:.2?}, and one after {short:.2?}"
        );
    }
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
