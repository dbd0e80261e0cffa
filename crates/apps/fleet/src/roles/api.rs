//! The control plane: its monitoring is part of its own HTTP surface.

use crate::{Role, World, secret};
use async_trait::async_trait;
use service_kit::{
    Service,
    settings::{self, Setting, Settings},
    until_available,
};
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// The API.
pub struct Api;

#[async_trait]
impl Role for Api {
    const NAME: &'static str = "api";
    const ABOUT: &'static str =
        "Reelfleet's control plane: takes uploads, answers what becomes of them, serves playlists.";
    const PORT: Setting = settings::API_PORT;
    type Config = api::Config;

    fn settings(settings: &mut Settings<'_>) -> api::Config {
        api::Config::from_settings(settings)
    }

    async fn start(
        mut config: api::Config,
        world: World,
        address_file: Option<&Path>,
        stop: &CancellationToken,
    ) -> anyhow::Result<Vec<Service>> {
        if config.signing_keys.is_empty() {
            let key = || secret::signing_key(&*world.documents, &*world.clock);
            config.signing_keys =
                vec![until_available(&*world.clock, "reading the fleet's secret", key).await?];
        }
        config.address_file = address_file.map(Path::to_path_buf);
        let deps = api::Deps {
            log: world.log,
            documents: world.documents,
            objects: world.objects,
            media: None,
            clock: world.clock,
            metrics: world.metrics,
        };
        let api = api::Api::start(config, deps).await?;
        tracing::info!("listening on http://{}", api.address());
        Ok(vec![Service::new(Self::NAME, api.run(stop.clone()))])
    }
}
