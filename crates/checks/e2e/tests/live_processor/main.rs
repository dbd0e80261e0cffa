//! The live processor on real adapters, killed again and again, while its playlists are followed: every one keeps the rules,
//! and every segment is in the recording once.

mod brink;
mod crash_points;
mod encoder;
mod ingest;
mod retirement;
mod viewer;
mod world;

use anyhow::{Context, Result, ensure};
use domain::{
    StreamId,
    collection::LIVE_SEGMENTS_BY_NUMBER,
    live::{Listing, LiveSegmentRecord, Stream, StreamStatus},
    object::ObjectKey,
    video::{Video, VideoStatus},
};
use e2e::{note, until};
use encoder::Encoder;
use ports::Query;
use std::{collections::BTreeMap, time::Duration};
use viewer::Viewer;
use world::{Running, World};

const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_survive_a_processor_that_is_killed() -> Result<()> {
    let world = World::of_this_topology().await?;
    let outcome = streams_survive(&world).await;
    world.remove().await?;
    outcome
}

async fn streams_survive(world: &World) -> Result<()> {
    let mut viewer = Viewer::follow(world).await?;
    let mut encoders = Vec::new();
    for number in 0..4 {
        let encoder = Encoder::start(world, StreamId::live([number; 5]), 40).await?;
        encoders.push(tokio::spawn(encoder.run()));
    }
    let mut killed = 0;
    let mut running = Running::start(world).await?;
    while !encoders.iter().all(tokio::task::JoinHandle::is_finished) {
        viewer.watch(Duration::from_millis(1_500)).await?;
        running.kill();
        killed += 1;
        running = Running::start(world).await?;
    }
    let mut sent = BTreeMap::new();
    for encoder in encoders {
        let encoder = encoder.await??;
        sent.insert(encoder.stream.clone(), encoder.stored);
    }
    for (stream, stored) in &sent {
        viewer.watch_until_ended(stream, LIMIT).await?;
        let vod = || is_vod(world, stream);
        until("the recording is a video", LIMIT, vod).await?;
        judge_recording(world, stream, stored).await?;
    }
    note(format_args!("{killed} kills, {} playlists", viewer.judge()?));
    running.kill();
    Ok(())
}

async fn is_vod(world: &World, stream: &StreamId) -> Result<Option<Stream>> {
    let stream = world.streams().get(stream.as_str()).await?.context("the stream")?;
    Ok((stream.status == StreamStatus::Vod).then_some(stream))
}

/// Every segment whose bytes were stored is in the recording once, in order, and every other place is a gap.
async fn judge_recording(world: &World, stream: &StreamId, stored: &[u32]) -> Result<()> {
    let query = Query::of(LIVE_SEGMENTS_BY_NUMBER, vec![stream.as_str().into()], 1_000);
    let records: Vec<LiveSegmentRecord> = world.segments().find(&query).await?.documents;
    let present: Vec<u32> = records
        .iter()
        .filter(|record| record.status != Listing::Gap)
        .map(|record| record.sequence_number)
        .collect();
    ensure!(present == stored, "{stream}: in the recording {present:?}, stored {stored:?}");
    let text = world.objects.get(&ObjectKey::Recording { stream: stream.clone() }, None).await?;
    let text = String::from_utf8(text.collect().await.map_err(anyhow::Error::from_boxed)?)?;
    ensure!(hls::check_media(&text).is_empty(), "{:?}\n{text}", hls::check_media(&text));
    ensure!(text.matches("#EXTINF").count() == records.len(), "{text}");
    let video: Video = world.videos().get(stream.as_str()).await?.context("the video")?;
    ensure!(video.status == VideoStatus::Ready, "{:?}", video.status);
    Ok(())
}
