//! The main job: a real video becomes a stream in which nothing is lost, moved or audible where it was cut.

use anyhow::{Context, Result, ensure};
use e2e::{
    FLASH_EVERY, Presentation, Product, RenditionView, SAMPLE_RATE, Source, Workshop, brightness,
    count_frames, first_loud, note, packets, plays_whole, psnr, samples, snr, start_seconds, stepping,
};
use std::{path::Path, time::Duration};

const FRAME: f64 = 1001.0 / 30_000.0;
const AAC_FRAME: f64 = 1024.0 / 48_000.0;
/// What times lose by being written in decimals.
const ROUNDING: f64 = 0.001;
const LIMIT: Duration = Duration::from_secs(120);

/// Six segments, so three joins of chunks and one of spans of sound.
fn film() -> Source {
    Source { width: 854, height: 480, seconds: 22.0, sound: &["eng", "ger"], ..Source::default() }
}

#[tokio::test]
async fn a_video_becomes_a_stream_in_which_nothing_is_lost() -> Result<()> {
    let workshop = Workshop::open()?;
    let source = workshop.make("film.mp4", &film()).await?;
    let product = Product::start(&[]).await?;
    let api = product.api();
    let id = api.upload(&source).await?;
    let video = api.wait_for(&id, "ready", LIMIT).await?;
    ensure!(video["progress_percent"] == 100, "{video}");

    let shown = plays_whole(api, &id, &source).await?;
    ladder_and_languages(&shown)?;
    lengths(&shown, &source).await?;
    for rendition in &shown.renditions {
        segments(rendition, &workshop, product.api()).await?;
    }
    boundaries(&shown)?;
    pictures_at_joins(&shown, &source).await?;
    sound_at_joins(&shown, &source).await?;
    sound_with_pictures(&shown, &source).await?;
    product.finish().await
}

fn ladder_and_languages(shown: &Presentation) -> Result<()> {
    let names: Vec<&str> = shown.renditions.iter().map(|rendition| rendition.name.as_str()).collect();
    ensure!(names.contains(&"480p") && names.contains(&"360p"), "renditions: {names:?}");
    let larger =
        shown.variants.variants.iter().any(|variant| variant.resolution.is_some_and(|s| s.height > 480));
    ensure!(!larger, "a rendition is larger than the source");
    let languages: Vec<_> =
        shown.variants.alternatives.iter().filter_map(|media| media.language.as_deref()).collect();
    ensure!(languages == ["eng", "ger"], "languages: {languages:?}");
    Ok(())
}

/// The whole is as long as the source within a frame, by its playlists and by its media.
async fn lengths(shown: &Presentation, source: &Path) -> Result<()> {
    let frames = count_frames(&source.display().to_string()).await?;
    let length = frames as f64 * FRAME;
    for rendition in &shown.renditions {
        let listed = rendition.ends().last().copied().unwrap_or_default();
        let allowed =
            if rendition.sound { AAC_FRAME } else { 0.0 } + ROUNDING * rendition.segments().len() as f64;
        ensure!((listed - length).abs() <= allowed, "{}: {listed} s instead of {length} s", rendition.name);
    }
    Ok(())
}

/// Every segment begins with a keyframe, exactly where the one before ended, and lasts as long as is listed.
async fn segments(rendition: &RenditionView, workshop: &Workshop, api: &e2e::Api) -> Result<()> {
    let init = api.fetch(rendition.init()?.as_str()).await?;
    let mut end = None;
    for (index, listed) in rendition.segments().iter().enumerate() {
        let name = format!("{} {index}", rendition.name);
        let segment = api.fetch(rendition.segment(index)?.as_str()).await?;
        let file = workshop.file("segment.mp4", &[&init.body[..], &segment.body[..]].concat())?;
        let stream = if rendition.sound { "a:0" } else { "v:0" };
        let found = packets(&file.display().to_string(), stream).await?;
        ensure!(found.first().is_some_and(|packet| packet.key), "{name} does not begin with a keyframe");
        let begin = found.iter().map(|packet| packet.at).fold(f64::INFINITY, f64::min);
        let before = end.unwrap_or(begin);
        ensure!(
            (begin - before).abs() < ROUNDING,
            "{name} begins at {begin} s, the one before ends at {before} s"
        );
        let lasts = found.iter().map(|packet| packet.at + packet.lasts).fold(0.0, f64::max) - begin;
        let listed = f64::from(listed.duration);
        ensure!((lasts - listed).abs() < ROUNDING, "{name} lasts {lasts} s, listed {listed} s");
        end = Some(begin + lasts);
    }
    Ok(())
}

/// Renditions of pictures end their segments together, and sound within one AAC frame of them.
fn boundaries(shown: &Presentation) -> Result<()> {
    let ends = shown.top()?.ends();
    for rendition in &shown.renditions {
        let allowed = ROUNDING + if rendition.sound { AAC_FRAME } else { 0.0 };
        let own = rendition.ends();
        ensure!(own.len() == ends.len(), "{} has {} segments", rendition.name, own.len());
        let apart = own.iter().zip(&ends).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        ensure!(apart <= allowed, "{} is {apart} s apart", rendition.name);
    }
    Ok(())
}

/// Every picture is that of the source with the same number, and those around a join are as good as the
/// others.
async fn pictures_at_joins(shown: &Presentation, source: &Path) -> Result<()> {
    let source = source.display().to_string();
    for rendition in shown.of_kind(false) {
        let values = psnr(rendition.url.as_str(), &source, "854:480").await?;
        let frames = count_frames(&source).await?;
        ensure!(values.len() as u64 == frames, "{}: {} pictures compared", rendition.name, values.len());
        let lowest = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let typical = sorted[sorted.len() / 2];
        for end in &rendition.ends()[..rendition.segments().len() - 1] {
            let join = (end / FRAME).round() as usize;
            let around = lowest(&values[join - 3..join + 3]);
            ensure!(
                around > typical - 6.0,
                "{}: {around} dB at picture {join}, {typical} dB usually",
                rendition.name
            );
        }
        note(format_args!("{}: lowest {:.1} dB, usual {typical:.1} dB", rendition.name, lowest(&values)));
    }
    Ok(())
}

/// The sound is the source's, sample for sample, at every boundary of segments as elsewhere.
async fn sound_at_joins(shown: &Presentation, source: &Path) -> Result<()> {
    let rendition = shown.of_kind(true).next().context("no sound")?;
    let source = source.display().to_string();
    let (made, given) = tokio::try_join!(samples(rendition.url.as_str()), samples(&source))?;
    let half = SAMPLE_RATE as usize / 40;
    let around = |center: usize| snr(&made, &given, center - half..center + half);
    let mut everywhere: Vec<f64> =
        (1..given.len() / (2 * half) - 1).map(|at| around(at * 2 * half)).collect();
    everywhere.sort_by(f64::total_cmp);
    let usual = everywhere[everywhere.len() / 2];
    note(format_args!("sound: lowest {:.1} dB, usual {usual:.1} dB", everywhere[0]));
    ensure!(everywhere[0] > 30.0, "the sound is another one: {:.1} dB somewhere", everywhere[0]);
    for end in &rendition.ends()[..rendition.segments().len() - 1] {
        let value = around((end * f64::from(SAMPLE_RATE)).round() as usize);
        ensure!(value > usual - 12.0, "{value:.1} dB at {end:.3} s, {usual:.1} dB usually");
    }
    Ok(())
}

/// Flashes and beeps are as far apart as they are in the source.
async fn sound_with_pictures(shown: &Presentation, source: &Path) -> Result<()> {
    let source = source.display().to_string();
    let sound = shown.of_kind(true).next().context("no sound")?;
    let made = offsets(shown.top()?.url.as_str(), sound.url.as_str()).await?;
    let given = offsets(&source, &source).await?;
    ensure!(made.len() == 4 && given.len() == 4, "{} and {} flashes", made.len(), given.len());
    for (made, given) in made.iter().zip(&given) {
        note(format_args!(
            "sound {:.1} ms after the picture, in the source {:.1} ms",
            made * 1e3,
            given * 1e3
        ));
        ensure!((made - given).abs() < 0.01, "the sound is moved by {} ms", (made - given) * 1e3);
        ensure!(made.abs() < 0.04, "the sound is {} ms from the picture", made * 1e3);
    }
    Ok(())
}

/// How long after each flash its beep begins, in seconds.
async fn offsets(pictures: &str, sound: &str) -> Result<Vec<f64>> {
    let (luma, heard) = tokio::try_join!(brightness(pictures), samples(sound))?;
    let (picture_start, sound_start) =
        tokio::try_join!(start_seconds(pictures, "v:0"), start_seconds(sound, "a:0"))?;
    let mut offsets = Vec::new();
    for (number, frame) in stepping(&luma).into_iter().enumerate() {
        let flash = picture_start + frame as f64 * FRAME;
        let expected = (number as f64 + 0.5) * FLASH_EVERY;
        let from = ((expected - 0.2) * f64::from(SAMPLE_RATE)) as usize;
        let beep = first_loud(&heard, from, 0.35).context("a flash without a beep")?;
        offsets.push(sound_start + beep as f64 / f64::from(SAMPLE_RATE) - flash);
    }
    Ok(offsets)
}
