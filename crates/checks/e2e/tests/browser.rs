//! hls.js in a headless Chromium plays what is ready, and what is being encoded, to its end.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Presentation, Product, Source, Workshop, note, run};
use serde::Deserialize;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(150);
const SECONDS: f64 = 12.0;
/// All is shown so much later than it is listed, text as well as pictures: two pictures, which are decoded first.
const DELAY: f64 = 2.0 * 1001.0 / 30_000.0;

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
    subtitles: Vec<Subtitles>,
    sound: Vec<Heard>,
    jump: Option<Jump>,
}

/// Subtitles that can be chosen, and what they show.
#[derive(Debug, Deserialize)]
struct Subtitles {
    lang: String,
    forced: bool,
    /// The player took them by itself.
    chosen: bool,
    cues: Vec<Cue>,
}

#[derive(Debug, Deserialize)]
struct Cue {
    start: f64,
    end: f64,
    text: String,
}

/// Sound that can be chosen.
#[derive(Debug, Deserialize)]
struct Heard {
    lang: String,
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

#[tokio::test]
async fn hls_js_offers_every_language_and_shows_text_at_its_time() -> Result<()> {
    let Some(browser) = Browser::find("subtitles") else { return Ok(()) };
    let workshop = Workshop::open()?;
    let film = Source { sound: &["eng", "ger"], ..film() };
    let film = workshop.make("film.mp4", &film).await?;
    let script = "1\n00:00:02,000 --> 00:00:03,500\nFirst\n\n2\n00:00:09,000 --> 00:00:10,000\nLast\n";
    let text = workshop.file("text.srt", script.as_bytes())?;
    let source = workshop.path("subtitled.mkv");
    let arguments = format!(
        "-nostdin -v error -y -i {} -i {text} -i {text} -map 0 -map 1 -map 2 -c copy -c:s:0 subrip -c:s:1 ass \
         -metadata:s:s:0 language=eng -metadata:s:s:1 language=ger -disposition:s:0 0 -disposition:s:1 default {}",
        film.display(),
        source.display(),
        text = text.display(),
    );
    run("ffmpeg", &arguments.split_whitespace().collect::<Vec<_>>()).await?;
    let product = Product::start(&[]).await?;
    let id = product.api().upload(&source).await?;
    product.api().wait_for(&id, "ready", LIMIT).await?;
    let shown = Presentation::open(product.api(), &id).await?;
    let report: Report = browser.play(&workshop, shown.url.as_str(), &[], LIMIT).await?;
    whole(&report)?;
    ensure!(report.errors.is_empty(), "errors: {:?}", report.errors);
    let languages: Vec<&str> = report.sound.iter().map(|sound| sound.lang.as_str()).collect();
    ensure!(languages == ["eng", "ger"], "sound: {languages:?}");
    let chosen: Vec<_> = report.subtitles.iter().map(|it| (it.lang.as_str(), it.chosen, it.forced)).collect();
    ensure!(chosen == [("eng", false, false), ("ger", true, false)], "subtitles: {chosen:?}");
    for subtitles in &report.subtitles {
        let cues: Vec<_> = subtitles.cues.iter().map(|cue| cue.text.as_str()).collect();
        ensure!(cues == ["First", "Last"], "{}: {cues:?}", subtitles.lang);
        for (cue, (start, end)) in subtitles.cues.iter().zip([(2.0, 3.5), (9.0, 10.0)]) {
            let near = |a: f64, b: f64| (a - b - DELAY).abs() < 0.005;
            ensure!(near(cue.start, start) && near(cue.end, end), "{}: {cue:?}", subtitles.lang);
        }
    }
    product.finish().await
}
