//! A worker, and a desk at which jobs are handed in and timed.

use crate::{
    clock::{self, Stopwatch},
    ground::{Ground, World},
    place,
    waiting::{Encode, Waiting},
};
use anyhow::Context;
use domain::{
    JobId, StreamId,
    collection::JOBS_BY_TURN,
    event::{Envelope, Event, Topic},
    job::{Job, JobState},
    plan::RECIPE,
    task::{EncodeTask, TestSourceTask},
};
use ports::Query;
use prometheus::Registry;
use service_kit::{Collection, Relay};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use transcode_worker::{Config, Deps, TranscodeWorker};

/// How often a state is looked at that nothing tells of.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// What takes longer than so many seconds never comes.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a short encode takes, in milliseconds.
const SHORT_MS: u32 = 1;
/// An encode that goes on until the worker stops, in milliseconds.
const ENDLESS_MS: u32 = 3_600_000;

/// What a job asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// The beginning of a video, made at once.
    Short,
    /// The same, and a viewer waits for it.
    Wanted,
    /// What follows the beginning, made at once.
    Later,
    /// What follows the beginning, never done.
    Endless,
}

/// A worker with one place, and what it is handed.
pub(super) struct Desk<'a> {
    // First, so that nothing runs while the rest is removed.
    running: JoinSet<anyhow::Result<()>>,
    worker: Option<TranscodeWorker>,
    world: World,
    jobs: Collection<Job>,
    relay: Relay,
    encoder: Arc<Waiting>,
    stop: CancellationToken,
    handed_in: AtomicU32,
    _scratch: TempDir,
    _ground: &'a Ground,
}

impl<'a> Desk<'a> {
    /// A worker that does not work yet, at a queue that is empty.
    pub(super) async fn open(ground: &'a Ground, place: &Path) -> anyhow::Result<Self> {
        let scratch = place::folder(place, "scratch")?;
        let world = ground.world("bench", "bench").await?;
        let relay = Relay::new(world.log.clone());
        let jobs = Collection::new(world.documents.clone(), relay.clone(), world.clock.clone());
        let encoder = Arc::new(Waiting::new(Duration::ZERO, 0));
        let config = Config {
            name: "worker".to_owned(),
            scratch: scratch.path().join("worker"),
            slots: 1,
            copied_bytes: u64::MAX,
            min_free_bytes: 0,
            stop_grace: Duration::ZERO,
            alone: false,
        };
        let its = ground.world("transcode-worker", "worker").await?;
        let deps = Deps {
            log: its.log,
            documents: its.documents,
            objects: its.objects,
            encoder: encoder.clone(),
            clock: its.clock,
            metrics: Registry::new(),
        };
        let worker = Some(TranscodeWorker::start(config, deps).await?);
        let (running, stop, handed_in) = (JoinSet::new(), CancellationToken::new(), AtomicU32::new(0));
        let (_scratch, _ground) = (scratch, ground);
        Ok(Self { running, worker, world, jobs, relay, encoder, stop, handed_in, _scratch, _ground })
    }

    /// The worker begins.
    pub(super) fn work(&mut self) {
        if let Some(worker) = self.worker.take() {
            self.running.spawn(worker.run(self.stop.clone()));
        }
    }

    /// Puts so many jobs into the queue.
    pub(super) async fn insert(&self, ask: Ask, count: u32) -> anyhow::Result<()> {
        let jobs: Vec<Job> = (0..count).map(|_| self.job(ask)).collect::<anyhow::Result<_>>()?;
        Ok(self.jobs.append_new(&jobs).await?)
    }

    /// Inserts a job and rings, as the VOD processor does; seconds from then until it was claimed. Returns when it is done.
    pub(super) async fn claimed_after(&self, ask: Ask) -> anyhow::Result<f64> {
        let job = self.job(ask)?;
        let made = self.encoder.encodes().len();
        let inserted_s = self.encoder.seconds();
        self.jobs.append_new(std::slice::from_ref(&job)).await?;
        let rung = Event::JobQueued { job_id: job.job_id.clone(), stream_id: job.stream_id.clone() };
        let rung = Envelope::new(job.job_id.as_str(), "queued", self.world.clock.now(), rung);
        self.relay.publish(Topic::TranscodeTasks, job.job_id.as_str(), &rung).await?;
        self.made(made + 1).await?;
        let encodes = self.encoder.encodes();
        let claimed_s = encodes.last().context("nothing was encoded")?.from_s;
        self.done(&job).await?;
        Ok(claimed_s - inserted_s)
    }

    /// Waits until so many jobs stand in the queue.
    pub(super) async fn until_queued(&self, count: u64) -> anyhow::Result<()> {
        let queued = Query::of(JOBS_BY_TURN, vec![JobState::Queued.name().into()], 1);
        self.until(async || Ok(self.jobs.count(&queued).await? == count)).await
    }

    /// Waits until so many encodes were made.
    pub(super) async fn made(&self, encodes: usize) -> anyhow::Result<()> {
        let made = tokio::time::timeout(PATIENCE, self.encoder.made(encodes)).await;
        made.with_context(|| format!("{encodes} encodes were not made within {PATIENCE:?}"))
    }

    /// Every encode that was made.
    pub(super) fn encodes(&self) -> Vec<Encode> {
        self.encoder.encodes()
    }

    /// Ends the worker, and removes what is still queued.
    pub(super) async fn close(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        while let Some(ended) = self.running.join_next().await {
            ended.context("the worker panicked")??;
        }
        let all = Query::of(JOBS_BY_TURN, vec![JobState::Queued.name().into()], 100);
        loop {
            let page = self.jobs.find(&all).await?;
            if page.documents.is_empty() {
                return Ok(());
            }
            for job in page.documents {
                self.jobs.remove(job.job_id.as_str()).await?;
            }
        }
    }

    async fn done(&self, job: &Job) -> anyhow::Result<()> {
        self.until(async || {
            let stored = self.jobs.get(job.job_id.as_str()).await?;
            Ok(stored.is_some_and(|stored| stored.state == JobState::Done))
        })
        .await
    }

    async fn until(&self, mut is_so: impl AsyncFnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
        let began = Stopwatch::start();
        while !is_so().await? {
            anyhow::ensure!(began.seconds() < PATIENCE.as_secs_f64(), "a job does not become what it should");
            clock::pause(LOOK_EVERY).await;
        }
        Ok(())
    }

    fn job(&self, ask: Ask) -> anyhow::Result<Job> {
        let number = self.handed_in.fetch_add(1, Ordering::Relaxed);
        let mut random = [0; 6];
        self.world.clock.random(&mut random);
        let (stream, now) = (StreamId::vod(random), self.world.clock.now());
        let duration_ms = if ask == Ask::Endless { ENDLESS_MS } else { SHORT_MS };
        let task = EncodeTask::TestSource(TestSourceTask { width: 16, height: 16, duration_ms });
        let id = JobId::derive(&stream, "", RECIPE, "test-source");
        let mut job = Job::test_source(id, stream, task, number.into(), "bench", now);
        job.lane = u8::from(matches!(ask, Ask::Later | Ask::Endless));
        if ask == Ask::Wanted { Ok(job.want(now)?) } else { Ok(job) }
    }
}
