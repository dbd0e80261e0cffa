//! What differs between the processes of the fleet.

use crate::World;
use async_trait::async_trait;
use service_kit::{
    Service,
    settings::{Setting, Settings},
};
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// A service of the fleet: what it reads, and how it starts.
#[async_trait]
pub trait Role {
    /// The one word that folder, binary, container, consumer group, metric and log use.
    const NAME: &'static str;
    /// One line for `--help`.
    const ABOUT: &'static str;
    /// The port at which it shows its health and metrics.
    const PORT: Setting;
    /// What it is told.
    type Config: Send;

    /// Reads its settings.
    fn settings(settings: &mut Settings<'_>) -> Self::Config;

    /// Starts it: its services run until `stop`. The address at which it answers goes into `address_file`, if given.
    async fn start(
        config: Self::Config,
        world: World,
        address_file: Option<&Path>,
        stop: &CancellationToken,
    ) -> anyhow::Result<Vec<Service>>;
}
