//! Judging what came out, with tools that share no code with the product, and with the product's own checker.

use crate::case::{Pictures, Ready};
use anyhow::{Context, Result, ensure};
use e2e::{Api, HlsReport, Presentation, brightness, count_frames, decode, psnr, samples};
use serde_json::Value;
use std::path::Path;

/// Loudness below which nobody hears anything, as the root of the mean square.
const SILENCE: f64 = 0.01;

/// Insists on everything that is expected. Returns what came out.
pub(crate) async fn judge(
    api: &Api,
    id: &str,
    video: &Value,
    expected: &Ready,
    source: &Path,
) -> Result<String> {
    let shown = Presentation::open(api, id).await?;
    ensure!(shown.findings().is_empty(), "broken rules: {:?}", shown.findings());
    let checked = HlsReport::of_media(shown.url.as_str()).await?;
    ensure!(checked.broken().is_empty(), "hls-check finds {:?}", checked.broken());
    decode(shown.url.as_str()).await?;
    let mut said = Vec::new();
    let listed = shown.renditions.first().context("no rendition")?.ends().last().copied().unwrap_or_default();
    let off = (listed - expected.seconds).abs();
    ensure!(off <= expected.tolerance, "it plays {listed:.3} s, not {} s", expected.seconds);
    if let Some(size) = expected.size {
        said.push(pictures(&shown, size, expected, source).await?);
    }
    said.push(format!("{listed:.2} s"));
    let sounds: Vec<_> = shown.of_kind(true).collect();
    // Sound alone is its own variant.
    let heard = if expected.size.is_none() { shown.renditions.iter().collect() } else { sounds };
    ensure!(heard.len() == expected.sound, "{} renditions of sound", heard.len());
    for rendition in heard {
        let values = samples(rendition.url.as_str()).await?;
        let square = values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>();
        let loudness = (square / values.len().max(1) as f64).sqrt();
        ensure!(loudness > SILENCE, "{} is silent: {loudness}", rendition.name);
        said.push(format!("{} {loudness:.2}", rendition.name));
    }
    said.extend((!shown.subtitles.is_empty()).then(|| format!("subtitles {}", shown.subtitles.len())));
    let notes = video["media"]["notes"].as_array().map_or(0, Vec::len);
    said.extend((notes > 0).then(|| format!("notes: {}", video["media"]["notes"][0]["code"])));
    Ok(said.join(", "))
}

async fn pictures(
    shown: &Presentation,
    (width, height): (u32, u32),
    expected: &Ready,
    source: &Path,
) -> Result<String> {
    let sizes = shown.variants.variants.iter().filter_map(|variant| variant.resolution);
    let top = sizes.max_by_key(|size| size.height).context("no size")?;
    ensure!((top.width, top.height) == (width.into(), height.into()), "it is {}x{}", top.width, top.height);
    let url = shown.top()?.url.as_str();
    let frames = count_frames(url).await?;
    let variant = shown.variants.variants.iter().find_map(|variant| variant.frame_rate);
    let rate = variant.context("no FRAME-RATE")?;
    let seconds = shown.top()?.ends().last().copied().unwrap_or_default();
    let planned = (seconds * rate).round();
    ensure!((frames as f64 - planned).abs() < 1.0, "{frames} pictures, not {planned}");
    let luma = brightness(url).await?;
    let mean = luma.iter().map(|luma| f64::from(*luma)).sum::<f64>() / luma.len().max(1) as f64;
    ensure!((30.0..225.0).contains(&mean), "pictures of brightness {mean:.0}");
    let size = format!("{width}x{height}");
    let Pictures::Alike(least) = expected.pictures else {
        return Ok(format!("{size}, {frames} pictures at {rate:.2}"));
    };
    let source = source.display().to_string();
    let values = psnr(url, &source, &format!("{width}:{height}")).await?;
    ensure!(values.len() as u64 == frames, "{frames} pictures, the source has {}", values.len());
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    ensure!(lowest >= f64::from(least), "a picture is {lowest:.1} dB from the source's");
    Ok(format!("{size}, {frames} pictures, {lowest:.1} dB at least"))
}
