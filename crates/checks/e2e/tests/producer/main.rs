//! The producer by itself, at twenty times its speed, on the embedded adapters and an API that can be away.

mod api;
mod world;

use anyhow::{Context, Result, ensure};
use domain::{
    Timestamp,
    event::{Envelope, Event, LiveSegment, Topic},
    object::ObjectKey,
};
use e2e::{count_frames, decode, packets, run, until};
use ports::ObjectStore;
use service_kit::Relay;
use sha2::{Digest, Sha256};
use std::time::Duration;
use world::World;

const LIMIT: Duration = Duration::from_secs(60);

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

const LIVE_ONLY: [(&str, &str); 3] =
    [("LIVE_SEGMENTS", "120"), ("VOD_INTERVAL_MIN", "86400"), ("VOD_INTERVAL_MAX", "86400")];

/// The API is away from the first segment to the last, and nothing is lost but what is lost on purpose.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_while_the_api_is_away() -> Result<()> {
    let world = World::new(&LIVE_ONLY).await?;
    let mut events = world.events().await?;
    let (stop, running) = world.produce().await?;
    let first = events.next().await?;
    world.api.is_away(true);
    let started = world.api.started()[0].clone();
    ensure!(started["target_duration"] == 1 && started["home_team"] == "Al-Hilal", "{started}");
    let mut segments = vec![first];
    segments.extend(events.until_number(119).await?);

    let missing: Vec<u32> =
        (0..120).filter(|n| segments.iter().all(|segment| segment.sequence_number != *n)).collect();
    ensure!((1..=3).contains(&missing.len()), "missing: {missing:?}");
    ensure!(missing.windows(2).all(|pair| pair[0] + 1 == pair[1]), "more than one gap: {missing:?}");
    let mut wrong = 0;
    for segment in &segments {
        let bytes = world.bytes(segment).await?;
        ensure!((500_000..=1_000_000).contains(&segment.duration_us()), "{segment:?}");
        ensure!(segment.size_bytes == bytes.len() as u64, "{segment:?} has {} bytes", bytes.len());
        wrong += u32::from(segment.checksum != sha256(&bytes));
    }
    ensure!(wrong < 15, "{wrong} checksums are wrong");

    ensure!(world.api.ended().is_empty(), "it ended while the API was away");
    world.api.is_away(false);
    let stream = segments[0].stream_id.as_str();
    until("the stream is ended", LIMIT, async || {
        Ok(world.api.ended().contains(&stream.to_owned()).then_some(()))
    })
    .await?;
    let next = events.next().await?;
    ensure!(next.stream_id.as_str() != stream && next.sequence_number == 0, "{next:?}");
    stop.cancel();
    running.await?
}

/// Segments played one after the other are one recording: no packet is lost or doubled, the decoder has nothing to say, and
/// each picture shows the time at which it was taken, across the end of the loop.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_shows_the_true_time_without_a_join() -> Result<()> {
    let world = World::new(&LIVE_ONLY).await?;
    let mut events = world.events().await?;
    let (stop, running) = world.produce().await?;
    let segments = events.until_number(119).await?;
    stop.cancel();
    running.await??;
    // Longer than a minute in all: the loop ends in it.
    let length: u64 = segments.iter().map(|segment| segment.duration_ms).sum();
    ensure!(length > 60_000, "{length} ms");
    for part in segments.chunk_by(|a, b| a.sequence_number + 1 == b.sequence_number) {
        is_one_recording(&world, part).await?;
    }
    Ok(())
}

async fn is_one_recording(world: &World, part: &[LiveSegment]) -> Result<()> {
    let mut recording = Vec::new();
    for segment in part {
        recording.extend(world.bytes(segment).await?);
    }
    let file = world.file("recording.ts", &recording)?;
    decode(&file).await?;

    let begin = part[0].first_pts.context("first_pts")? as f64 / 90_000.0;
    let length: u64 = part.iter().map(LiveSegment::duration_us).sum();
    let pictures = packets(&file, "v:0").await?;
    ensure!(pictures.len() as u64 == length * 30 / 1_000_000, "{} pictures in {length} us", pictures.len());
    for (number, picture) in pictures.iter().enumerate() {
        let expected = begin + number as f64 / 30.0;
        ensure!((picture.at - expected).abs() < 1e-4, "picture {number} at {}, not {expected}", picture.at);
    }
    let sound = packets(&file, "a:0").await?;
    let off = sound.windows(2).find(|pair| (pair[1].at - pair[0].at - 0.032).abs() > 1e-4);
    ensure!(off.is_none(), "sound is not continuous: {off:?}");
    ensure!((sound[0].at - begin) < 0.032 && sound[0].at >= begin, "sound begins at {}", sound[0].at);

    let mut at = begin;
    for (segment, next) in part.iter().zip(&part[1..]) {
        let (this, that) = (segment.program_date_time, next.program_date_time);
        let (this, that) = (this.context("a time")?, that.context("a time")?);
        ensure!(that.millis_since(this) == segment.duration_ms, "{segment:?} and {next:?}");
        let key = pictures.iter().any(|picture| picture.key && (picture.at - at).abs() < 1e-4);
        ensure!(key, "no keyframe begins segment {}", segment.sequence_number);
        at += segment.duration_us() as f64 / 1e6;
    }
    let first = part[0].program_date_time.context("a time")?.as_millis() / 100;
    let shown = cells(&file).await?;
    ensure!(shown.len() == pictures.len(), "{} pictures decode", shown.len());
    for (number, shown) in (0i64..).zip(shown) {
        let true_time = (first + number / 3) % 600;
        ensure!(shown == true_time, "picture {number} shows {shown}, taken at {true_time}");
    }
    Ok(())
}

/// The tenth of a second of the minute that each picture shows, as a row of blocks.
async fn cells(file: &str) -> Result<Vec<i64>> {
    // The middle of each block, of the lowest digit to the left.
    let filter = "crop=320:2:0:70,scale=10:1:flags=area";
    let arguments =
        ["-v", "error", "-i", file, "-an", "-vf", filter, "-f", "rawvideo", "-pix_fmt", "gray", "-"];
    let rows = run("ffmpeg", &arguments).await?.stdout;
    let digits = |row: &[u8]| row.iter().zip(0..).map(|(lit, digit)| i64::from(*lit > 128) << digit).sum();
    Ok(rows.chunks(10).map(digits).collect())
}

/// Whoever misses a segment, or finds that it is not what its event says, gets it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_segment_comes_again_when_it_is_asked_for() -> Result<()> {
    let world = World::new(&LIVE_ONLY).await?;
    let mut events = world.events().await?;
    let (stop, running) = world.produce().await?;
    let seen = events.until_number(3).await?;
    let (stream_id, sequence_number) = (seen[1].stream_id.clone(), seen[1].sequence_number);
    world
        .objects
        .remove(&ObjectKey::LiveSegment { stream: stream_id.clone(), number: sequence_number })
        .await?;
    let resend = Event::LiveResend { stream_id: stream_id.clone(), sequence_number };
    let resend = Envelope::new(stream_id.as_str(), "missing", Timestamp::from_millis(0), resend);
    let relay = Relay::new(world.log.clone());
    relay.publish(Topic::LiveControl, stream_id.as_str(), &resend).await?;
    let again = loop {
        let segment = events.next().await?;
        if segment.sequence_number == sequence_number {
            break segment;
        }
    };
    ensure!(again.checksum == sha256(&world.bytes(&again).await?), "{again:?}");
    stop.cancel();
    running.await?
}

/// What a producer leaves when it is killed, the next one ends and deletes.
#[tokio::test(flavor = "multi_thread")]
async fn the_next_one_tidies_up_after_a_kill() -> Result<()> {
    let settings = [
        ("LIVE_SEGMENTS", "1000"),
        ("VOD_INTERVAL_MIN", "2"),
        ("VOD_INTERVAL_MAX", "4"),
        ("PRODUCER_KEEP_VIDEOS", "3"),
    ];
    let world = World::new(&settings).await?;
    let mut events = world.events().await?;
    let (_stop, running) = world.produce().await?;
    let stream = events.until_number(5).await?[0].stream_id.clone();
    let uploads = || world.api.uploads();
    until("there are uploads", LIMIT, async || Ok((uploads().len() >= 2).then_some(()))).await?;
    running.abort();
    ensure!(running.await.is_err_and(|error| error.is_cancelled()), "it ended by itself");
    let before = uploads().len();

    let (stop, running) = world.produce().await?;
    let ended = async || Ok((world.api.ended() == [stream.as_str()]).then_some(()));
    until("the stream is ended", LIMIT, ended).await?;
    until("the show goes on", LIMIT, async || Ok((uploads().len() >= before + 4).then_some(()))).await?;
    stop.cancel();
    running.await??;
    let (uploads, deleted) = (uploads(), world.api.deleted());
    let ids: Vec<&str> = uploads.iter().map(|(id, _, _)| id.as_str()).collect();
    // A kill may leave one that was noted and not uploaded.
    let kept: Vec<&str> = ids.iter().copied().filter(|id| !deleted.contains(&(*id).to_owned())).collect();
    ensure!((3..=4).contains(&kept.len()) && kept == ids[ids.len() - kept.len()..], "{ids:?}, {deleted:?}");
    for (_, title, bytes) in &uploads[..2] {
        ensure!(title.starts_with("My Streaming Show: "), "{title}");
        let file = world.file("episode.ts", bytes)?;
        decode(&file).await?;
        ensure!(count_frames(&file).await? == 240, "{title} has other pictures");
    }
    // It ended its own stream before it stopped.
    ensure!(world.api.ended().len() >= 2, "{:?}", world.api.ended());
    Ok(())
}
