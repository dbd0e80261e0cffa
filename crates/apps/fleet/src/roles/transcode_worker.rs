//! A transcode worker, with the encoder.

use crate::{Role, World};
use anyhow::Context;
use async_trait::async_trait;
use ffmpeg::{Ffmpeg, FfmpegConfig};
use service_kit::{
    Service,
    settings::{self, Setting, Settings},
};
use std::{path::Path, sync::Arc};
use tokio_util::sync::CancellationToken;

/// A transcode worker.
pub struct TranscodeWorker;

#[async_trait]
impl Role for TranscodeWorker {
    const NAME: &'static str = "transcode-worker";
    const ABOUT: &'static str =
        "Reelfleet's transcode worker: claims jobs and encodes them; run as many as there are machines.";
    const PORT: Setting = settings::TRANSCODE_WORKER_PORT;
    type Config = (transcode_worker::Config, FfmpegConfig);

    fn settings(settings: &mut Settings<'_>) -> Self::Config {
        (transcode_worker::Config::fleet(settings), FfmpegConfig::from_settings(settings))
    }

    async fn start(
        (config, ffmpeg): Self::Config,
        world: World,
        address_file: Option<&Path>,
        stop: &CancellationToken,
    ) -> anyhow::Result<Vec<Service>> {
        let encoder = Arc::new(Ffmpeg::new(ffmpeg));
        encoder.check().await.context("ffmpeg cannot be used")?;
        let monitoring = world.monitoring(Self::NAME, address_file, stop).await?;
        let deps = transcode_worker::Deps {
            log: world.log,
            documents: world.documents,
            objects: world.objects,
            encoder,
            clock: world.clock,
            metrics: world.metrics,
        };
        let worker = transcode_worker::TranscodeWorker::start(config, deps).await?;
        Ok(vec![monitoring, Service::new(Self::NAME, worker.run(stop.clone()))])
    }
}
