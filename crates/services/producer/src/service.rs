//! The producer as a service: assembled, then run until told to stop.

use crate::{
    Config,
    client::Client,
    journal::Journal,
    live::{Encoder as LiveEncoder, Stage},
    media::Studio,
    metrics::Metrics,
    vod::Uploader,
};
use anyhow::Context;
use ports::{Clock, Encoder, EventLog, ObjectStore};
use prometheus::Registry;
use service_kit::{Relay, emptied};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use url::Url;

/// What the producer needs of the world.
#[derive(Clone)]
pub struct Deps {
    /// The event log.
    pub log: Arc<dyn EventLog>,
    /// The object store.
    pub objects: Arc<dyn ObjectStore>,
    /// The encoder.
    pub encoder: Arc<dyn Encoder>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where its metrics go.
    pub metrics: Registry,
    /// The API.
    pub api: Url,
}

/// A producer that is ready to run.
pub struct Producer {
    config: Config,
    studio: Studio,
    uploader: Uploader,
    stage: Stage,
}

impl Producer {
    /// Assembles a producer; nothing is made or sent yet.
    ///
    /// # Errors
    /// When its folder cannot be used, or a metric exists already.
    pub async fn start(config: Config, deps: Deps) -> anyhow::Result<Self> {
        // The encoder runs in folders of its own, so it is given whole paths only.
        let folder =
            std::path::absolute(&config.folder).context("the producer's folder has no absolute path")?;
        let config = Config { folder, ..config };
        emptied(&config.scratch())?;
        let metrics = Metrics::new(&deps.metrics)?;
        let journal = Arc::new(Journal::open(&config.folder)?);
        let client = Client::new(deps.api, metrics.clone())?;
        let studio = Studio { encoder: deps.encoder, clock: deps.clock.clone(), config: config.clone() };
        let uploader = Uploader {
            client: client.clone(),
            journal: journal.clone(),
            clock: deps.clock.clone(),
            metrics: metrics.clone(),
            config: config.clone(),
        };
        let stage = Stage {
            client,
            journal,
            relay: Relay::new(deps.log.clone()),
            log: deps.log,
            objects: deps.objects,
            clock: deps.clock,
            metrics,
            config: config.clone(),
        };
        Ok(Self { config, studio, uploader, stage })
    }

    /// Makes what it shows, then uploads and sends until told to stop.
    ///
    /// # Errors
    /// None at present: whatever is away is waited for.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        if !self.config.enabled {
            tracing::info!("switched off by PRODUCER");
            stop.cancelled().await;
            return Ok(());
        }
        let (minute, episodes) = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            // One after the other: nobody waits for them, and others encode too.
            made = async { (self.studio.minute().await, self.studio.episodes().await) } => made,
        };
        let live = LiveEncoder::new(self.stage, minute);
        tokio::join!(self.uploader.run(episodes, stop.clone()), live.run(stop));
        Ok(())
    }
}
