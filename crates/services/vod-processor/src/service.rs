//! The VOD processor as a service: assembled, then run until told to stop.

use crate::{Config, filing::Filing, handlers::Processor, look::Looks, metrics::Metrics, reaper::Reaper};
use domain::{
    collection::{JOBS_BY_OUTBOX, VIDEOS_BY_OUTBOX},
    event::Topic,
    job::Job,
    letter::Letter,
    video::Video,
};
use ports::{Clock, Documents, Encoder, EventLog, ObjectStore};
use prometheus::Registry;
use service_kit::{ByRange, Collection, Consumer, EventMetrics, Events, Relay, Sources, emptied, sweep};
use std::sync::Arc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// What the VOD processor needs of the world.
#[derive(Clone)]
pub struct Deps {
    /// The event log.
    pub log: Arc<dyn EventLog>,
    /// The catalog.
    pub documents: Arc<dyn Documents>,
    /// The object store.
    pub objects: Arc<dyn ObjectStore>,
    /// The encoder, for looking into sources.
    pub encoder: Arc<dyn Encoder>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where its metrics go.
    pub metrics: Registry,
}

/// A VOD processor that is ready to run.
pub struct VodProcessor {
    parallel: usize,
    processor: Arc<Processor>,
    events: EventMetrics,
}

impl VodProcessor {
    /// Assembles a VOD processor; nothing is consumed yet.
    ///
    /// # Errors
    /// When its scratch folder cannot be made or a metric exists already.
    pub async fn start(config: Config, deps: Deps) -> anyhow::Result<Self> {
        let scratch = config.scratch.clone();
        emptied(&scratch)?;
        let relay = Relay::new(deps.log.clone());
        let events = EventMetrics::new(&deps.metrics)?;
        let metrics = Metrics::new(&deps.metrics)?;
        let by_range = ByRange {
            above: config.copied_bytes,
            clock: deps.clock.clone(),
            bytes: metrics.source_range_bytes.with_label_values(&[] as &[&str]),
        };
        // A source is looked into once.
        let sources = Sources::new(deps.objects.clone(), scratch, 0).with_ranges(by_range);
        let processor = Processor {
            videos: Collection::<Video>::new(deps.documents.clone(), relay.clone(), deps.clock.clone()),
            jobs: Collection::<Job>::new(deps.documents.clone(), relay.clone(), deps.clock.clone()),
            letters: Collection::<Letter>::new(deps.documents.clone(), relay.clone(), deps.clock.clone()),
            live_segments: Collection::new(deps.documents.clone(), relay.clone(), deps.clock.clone()),
            relay,
            objects: deps.objects,
            clock: deps.clock,
            log: deps.log,
            metrics,
            looks: Looks { sources, encoder: deps.encoder },
            simulated_source_max_ms: config.simulated_source_max_ms,
            probing: Arc::default(),
        };
        Ok(Self { parallel: config.parallel, processor: Arc::new(processor), events })
    }

    /// Consumes until told to stop.
    ///
    /// # Errors
    /// None at present: whatever is away is waited for.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let Self { parallel, processor, events: metrics } = self;
        let consumer = |group, topics, parallel| Consumer {
            log: processor.log.clone(),
            clock: processor.clock.clone(),
            group,
            topics,
            parallel,
        };
        let (log, clock) = (processor.log.clone(), processor.clock.clone());
        let events = Arc::new(Events { handler: processor.clone(), log, clock, metrics });
        let filing = Filing {
            letters: processor.letters.clone(),
            clock: processor.clock.clone(),
            filed: processor.metrics.letters_filed.clone(),
        };
        let mut tasks = JoinSet::new();
        // Groups of their own, so that looking into a flood of sources never holds up what is finished.
        tasks.spawn(
            consumer("vod-processor", &[Topic::VodChunks], parallel).run(events.clone(), stop.clone()),
        );
        tasks.spawn(
            consumer("vod-processor-results", &[Topic::TranscodeResults], 8).run(events, stop.clone()),
        );
        tasks.spawn(
            consumer("vod-processor-letters", &[Topic::DeadLetters], 4).run(Arc::new(filing), stop.clone()),
        );
        tasks.spawn(sweep(processor.videos.clone(), VIDEOS_BY_OUTBOX, processor.clock.clone(), stop.clone()));
        tasks.spawn(sweep(processor.jobs.clone(), JOBS_BY_OUTBOX, processor.clock.clone(), stop.clone()));
        tasks.spawn(Reaper::new(&processor).run(stop.clone()));
        tasks.spawn(crate::census::run(processor.clone(), stop.clone()));
        tasks.spawn(crate::reconcile::run(processor.clone(), stop.clone()));
        tasks.spawn(crate::cleanup::sweep_orphans(processor.clone(), stop));
        while tasks.join_next().await.is_some() {}
        Ok(())
    }
}
