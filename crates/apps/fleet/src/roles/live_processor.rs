//! The live processor.

use crate::{Role, World};
use async_trait::async_trait;
use service_kit::{
    Service,
    settings::{self, Setting, Settings},
};
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// The live processor.
pub struct LiveProcessor;

#[async_trait]
impl Role for LiveProcessor {
    const NAME: &'static str = "live-processor";
    const ABOUT: &'static str =
        "Reelfleet's live processor: turns live segments into playlists, and streams that end into videos.";
    const PORT: Setting = settings::LIVE_PROCESSOR_PORT;
    type Config = live_processor::Config;

    fn settings(settings: &mut Settings<'_>) -> live_processor::Config {
        live_processor::Config::from_settings(settings)
    }

    async fn start(
        config: live_processor::Config,
        world: World,
        address_file: Option<&Path>,
        stop: &CancellationToken,
    ) -> anyhow::Result<Vec<Service>> {
        let monitoring = world.monitoring(Self::NAME, address_file, stop).await?;
        let deps = live_processor::Deps {
            log: world.log,
            documents: world.documents,
            objects: world.objects,
            clock: world.clock,
            metrics: world.metrics,
        };
        let processor = live_processor::LiveProcessor::start(config, deps).await?;
        Ok(vec![monitoring, Service::new(Self::NAME, processor.run(stop.clone()))])
    }
}
