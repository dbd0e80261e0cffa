//! hls.js in a headless Chromium plays what is ready, and what is being encoded, to its end.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Presentation, Product, Source, Workshop, note};
use serde::Deserialize;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(150);
const SECONDS: f64 = 12.0;

/// What `play.mjs` reports.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    began: Option<f64>,
    duration: Option<f64>,
    fatal: Vec<String>,
    errors: Vec<String>,
    ended: bool,
    at: f64,
    width: u32,
    pictures: u64,
    corrupted: u64,
    sound_bytes: u64,
    jump: Option<Jump>,
}

/// A jump to the middle.
#[derive(Debug, Deserialize)]
struct Jump {
    at: f64,
    after: f64,
}

fn film() -> Source {
    Source { width: 640, height: 360, seconds: SECONDS, noise: 40, ..Source::default() }
}

/// Insists that all of it was shown and heard from the beginning on.
fn whole(report: &Report) -> Result<()> {
    ensure!(report.fatal.is_empty(), "fatal errors: {:?}", report.fatal);
    ensure!(report.ended && (report.at - SECONDS).abs() < 0.2, "it ended at {} s", report.at);
    let length = report.duration.context("no length")?;
    ensure!((length - SECONDS).abs() < 0.2, "it showed a length of {length} s");
    ensure!(report.width == 640, "pictures are {} wide", report.width);
    ensure!(report.pictures as f64 > SECONDS * 25.0, "{} pictures", report.pictures);
    ensure!(report.corrupted == 0, "{} broken pictures", report.corrupted);
    ensure!(report.sound_bytes > 20_000, "{} bytes of sound", report.sound_bytes);
    Ok(())
}

#[tokio::test]
async fn hls_js_plays_a_ready_video_with_sound() -> Result<()> {
    let Some(browser) = Browser::find("ready video") else { return Ok(()) };
    let workshop = Workshop::open()?;
    let source = workshop.make("film.mp4", &film()).await?;
    let product = Product::start(&[]).await?;
    let id = product.api().upload(&source).await?;
    product.api().wait_for(&id, "ready", LIMIT).await?;
    let shown = Presentation::open(product.api(), &id).await?;
    let report: Report = browser.play(&workshop, shown.url.as_str(), &[], LIMIT).await?;
    whole(&report)?;
    ensure!(report.errors.is_empty(), "errors: {:?}", report.errors);
    ensure!(report.began.context("it never played")? < 0.2, "it began at {:?}", report.began);
    product.finish().await
}

#[tokio::test]
async fn hls_js_plays_and_seeks_while_a_video_is_encoded() -> Result<()> {
    let Some(browser) = Browser::find("while encoding") else { return Ok(()) };
    let workshop = Workshop::open()?;
    let source = workshop.make("film.mp4", &film()).await?;
    let product = Product::start(&[]).await?;
    let id = product.api().upload(&source).await?;
    let video = product.api().wait_for(&id, "transcoding", LIMIT).await?;
    ensure!(video["progress_percent"] == 0, "{} % were encoded already", video["progress_percent"]);
    let shown = Presentation::open(product.api(), &id).await?;
    let report: Report = browser.play(&workshop, shown.url.as_str(), &["seek"], LIMIT).await?;
    whole(&report)?;
    let jump = report.jump.context("no jump")?;
    ensure!((jump.at - SECONDS / 2.0).abs() < 1.0, "the jump showed {} s", jump.at);
    note(format_args!("a jump to the middle showed a picture after {:.2} s", jump.after));
    product.api().wait_for(&id, "ready", LIMIT).await?;
    product.finish().await
}
