//! The worker as a service: assembled, then run until told to stop.

use crate::{Config, attempt::Attempts, claim::Queue, metrics::Metrics, slot::Slot};
use anyhow::Context;
use domain::{
    collection::JOBS_BY_TURN,
    event::Topic,
    job::{Job, JobState},
    video::Video,
};
use futures::TryStreamExt;
use ports::{Clock, Documents, Encoder, EventLog, Follower, ObjectStore, Query, StartAt};
use prometheus::Registry;
use service_kit::{ByRange, Collection, Relay, Sources, emptied};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, Semaphore},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

/// Copies of sources that a worker keeps for their next chunks, where the store has no files on this machine.
const KEPT_SOURCES: usize = 3;

/// What a worker needs of the world.
#[derive(Clone)]
pub struct Deps {
    /// The event log.
    pub log: Arc<dyn EventLog>,
    /// The catalog.
    pub documents: Arc<dyn Documents>,
    /// The object store.
    pub objects: Arc<dyn ObjectStore>,
    /// The encoder.
    pub encoder: Arc<dyn Encoder>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where its metrics go.
    pub metrics: Registry,
}

/// A worker that is ready to run.
pub struct TranscodeWorker {
    config: Config,
    deps: Deps,
    queue: Queue,
    attempts: Arc<Attempts>,
}

impl TranscodeWorker {
    /// Assembles a worker; nothing is claimed yet.
    ///
    /// # Errors
    /// When its scratch folder cannot be made, a metric exists already, or the catalog fails.
    pub async fn start(config: Config, deps: Deps) -> anyhow::Result<Self> {
        emptied(&config.scratch)?;
        let metrics = Metrics::new(&deps.metrics)?;
        let by_range = ByRange {
            above: config.copied_bytes,
            clock: deps.clock.clone(),
            bytes: metrics.source_range_bytes.with_label_values(&[] as &[&str]),
        };
        let sources = Sources::new(deps.objects.clone(), config.scratch.clone(), KEPT_SOURCES);
        let slots = i64::try_from(config.slots).unwrap_or(i64::MAX);
        metrics.slots.with_label_values(&[] as &[&str]).set(slots);
        let relay = Relay::new(deps.log.clone());
        let jobs = Collection::<Job>::new(deps.documents.clone(), relay.clone(), deps.clock.clone());
        let videos = Collection::<Video>::new(deps.documents.clone(), relay, deps.clock.clone());
        if config.alone {
            release_all(&jobs).await.context("releasing the leases of the process before")?;
        }
        let queue = Queue { jobs: jobs.clone(), holder: config.name.clone(), clock: deps.clock.clone() };
        let attempts = Attempts {
            jobs,
            videos,
            objects: deps.objects.clone(),
            sources: sources.with_ranges(by_range),
            encoder: deps.encoder.clone(),
            clock: deps.clock.clone(),
            scratch: config.scratch.clone(),
            metrics,
        };
        Ok(Self { config, deps, queue, attempts: Arc::new(attempts) })
    }

    /// Claims and encodes until told to stop; then finishes what ends within the grace and gives the rest back.
    ///
    /// # Errors
    /// None at present: whatever is away is waited for.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let bell = Arc::new(Notify::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(ring(self.deps.log.clone(), self.deps.clock.clone(), bell.clone(), stop.clone()));
        let turns = Arc::new(Semaphore::new(self.config.slots));
        // One slot takes only what a viewer waits for, so that a wish queues behind wishes only. Another one more than
        // there are turns begins while an encode leaves cores idle.
        let ordinary = (0..=self.config.slots).map(|_| Some(turns.clone()));
        for turns in ordinary.chain([None]) {
            let slot = Slot {
                turns,
                queue: self.queue.clone(),
                attempts: self.attempts.clone(),
                bell: bell.clone(),
                clock: self.deps.clock.clone(),
                config: self.config.clone(),
            };
            tasks.spawn(slot.run(stop.clone()));
        }
        while tasks.join_next().await.is_some() {}
        Ok(())
    }
}

/// Wakes idle slots when something is queued: a hint, for they look by themselves too.
async fn ring(log: Arc<dyn EventLog>, clock: Arc<dyn Clock>, bell: Arc<Notify>, stop: CancellationToken) {
    let listen = async {
        loop {
            if let Ok(mut follower) = log.follow(Topic::TranscodeTasks, StartAt::Now).await {
                while follower_rang(&mut *follower).await {
                    bell.notify_waiters();
                }
            }
            clock.sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = listen => {}
    }
}

async fn follower_rang(follower: &mut dyn Follower) -> bool {
    follower.next().await.is_ok()
}

async fn release_all(jobs: &Collection<Job>) -> Result<(), ports::DocumentError> {
    let mut leased = jobs.every(Query::of(JOBS_BY_TURN, vec![JobState::Leased.name().into()], 100));
    while let Some(job) = leased.try_next().await? {
        // A refusal means that it is not leased any more, which is what is wanted.
        if let Err(service_kit::ChangeError::Catalog(error)) =
            jobs.change(job.job_id.as_str(), |j| j.release(job.epoch)).await
        {
            return Err(error);
        }
    }
    Ok(())
}
