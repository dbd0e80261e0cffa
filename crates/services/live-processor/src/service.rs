//! The live processor as a service: assembled, then run until told to stop.

use crate::{
    Config, archive, census, ingest::Listener, intake, looks::Looks, metrics::Metrics, retirement,
    shared::Shared, stalls,
};
use anyhow::Context;
use domain::collection::STREAMS_BY_OUTBOX;
use ports::{Clock, Documents, EventLog, ObjectStore};
use prometheus::Registry;
use service_kit::{Collection, Relay, sweep};
use std::{net::SocketAddr, sync::Arc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// What the live processor needs of the world.
#[derive(Clone)]
pub struct Deps {
    /// The event log.
    pub log: Arc<dyn EventLog>,
    /// The catalog.
    pub documents: Arc<dyn Documents>,
    /// The object store.
    pub objects: Arc<dyn ObjectStore>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where its metrics go.
    pub metrics: Registry,
}

/// A live processor that is ready to run.
pub struct LiveProcessor {
    shared: Arc<Shared>,
    listener: Listener,
}

impl LiveProcessor {
    /// Assembles a live processor and binds its port for encoders; nothing is consumed yet.
    ///
    /// # Errors
    /// When the port cannot be bound or a metric exists already.
    pub async fn start(config: Config, deps: Deps) -> anyhow::Result<Self> {
        let wanted = SocketAddr::new(config.address, config.ingest_port);
        let advice = || {
            format!("cannot listen on {wanted}. Choose another LIVE_INGEST_PORT, or stop what uses this one")
        };
        let listener = Listener::bind(wanted).await.with_context(advice)?;
        let relay = Relay::new(deps.log.clone());
        let shared = Shared {
            config,
            streams: Collection::new(deps.documents.clone(), relay.clone(), deps.clock.clone()),
            segments: Collection::new(deps.documents.clone(), relay.clone(), deps.clock.clone()),
            videos: Collection::new(deps.documents.clone(), relay.clone(), deps.clock.clone()),
            relay,
            log: deps.log,
            looks: Looks::at(deps.objects.clone(), deps.clock.clone()),
            objects: deps.objects,
            clock: deps.clock,
            archive: archive::Archive::default(),
            metrics: Metrics::new(&deps.metrics)?,
        };
        Ok(Self { shared: Arc::new(shared), listener })
    }

    /// The address at which it listens for encoders.
    #[must_use]
    pub fn ingest_address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Consumes until told to stop.
    ///
    /// # Errors
    /// None at present: whatever is away is waited for.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let Self { shared, listener } = self;
        let mut tasks = JoinSet::new();
        tracing::info!("encoders may send segments to http://{}", listener.address());
        tasks.spawn(listener.run(shared.clone(), stop.clone()));
        tasks.spawn(intake::run(shared.clone(), stop.clone()));
        tasks.spawn(archive::run(shared.clone(), stop.clone()));
        tasks.spawn(census::run(shared.clone(), stop.clone()));
        tasks.spawn(stalls::run(shared.clone(), stop.clone()));
        tasks.spawn(retirement::run(shared.clone(), stop.clone()));
        tasks.spawn(sweep(shared.streams.clone(), STREAMS_BY_OUTBOX, shared.clock.clone(), stop));
        while tasks.join_next().await.is_some() {}
        Ok(())
    }
}
