//! A video has a poster that shows something and thumbnails to seek by; sound alone has neither.

use anyhow::{Context, Result, ensure};
use e2e::{Presentation, Product, Workshop, note, run};
use hls::webvtt::WebVtt;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(120);

/// Three seconds of black, then nine of a test card.
async fn film(workshop: &Workshop) -> Result<std::path::PathBuf> {
    let path = workshop.path("film.mp4");
    let pictures = "color=black:s=640x360:r=25:d=3[a];testsrc2=s=640x360:r=25:d=9[b];[a][b]concat=n=2";
    let name = path.display().to_string();
    let arguments = [
        "-nostdin", "-v", "error", "-f", "lavfi", "-i", pictures, "-pix_fmt", "yuv420p", "-c:v", "libx264",
        &name,
    ];
    run("ffmpeg", &arguments).await?;
    Ok(path)
}

#[tokio::test]
async fn a_video_has_a_poster_and_thumbnails() -> Result<()> {
    let workshop = Workshop::open()?;
    let source = film(&workshop).await?;
    let product = Product::start(&[]).await?;
    let api = product.api();
    let id = api.upload(&source).await?;
    // Known as soon as the video can be played; a request waits for what is not there yet.
    api.wait_for(&id, "transcoding", LIMIT).await?;
    let manifest = api.get(&format!("/vod/{id}/manifest")).await?.json()?;
    let address = |name: &str| {
        manifest[name].as_str().map(str::to_owned).with_context(|| format!("{name}: {manifest}"))
    };
    let poster = api.fetch(&address("poster_url")?).await?;
    ensure!(poster.status == 200 && poster.header("content-type") == "image/jpeg", "{}", poster.status);
    let file = workshop.file("poster.jpg", &poster.body)?.display().to_string();
    let grey = run("ffmpeg", &["-v", "error", "-i", &file, "-vf", "format=gray", "-f", "rawvideo", "-"])
        .await?
        .stdout;
    ensure!(grey.len() == 640 * 360, "the poster has {} pixels", grey.len());
    let mean = grey.iter().map(|byte| f64::from(*byte)).sum::<f64>() / grey.len() as f64;
    note(format_args!("poster: {} bytes, mean brightness {mean:.0}", poster.body.len()));
    ensure!(mean > 40.0, "the poster is dark: {mean}");

    let index = api.get(&address("storyboard_url")?).await?;
    ensure!(index.status == 200 && index.header("content-type").starts_with("text/vtt"), "{}", index.text());
    let index = WebVtt::parse(&index.text())?;
    let last = index.cues.last().context("no thumbnails")?;
    ensure!(index.cues.len() == 6 && index.unreadable.is_empty() && last.end_us == 12_000_000, "{index:?}");
    let (sheet, place) = last.text.split_once("#xywh=").context("no place")?;
    let sheet = url::Url::parse(&address("storyboard_url")?)?.join(sheet)?;
    let sheet = api.fetch(sheet.as_str()).await?;
    let file = workshop.file("sheet.jpg", &sheet.body)?.display().to_string();
    let place: Vec<&str> = place.split(',').collect();
    let crop =
        format!("crop={}:{}:{}:{},scale=1:1:flags=area,format=gray", place[2], place[3], place[0], place[1]);
    let shown =
        run("ffmpeg", &["-v", "error", "-i", &file, "-vf", &crop, "-f", "rawvideo", "-"]).await?.stdout;
    ensure!(shown.first().is_some_and(|mean| *mean > 40), "the last thumbnail is dark: {shown:?}");
    api.wait_for(&id, "ready", LIMIT).await?;
    product.finish().await
}

#[tokio::test]
async fn sound_alone_has_no_picture() -> Result<()> {
    let workshop = Workshop::open()?;
    let path = workshop.path("sound.flac");
    let name = path.display().to_string();
    run("ffmpeg", &["-nostdin", "-v", "error", "-f", "lavfi", "-i", "sine=d=5", &name]).await?;
    let product = Product::start(&[]).await?;
    let api = product.api();
    let id = api.upload(&path).await?;
    api.wait_for(&id, "ready", LIMIT).await?;
    let manifest = api.get(&format!("/vod/{id}/manifest")).await?.json()?;
    ensure!(manifest.get("poster_url").is_none() && manifest.get("storyboard_url").is_none(), "{manifest}");
    let master = url::Url::parse(manifest["manifest_url"].as_str().context("no address")?)?;
    let text = api.get(master.as_str()).await?.text();
    let playlist = text.lines().find(|line| !line.starts_with('#')).context("no variant")?;
    let poster = master.join(&playlist.replace("audio-0/index.m3u8", "poster/0.jpg"))?;
    api.get(poster.as_str()).await?.problem(404, "not_found")?;
    product.finish().await
}

#[tokio::test]
async fn every_keyframe_can_be_had_by_itself() -> Result<()> {
    let workshop = Workshop::open()?;
    let source = film(&workshop).await?;
    let product = Product::start(&[]).await?;
    let api = product.api();
    let id = api.upload(&source).await?;
    api.wait_for(&id, "ready", LIMIT).await?;
    let shown = Presentation::open(api, &id).await?;
    ensure!(shown.frames.len() == shown.variants.variants.len(), "{}", shown.master.text());
    let url = shown.frames.first().context("no playlist of single pictures")?.clone();
    let answer = api.get(url.as_str()).await?;
    ensure!(answer.status == 200, "{}", answer.text());
    let text = answer.text();
    ensure!(hls::check_media(&text).is_empty(), "{:?}", hls::check_media(&text));
    let playlist =
        m3u8_rs::parse_media_playlist_res(&answer.body).map_err(|error| anyhow::anyhow!("{error}"))?;
    let length: f64 = playlist.segments.iter().map(|segment| f64::from(segment.duration)).sum();
    ensure!(playlist.i_frames_only && playlist.segments.len() == 6 && (length - 12.0).abs() < 0.01, "{text}");
    let map = playlist.segments[0].map.as_ref().context("no EXT-X-MAP")?;
    let init = api.fetch(url.join(&map.uri)?.as_str()).await?.body;
    for (number, segment) in playlist.segments.iter().enumerate() {
        let range = segment.byte_range.as_ref().context("no EXT-X-BYTERANGE")?;
        let from = range.offset.context("no offset")?;
        let asked = format!("bytes={from}-{}", from + range.length - 1);
        let client = reqwest::Client::new();
        let answer = client.get(url.join(&segment.uri)?).header("range", asked).send().await?;
        ensure!(answer.status() == 206, "{}", answer.status());
        let picture = answer.bytes().await?;
        let file = workshop.file("picture.mp4", &[&init[..], &picture[..]].concat())?.display().to_string();
        let decoded =
            ["-v", "quiet", "-i", &file, "-vf", "scale=1:1", "-pix_fmt", "gray", "-f", "rawvideo", "-"];
        let luma = run("ffmpeg", &decoded).await?.stdout;
        ensure!(luma.len() == 1, "picture {number} is {} pictures", luma.len());
        // Three seconds of black, then a card.
        ensure!((luma[0] > 40) == (number > 1), "picture {number} has brightness {}", luma[0]);
    }
    product.finish().await
}
