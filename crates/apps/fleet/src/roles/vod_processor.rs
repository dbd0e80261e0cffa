//! The VOD processor, with the encoder for looking into sources.

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

/// The VOD processor.
pub struct VodProcessor;

#[async_trait]
impl Role for VodProcessor {
    const NAME: &'static str = "vod-processor";
    const ABOUT: &'static str =
        "Reelfleet's VOD processor: looks into uploads, plans them, and counts what is encoded.";
    const PORT: Setting = settings::VOD_PROCESSOR_PORT;
    type Config = (vod_processor::Config, FfmpegConfig);

    fn settings(settings: &mut Settings<'_>) -> Self::Config {
        (vod_processor::Config::fleet(settings), FfmpegConfig::from_settings(settings))
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
        let deps = vod_processor::Deps {
            log: world.log,
            documents: world.documents,
            objects: world.objects,
            encoder,
            clock: world.clock,
            metrics: world.metrics,
        };
        let processor = vod_processor::VodProcessor::start(config, deps).await?;
        Ok(vec![monitoring, Service::new(Self::NAME, processor.run(stop.clone()))])
    }
}
