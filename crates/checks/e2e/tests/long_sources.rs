//! Long sources: how soon a film is planned, and that progress only rises. `E2E_LONG=1` plans two hours and twelve.

use anyhow::{Context, Result, ensure};
use e2e::{Product, Source, Workshop, note, run, until};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::Instant;

const LIMIT: Duration = Duration::from_secs(120);
/// How much of a film has to be planned in a second, in seconds: all its packets are read, and no more.
const LEAST_SPEED: f64 = 120.0;

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
async fn a_long_film_is_planned_at_the_speed_of_its_packets() -> Result<()> {
    let workshop = Workshop::open()?;
    let clip = Source { width: 160, height: 90, seconds: 20.0, ..Source::default() };
    let clip = workshop.make("clip.mp4", &clip).await?;
    let product = Product::start(&[]).await?;
    let long = std::env::var("E2E_LONG").is_ok_and(|value| value != "0");
    for minutes in if long { vec![120, 720] } else { vec![20] } {
        let source = film(&workshop, &clip, "film.mp4", minutes * 60).await?;
        let id = product.api().upload(&source).await?;
        let began = Instant::now();
        product.api().wait_for(&id, "transcoding", LIMIT).await?;
        let took = began.elapsed();
        note(format_args!("{minutes} min are planned after {took:.1?}"));
        let speed = f64::from(minutes * 60) / took.as_secs_f64();
        ensure!(speed > LEAST_SPEED, "{minutes} min were planned after {took:.1?}");
        ensure!(product.api().delete(&id).await?.status < 300, "{id} is not deleted");
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
