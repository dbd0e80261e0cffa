//! VLC plays what is ready, and what is being encoded, to its end.

use anyhow::{Result, ensure};
use e2e::{Presentation, Product, Source, Vlc, Workshop, note};
use std::{path::Path, time::Duration};

const LIMIT: Duration = Duration::from_secs(120);
const SECONDS: f64 = 12.0;

fn film() -> Source {
    Source { width: 640, height: 360, seconds: SECONDS, noise: 40, ..Source::default() }
}

/// Plays an address and insists that all of it was shown and heard.
async fn plays(program: &Path, url: &str) -> Result<()> {
    let mut vlc = Vlc::play(program, url).await?;
    let shown = vlc.watch().await?;
    note(format_args!("{shown:?}"));
    ensure!(
        shown.length.is_some_and(|length| length.abs_diff(SECONDS as u64) <= 1),
        "{shown:?}\n{}",
        vlc.log()
    );
    ensure!(shown.began.is_some_and(|began| began <= 1), "it did not begin at 0: {shown:?}");
    ensure!(shown.pictures as f64 > SECONDS * 25.0, "{shown:?}\n{}", vlc.log());
    let heard = vlc.end().await?;
    note(format_args!("{heard:.2} s of sound"));
    ensure!((heard - SECONDS).abs() < 0.5, "{heard} s of sound");
    Ok(())
}

#[tokio::test]
async fn vlc_plays_a_ready_video_with_sound() -> Result<()> {
    let Some(program) = Vlc::find("ready video") else { return Ok(()) };
    let workshop = Workshop::open()?;
    let source = workshop.make("film.mp4", &film()).await?;
    let product = Product::start(&[]).await?;
    let id = product.api().upload(&source).await?;
    product.api().wait_for(&id, "ready", LIMIT).await?;
    plays(&program, Presentation::open(product.api(), &id).await?.url.as_str()).await?;
    product.finish().await
}

#[tokio::test]
async fn vlc_plays_while_a_video_is_encoded() -> Result<()> {
    let Some(program) = Vlc::find("while encoding") else { return Ok(()) };
    let workshop = Workshop::open()?;
    let source = workshop.make("film.mp4", &film()).await?;
    let product = Product::start(&[]).await?;
    let id = product.api().upload(&source).await?;
    let video = product.api().wait_for(&id, "transcoding", LIMIT).await?;
    ensure!(video["progress_percent"] == 0, "{} % were encoded already", video["progress_percent"]);
    plays(&program, Presentation::open(product.api(), &id).await?.url.as_str()).await?;
    product.api().wait_for(&id, "ready", LIMIT).await?;
    product.finish().await
}
