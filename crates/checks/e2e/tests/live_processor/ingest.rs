//! ffmpeg as it is sends a stream over HTTP, is restarted, and goes on: its HLS muxer, which PUTs, and its segment muxer, which
//! POSTs.

use crate::{
    is_vod,
    viewer::Viewer,
    world::{Running, World},
};
use anyhow::{Context, Result, ensure};
use domain::{StreamId, object::ObjectKey};
use e2e::{run, until};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ffmpeg_sends_a_stream_over_http() -> Result<()> {
    let world = World::of_this_topology().await?;
    let outcome = sends(&world).await;
    world.remove().await?;
    outcome
}

async fn sends(world: &World) -> Result<()> {
    let stream = StreamId::live([9; 5]);
    world.start_stream(&stream, 2).await?;
    let mut viewer = Viewer::follow(world).await?;
    let running = Running::start(world).await?;
    let base = format!("http://{}/streams/{stream}/segments", running.ingest);
    // Each run begins with segment 0 and timestamp 0 again.
    let hls = format!("-f hls -hls_time 1 -hls_flags delete_segments -method PUT {base}/live.m3u8");
    let segment = format!("-f segment -segment_time 1 -segment_format mpegts {base}/%d.ts");
    for (source, output, places) in
        [("testsrc2", &hls, 4), ("smptebars", &hls, 8), ("testsrc2", &segment, 12)]
    {
        ffmpeg(source, output).await?;
        until("every segment has a place", LIMIT, || has_places(world, &stream, places)).await?;
    }
    refuses_what_is_no_segment(&base).await?;
    let now = world.clock.now();
    world.streams().change(stream.as_str(), |stream| stream.end(now)).await?;
    viewer.watch_until_ended(&stream, LIMIT).await?;
    until("the recording is a video", LIMIT, || is_vod(world, &stream)).await?;
    viewer.judge()?;
    let text = world.objects.get(&ObjectKey::Recording { stream: stream.clone() }, None).await?;
    let text = String::from_utf8(text.collect().await.map_err(anyhow::Error::from_boxed)?)?;
    ensure!(hls::check_media(&text).is_empty(), "{:?}\n{text}", hls::check_media(&text));
    let (segments, breaks) =
        (text.matches("#EXTINF").count(), text.matches("#EXT-X-DISCONTINUITY\n").count());
    ensure!((segments, breaks) == (12, 2), "{text}");
    let lengths = text.lines().filter_map(|line| line.strip_prefix("#EXTINF:")?.strip_suffix(','));
    let seconds: f64 = lengths.map(|length| length.parse::<f64>().unwrap_or_default()).sum();
    ensure!((seconds - 12.0).abs() < 0.1, "{seconds} s\n{text}");
    let video = world.videos().get(stream.as_str()).await?.context("the video")?;
    let codecs = video.recording.and_then(|recording| recording.codecs);
    ensure!(codecs.as_deref().is_some_and(|codecs| codecs.ends_with(",mp4a.40.2")), "{codecs:?}");
    ensure!(video.resolution == "320x180", "{}", video.resolution);
    running.kill();
    Ok(())
}

async fn has_places(world: &World, stream: &StreamId, places: u64) -> Result<Option<()>> {
    let stream = world.streams().get(stream.as_str()).await?.context("the stream")?;
    Ok((stream.timeline.places() == places).then_some(()))
}

/// Four seconds of pictures and sound, as fast as they can be made.
async fn ffmpeg(source: &str, output: &str) -> Result<()> {
    let input = format!("{source}=size=320x180:rate=25");
    let arguments = "-f lavfi -i sine=sample_rate=48000 -t 4 -c:v libx264 -preset ultrafast -bf 2 -g 25 \
        -keyint_min 25 -sc_threshold 0 -c:a aac -b:a 64k";
    let before = ["-nostdin", "-v", "error", "-f", "lavfi", "-i", &input];
    let arguments: Vec<&str> =
        before.into_iter().chain(arguments.split_whitespace()).chain(output.split_whitespace()).collect();
    let said = run("ffmpeg", &arguments).await?.stderr;
    ensure!(said.is_empty(), "{}", String::from_utf8_lossy(&said));
    Ok(())
}

async fn refuses_what_is_no_segment(base: &str) -> Result<()> {
    let client = reqwest::Client::new();
    let put = |name: &str, body: Vec<u8>| client.put(format!("{base}/{name}")).body(body).send();
    for (name, body, status) in [
        ("100.ts", vec![1; 188], 422),
        ("100.ts", Vec::new(), 422),
        ("100.ts", vec![0x47; (16 << 20) + 1], 413),
        ("100.mp4", vec![0x47; 188], 400),
        ("live.m3u8", b"nothing".to_vec(), 422),
    ] {
        let answer = put(name, body).await?;
        ensure!(answer.status() == status, "{name}: {answer:?}");
        ensure!(answer.headers()["content-type"] == "application/problem+json", "{answer:?}");
    }
    let unknown = base.replace("live-09", "live-08");
    ensure!(client.put(format!("{unknown}/0.ts")).send().await?.status() == 404);
    ensure!(client.get(format!("{base}/0.ts")).send().await?.status() == 405);
    Ok(())
}
