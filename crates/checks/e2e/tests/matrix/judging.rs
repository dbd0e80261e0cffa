//! Judging what came out, with tools that share no code with the product, and with the product's own checker.

use crate::case::{Pictures, Ready};
use anyhow::{Context, Result, ensure};
use e2e::{
    Api, HlsReport, Presentation, RenditionView, SAMPLE_RATE, brightness, colours, count_frames, decode,
    first_loud, psnr, samples, start_seconds, stepping,
};
use serde_json::Value;
use std::path::Path;

/// Loudness below which nobody hears anything, as the root of the mean square.
const SILENCE: f64 = 0.01;
/// How loud a beep is, beside the loudest of all.
const BEEP: f32 = 0.4;
/// How far sound may be from its picture, in milliseconds.
const MOST_OFF_MS: f64 = 40.0;
/// How far the mean colour of a sixteenth of the picture may be from the source's, of 255.
const COLOURS_OFF: f64 = 8.0;
/// The same where a larger range was mapped: there are many ways to do so, and this is another one.
const MAPPED_OFF: f64 = 40.0;
const REFERENCE: &str = "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=mobius:desat=0,\
                         zscale=t=bt709:m=bt709:r=tv,format=yuv420p,";

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
    if expected.size.is_some() {
        for rendition in &heard {
            said.push(sync(&shown, rendition).await?);
        }
    }
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
    let source = source.display().to_string();
    let off = colours_off(url, &source, expected.mapped).await?;
    let Pictures::Alike(least) = expected.pictures else {
        return Ok(format!("{size}, {frames} pictures at {rate:.2}, colours off by {off:.0}"));
    };
    let values = psnr(url, &source, &format!("{width}:{height}")).await?;
    ensure!(values.len() as u64 == frames, "{frames} pictures, the source has {}", values.len());
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    ensure!(lowest >= f64::from(least), "a picture is {lowest:.1} dB from the source's");
    Ok(format!("{size}, {frames} pictures, {lowest:.1} dB at least, colours off by {off:.0}"))
}

/// How far the colours of the first second are from those of the source, of 255, where that is most.
async fn colours_off(url: &str, source: &str, mapped: bool) -> Result<f64> {
    let reference = if mapped { REFERENCE } else { "" };
    let (made, given) = tokio::try_join!(colours(url, ""), colours(source, reference))?;
    let apart = made.iter().zip(&given).map(|(made, given)| (made - given).abs()).fold(0.0, f64::max);
    let most = if mapped { MAPPED_OFF } else { COLOURS_OFF };
    ensure!(apart <= most, "colours are off by {apart:.0}: {made:.0?}, not {given:.0?}");
    Ok(apart)
}

/// How far flashes and beeps are from each other.
async fn sync(shown: &Presentation, sound: &RenditionView) -> Result<String> {
    let pictures = shown.top()?.url.as_str();
    let rate = shown.variants.variants.iter().find_map(|variant| variant.frame_rate).context("no rate")?;
    let (luma, heard) = tokio::try_join!(brightness(pictures), samples(sound.url.as_str()))?;
    let (picture_start, sound_start) =
        tokio::try_join!(start_seconds(pictures, "v:0"), start_seconds(sound.url.as_str(), "a:0"))?;
    let loudest = heard.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
    let offsets: Vec<f64> = stepping(&luma)
        .into_iter()
        .filter_map(|frame| {
            let flash = picture_start + frame as f64 / rate - sound_start;
            let from = ((flash - 0.3).max(0.0) * f64::from(SAMPLE_RATE)) as usize;
            let beep = first_loud(&heard, from, loudest * BEEP)? as f64 / f64::from(SAMPLE_RATE);
            // Of two tracks, one may be over before the other.
            ((beep - flash).abs() < 0.3).then_some((beep - flash) * 1e3)
        })
        .collect();
    ensure!(offsets.len() > 1, "{} flashes with a beep: {offsets:.0?}", offsets.len());
    ensure!(offsets.iter().all(|off| off.abs() < MOST_OFF_MS), "beeps are off by {offsets:.0?} ms");
    Ok(format!("{} beeps off by {offsets:.0?} ms", sound.name))
}
