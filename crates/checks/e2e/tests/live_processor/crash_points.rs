//! The end of a stream, with a crash between any two of its steps, those of the API's and those of the processor's: whoever
//! comes next brings it to the same end.

use crate::{
    brink::{Brink, Near, Point},
    viewer::Viewer,
    world::{Running, World},
};
use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use domain::{
    StreamId,
    event::{Envelope, Event, Topic},
    live::StreamStatus,
    object::ObjectKey,
    video::VideoStatus,
};
use e2e::{live_segment, note, until};
use futures::future::try_join_all;
use ports::{Body, Condition};
use std::{collections::HashSet, sync::Arc, time::Duration};

const LIMIT: Duration = Duration::from_secs(60);
const SEGMENTS: u32 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_step_of_the_end_changes_nothing() -> Result<()> {
    let steps = trial(None).await?.steps();
    note(format_args!("the end has {} steps: {steps:#?}", steps.len()));
    ensure!(steps.len() > 8, "the end has steps that nobody noted: {steps:?}");
    let trials = points(&steps).into_iter().map(|point| async move {
        let crashed = trial(Some(point.clone())).await.with_context(|| format!("{point:?}"))?.is_reached();
        anyhow::Ok(crashed.then_some((point.step, point.done)))
    });
    // What is written together depends on time, so a trial may come to the end in fewer steps that do the same; none is left
    // out for that.
    let crashes: HashSet<_> = try_join_all(trials).await?.into_iter().flatten().collect();
    for step in steps {
        for done in [false, true] {
            ensure!(crashes.contains(&(step.clone(), done)), "no crash at {step}, done: {done}");
        }
    }
    Ok(())
}

/// Before and after each step.
fn points(steps: &[String]) -> Vec<Point> {
    let each = steps.iter().enumerate().flat_map(|(at, step)| {
        let before = steps[..at].iter().filter(|other| *other == step).count();
        [false, true].map(|done| Point { step: step.clone(), before, done })
    });
    each.collect()
}

/// Ends a stream, with a crash there; what was done until then.
async fn trial(point: Option<Point>) -> Result<Arc<Brink>> {
    let world = World::embedded()?;
    let mut viewer = Viewer::follow(&world).await?;
    let brink = Arc::new(Brink::default());
    let mortal = world.seen_through(
        Near::new(&world.log, &brink),
        Near::new(&world.documents, &brink),
        Near::new(&world.objects, &brink),
    );
    let running = Running::start(&mortal).await?;
    let stream = started(&world).await?;
    viewer.watch_until(&stream, &format!("\n{}.ts\n", SEGMENTS - 1), LIMIT).await?;

    brink.ends_at(point);
    let ending = tokio::spawn({
        let (streams, stream, now) = (mortal.streams(), stream.clone(), world.clock.now());
        async move { streams.change(stream.as_str(), |stream| stream.end(now)).await }
    });
    let comes = until("the end is made, or the crash", LIMIT, async || {
        Ok((brink.is_reached() || is_made(&world, &stream).await?).then_some(()))
    });
    comes.await.with_context(|| format!("only {:?}", brink.steps()))?;
    ending.abort();
    running.kill();

    let running = Running::start(&world).await?;
    // Whoever had no answer asks again; where it was done, that is refused.
    let now = world.clock.now();
    drop(world.streams().change(stream.as_str(), |stream| stream.end(now)).await);
    until("the end is made", LIMIT, async || Ok(is_made(&world, &stream).await?.then_some(()))).await?;
    viewer.watch_until_ended(&stream, LIMIT).await?;
    running.kill();
    judge(&world, &stream, &viewer).await?;
    Ok(brink)
}

/// A stream of which every segment is listed.
async fn started(world: &World) -> Result<StreamId> {
    let stream = StreamId::live([7; 5]);
    world.start_stream(&stream, 1).await?;
    for number in 0..SEGMENTS {
        let bytes = Bytes::from(format!("segment {number}"));
        let segment = live_segment(&stream, number, &bytes, Duration::from_secs(1));
        let key = ObjectKey::LiveSegment { stream: stream.clone(), number };
        world.objects.put(&key, Body::from_bytes(bytes), Condition::Always).await?;
        let event = Event::LiveSegment(segment);
        let event = Envelope::new(stream.as_str(), &format!("segment {number}"), world.clock.now(), event);
        world.relay().publish(Topic::LiveChunks, stream.as_str(), &event).await?;
    }
    until("every segment is listed and recorded", LIMIT, async || {
        let known = world.streams().get(stream.as_str()).await?.context("the stream")?;
        let last = domain::live::LiveSegmentRecord::id_of(&stream, SEGMENTS - 1);
        let recorded = world.segments().get(&last).await?.is_some();
        Ok((known.timeline.places() == u64::from(SEGMENTS) && recorded).then_some(()))
    })
    .await?;
    Ok(stream)
}

/// Whether everything is there that the end of a stream makes.
async fn is_made(world: &World, stream: &StreamId) -> Result<bool> {
    let known = world.streams().get(stream.as_str()).await?.context("the stream")?;
    let archived = world.objects.head(&ObjectKey::Master { stream: stream.clone() }).await?;
    Ok(known.status == StreamStatus::Vod && archived.is_some())
}

async fn judge(world: &World, stream: &StreamId, viewer: &Viewer) -> Result<()> {
    viewer.judge()?;
    let text = world.objects.get(&ObjectKey::Recording { stream: stream.clone() }, None).await?;
    let text = String::from_utf8(text.collect().await.map_err(anyhow::Error::from_boxed)?)?;
    ensure!(hls::check_media(&text).is_empty(), "{:?}\n{text}", hls::check_media(&text));
    let listed = (0..SEGMENTS).all(|number| text.matches(&format!("\n{number}.ts\n")).count() == 1);
    ensure!(listed && text.matches("#EXTINF").count() == SEGMENTS as usize, "{text}");
    let video = world.videos().get(stream.as_str()).await?.context("the video")?;
    ensure!(video.status == VideoStatus::Ready, "{:?}", video.status);
    Ok(())
}
