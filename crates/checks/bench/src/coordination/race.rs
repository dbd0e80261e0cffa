//! One race: a queue that is full, so many workers, until every video is ready.

use crate::{
    clock::{self, Stopwatch},
    ground::{Ground, World},
    place,
    waiting::Waiting,
};
use anyhow::Context;
use domain::{
    StreamId,
    collection::JOBS_BY_TURN,
    job::{Job, JobState, SourceOutput},
    object::ObjectKey,
    video::{NewSource, NewVideo, Video, VideoStatus},
};
use futures::future::try_join_all;
use ports::{Body, Condition, Query};
use prometheus::Registry;
use service_kit::{Collection, Relay};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use transcode_worker::TranscodeWorker;
use vod_processor::VodProcessor;

/// How often a state is looked at that nothing tells of: the error of every time.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// What does not come to its end within so many seconds beside the waiting itself never will.
const PATIENCE_SECONDS: f64 = 60.0;
/// Videos that share the queue, each of an uploader of its own.
const VIDEOS: u32 = 4;
/// The parts of the shortest video: a chunk, and its still pictures. Each waits as long as any other.
const LEAST_PARTS: u32 = 2;
/// Seconds that a part shows: two segments.
const PART_SECONDS: u32 = 8;
/// Seconds that the first part shows: one segment.
const FIRST_PART_SECONDS: u32 = 4;

/// What is raced over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Course {
    /// Parts of each video: its chunks, and its still pictures.
    parts: u32,
    wait: Duration,
}

impl Course {
    /// About so many jobs, each of which waits so long.
    pub(crate) fn of(jobs: u32, wait: Duration) -> Self {
        Self { parts: jobs.div_ceil(VIDEOS).max(LEAST_PARTS), wait }
    }

    /// Jobs in the queue.
    pub(crate) fn jobs(self) -> u32 {
        VIDEOS * self.parts
    }

    /// What all jobs wait together, in seconds.
    pub(crate) fn seconds(self) -> f64 {
        f64::from(self.jobs()) * self.wait.as_secs_f64()
    }

    /// How long a source has to show for so many parts.
    fn source_seconds(self) -> u32 {
        FIRST_PART_SECONDS + (self.parts - LEAST_PARTS) * PART_SECONDS
    }
}

/// How a race ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finish {
    /// From the workers' start until every video is ready, in seconds.
    pub(crate) wall_s: f64,
    /// The part of it after the last encode's end.
    pub(crate) tail_s: f64,
}

/// Everything that runs, and what it runs on.
struct Race<'a> {
    ground: &'a Ground,
    course: Course,
    encoder: Arc<Waiting>,
    world: World,
    videos: Collection<Video>,
    jobs: Collection<Job>,
    place: &'a Path,
    stop: CancellationToken,
    /// Stopped with their owner, also when it is dropped.
    running: JoinSet<anyhow::Result<()>>,
}

/// Runs it.
pub(crate) async fn run(
    ground: &Ground,
    course: Course,
    workers: usize,
    place: &Path,
) -> anyhow::Result<Finish> {
    let scratch = place::folder(place, "scratch")?;
    let world = ground.world("bench", "bench").await?;
    let relay = Relay::new(world.log.clone());
    let mut race = Race {
        ground,
        course,
        encoder: Arc::new(Waiting::new(course.wait, course.source_seconds())),
        videos: Collection::new(world.documents.clone(), relay.clone(), world.clock.clone()),
        jobs: Collection::new(world.documents.clone(), relay, world.clock.clone()),
        world,
        place: scratch.path(),
        stop: CancellationToken::new(),
        running: JoinSet::new(),
    };
    race.plan().await?;
    let workers = race.workers(workers).await?;
    let began = Stopwatch::start();
    for worker in workers {
        race.running.spawn(worker.run(race.stop.clone()));
    }
    race.ready(began).await?;
    let (wall_s, ready_s) = (began.seconds(), race.encoder.seconds());
    let last_s = race.encoder.encodes().last().map_or(ready_s, |encode| encode.to_s);
    race.end().await?;
    Ok(Finish { wall_s, tail_s: ready_s - last_s })
}

impl Race<'_> {
    /// Runs the VOD processor, and waits until all jobs are queued.
    async fn plan(&mut self) -> anyhow::Result<()> {
        let config = vod_processor::Config {
            scratch: self.place.join("sources"),
            copied_bytes: u64::MAX,
            parallel: 2,
            simulated_source_max_ms: 0,
        };
        let world = self.ground.world("vod-processor", "bench").await?;
        let deps = vod_processor::Deps {
            log: world.log,
            documents: world.documents,
            objects: world.objects,
            encoder: self.encoder.clone(),
            clock: world.clock,
            metrics: Registry::new(),
        };
        let processor = VodProcessor::start(config, deps).await?;
        self.running.spawn(processor.run(self.stop.clone()));
        try_join_all((0..VIDEOS).map(|number| self.upload(number))).await?;
        let queued = Query::of(JOBS_BY_TURN, vec![JobState::Queued.name().into()], 1);
        let began = Stopwatch::start();
        while self.jobs.count(&queued).await? < u64::from(self.course.jobs()) {
            anyhow::ensure!(began.seconds() < PATIENCE_SECONDS, "the videos are not planned");
            clock::pause(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// What the API does with an upload.
    async fn upload(&self, number: u32) -> anyhow::Result<()> {
        let stream = stream(number);
        let body = Body::from_bytes(&b"a source that nobody reads"[..]);
        self.world
            .objects
            .put(&ObjectKey::Source { stream: stream.clone() }, body, Condition::Always)
            .await?;
        let new = NewVideo {
            stream_id: stream,
            title: format!("Video {number}"),
            uploader: format!("uploader-{number}"),
            resolution: String::new(),
            duration_seconds: 0.0,
            audio_track_id: None,
            source: NewSource::Stored(SourceOutput { size_bytes: 26, sha256: "0".repeat(64) }),
        };
        self.videos.insert(&Video::uploaded(new, self.world.clock.now())).await?;
        Ok(())
    }

    /// So many workers, ready to run, each with clients of its own.
    async fn workers(&self, count: usize) -> anyhow::Result<Vec<TranscodeWorker>> {
        try_join_all((0..count).map(|number| self.worker(format!("worker-{number}")))).await
    }

    async fn worker(&self, name: String) -> anyhow::Result<TranscodeWorker> {
        let world = self.ground.world("transcode-worker", &name).await?;
        let config = transcode_worker::Config {
            scratch: self.place.join(&name),
            name,
            slots: 1,
            copied_bytes: u64::MAX,
            min_free_bytes: 0,
            stop_grace: Duration::ZERO,
            alone: false,
        };
        let deps = transcode_worker::Deps {
            log: world.log,
            documents: world.documents,
            objects: world.objects,
            encoder: self.encoder.clone(),
            clock: world.clock,
            metrics: Registry::new(),
        };
        TranscodeWorker::start(config, deps).await
    }

    /// Waits for the last encode, and then for what is done with it.
    async fn ready(&self, began: Stopwatch) -> anyhow::Result<()> {
        let patience = self.course.seconds() + PATIENCE_SECONDS;
        let made = self.encoder.made(self.course.jobs() as usize);
        tokio::time::timeout(Duration::from_secs_f64(patience), made)
            .await
            .context("the jobs are not done")?;
        for number in 0..VIDEOS {
            let stream = stream(number);
            loop {
                let video = self.videos.get(stream.as_str()).await?.context("a video is gone")?;
                if video.status == VideoStatus::Ready {
                    break;
                }
                anyhow::ensure!(video.status == VideoStatus::Transcoding, "a video is {:?}", video.status);
                anyhow::ensure!(began.seconds() < patience, "the videos are not ready");
                clock::pause(LOOK_EVERY).await;
            }
        }
        Ok(())
    }

    async fn end(&mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        while let Some(ended) = self.running.join_next().await {
            ended.context("a service panicked")??;
        }
        // As many encodes as jobs: none was made twice.
        let made = self.encoder.encodes().len();
        anyhow::ensure!(
            made == self.course.jobs() as usize,
            "{made} encodes for {} jobs",
            self.course.jobs()
        );
        Ok(())
    }
}

fn stream(number: u32) -> StreamId {
    let [a, b, c, d] = number.to_be_bytes();
    StreamId::vod([0, 0, a, b, c, d])
}
