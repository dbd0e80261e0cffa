//! The product as this bench runs it: the api and the live processor, and the adapters that the bench itself uses.

use crate::{
    ground::{Ground, On, World},
    programs::{self, Programs},
    usage,
};
use anyhow::Context;
use api::Api;
use live_processor::LiveProcessor;
use prometheus::Registry;
use reqwest::Client;
use service_kit::settings::Settings;
use std::{collections::BTreeMap, path::Path};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

/// A running product. Dropping it ends it, and removes what it made.
pub(super) struct Product {
    // First, so that nothing runs while the rest is removed.
    running: Running,
    /// Where the api answers.
    pub(super) api: Url,
    /// The bench's own clients of what the product stands on.
    pub(super) world: World,
    /// A client of the api.
    pub(super) client: Client,
}

enum Running {
    Programs(Programs),
    Libraries { _tasks: JoinSet<anyhow::Result<()>>, _ground: Ground },
}

/// What the programs have used since they started.
#[derive(Debug, Clone, Copy)]
pub(super) struct Used {
    /// User and system time, in seconds.
    pub(super) cpu_s: f64,
    /// Resident now, in MiB.
    pub(super) resident_mib: f64,
}

impl Product {
    /// Starts it on these adapters, with what is stored locally below `place`.
    pub(super) async fn start(on: On, place: &Path) -> anyhow::Result<Self> {
        let client = Client::builder().no_proxy().build()?;
        let ground = Ground::open(on, place)?;
        let world = ground.world("bench", "bench").await?;
        let (running, api) = match ground {
            Ground::Servers(servers) => {
                let mut fleet = Programs::start(place, servers, &[programs::API, programs::LIVE_PROCESSOR])?;
                let (addresses, _) = fleet.ready(&client).await?;
                (Running::Programs(fleet), addresses[0].clone())
            }
            Ground::Embedded { .. } => {
                let (tasks, api) = libraries(&world).await?;
                (Running::Libraries { _tasks: tasks, _ground: ground }, api)
            }
        };
        Ok(Self { running, api, world, client })
    }

    /// What its programs use; none of libraries, which are a part of this process.
    pub(super) fn used(&self) -> anyhow::Result<Option<Used>> {
        let Running::Programs(fleet) = &self.running else { return Ok(None) };
        let mut sum = Used { cpu_s: 0.0, resident_mib: 0.0 };
        for (_, id) in fleet.processes() {
            sum.cpu_s += usage::cpu_seconds(id)?;
            sum.resident_mib += usage::own_resident_mib(id);
        }
        Ok(Some(sum))
    }

    /// Stops it.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        match self.running {
            Running::Programs(fleet) => fleet.stop().await,
            Running::Libraries { .. } => Ok(()),
        }
    }
}

async fn libraries(world: &World) -> anyhow::Result<(JoinSet<anyhow::Result<()>>, Url)> {
    let any_port = ["API_PORT", "LIVE_INGEST_PORT"].map(|name| (name.to_owned(), "0".to_owned()));
    let environment = BTreeMap::from(any_port);
    let mut settings = Settings::new(&environment);
    let live = live_processor::Config::from_settings(&mut settings);
    let mut control_plane = api::Config::from_settings(&mut settings);
    settings.finish()?;
    control_plane.signing_keys = vec![vec![0; 32]];
    let metrics = Registry::new();
    let deps = live_processor::Deps {
        log: world.log.clone(),
        documents: world.documents.clone(),
        objects: world.objects.clone(),
        clock: world.clock.clone(),
        metrics: metrics.clone(),
    };
    let live = LiveProcessor::start(live, deps).await?;
    let deps = api::Deps {
        log: world.log.clone(),
        documents: world.documents.clone(),
        objects: world.objects.clone(),
        media: None,
        clock: world.clock.clone(),
        metrics,
    };
    let control_plane = Api::start(control_plane, deps).await?;
    let address = Url::parse(&format!("http://{}/", control_plane.address())).context("the api's address")?;
    // Whoever drops the tasks ends them.
    let mut tasks = JoinSet::new();
    tasks.spawn(live.run(CancellationToken::new()));
    tasks.spawn(control_plane.run(CancellationToken::new()));
    Ok((tasks, address))
}
