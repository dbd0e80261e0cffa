//! The producer, with the encoder for making what it shows.

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
use url::Url;

/// The producer.
pub struct Producer;

#[async_trait]
impl Role for Producer {
    const NAME: &'static str = "producer";
    const ABOUT: &'static str = "Reelfleet's producer: uploads small videos and sends a live stream, so that there is something to see.";
    const PORT: Setting = settings::PRODUCER_PORT;
    type Config = (producer::Config, FfmpegConfig, Option<Url>);

    fn settings(settings: &mut Settings<'_>) -> Self::Config {
        (
            producer::Config::from_settings(settings),
            FfmpegConfig::from_settings(settings),
            producer::api_endpoint(settings),
        )
    }

    async fn start(
        (config, ffmpeg, api): Self::Config,
        world: World,
        address_file: Option<&Path>,
        stop: &CancellationToken,
    ) -> anyhow::Result<Vec<Service>> {
        let encoder = Arc::new(Ffmpeg::new(ffmpeg));
        encoder.check().await.context("ffmpeg cannot be used")?;
        let monitoring = world.monitoring(Self::NAME, address_file, stop).await?;
        let deps = producer::Deps {
            log: world.log,
            objects: world.objects,
            encoder,
            clock: world.clock,
            metrics: world.metrics,
            api: api.context("API_ENDPOINT")?,
        };
        let producer = producer::Producer::start(config, deps).await?;
        Ok(vec![monitoring, Service::new(Self::NAME, producer.run(stop.clone()))])
    }
}
