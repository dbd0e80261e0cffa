//! Players in a headless Chromium play what came out, to its end.

use anyhow::{Context, Result, ensure};
use e2e::{Browser, Presentation, Workshop};
use serde::Deserialize;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(150);

/// What `play.mjs` reports.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    fatal: Vec<String>,
    stalls: u32,
    ended: bool,
    at: f64,
    pictures: u64,
    corrupted: u64,
    sound_bytes: u64,
    subtitles: Vec<serde_json::Value>,
    sound: Vec<serde_json::Value>,
}

/// Plays it with both players. Returns what they did.
pub(crate) async fn play(browser: &Browser, workshop: &Workshop, shown: &Presentation) -> Result<String> {
    let mut said = Vec::new();
    for (player, mode) in [("hls.js", &[][..]), ("Shaka Player", &["shaka"][..])] {
        let played = browser.play(workshop, shown.url.as_str(), mode, LIMIT).await;
        let report: Report = played.with_context(|| player.to_owned())?;
        whole(&report, shown).with_context(|| format!("{player}: {report:?}"))?;
        said.push(format!("{player} {:.2} s, {} pictures", report.at, report.pictures));
    }
    Ok(said.join("; "))
}

fn whole(report: &Report, shown: &Presentation) -> Result<()> {
    let seconds =
        shown.renditions.first().and_then(|it| it.ends().last().copied()).context("nothing is listed")?;
    ensure!(report.fatal.is_empty(), "fatal errors");
    ensure!(report.ended && (report.at - seconds).abs() < 0.3, "it did not end at {seconds} s");
    ensure!(report.stalls == 0, "it stalled after the first picture");
    ensure!(report.corrupted == 0, "broken pictures");
    let sounds = shown.of_kind(true).count();
    let alone = shown.variants.variants.iter().all(|variant| variant.resolution.is_none());
    ensure!(alone || report.pictures > 0, "no picture");
    ensure!((sounds == 0 && !alone) || report.sound_bytes > 0, "no sound");
    // Of one sound, players offer no choice.
    ensure!(sounds < 2 || report.sound.len() == sounds, "not all sound can be chosen");
    ensure!(report.subtitles.len() == shown.subtitles.len(), "not all subtitles can be chosen");
    Ok(())
}
