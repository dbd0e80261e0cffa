//! What services stand on when a bench runs them as libraries: real servers, or the embedded adapters.

use crate::{
    place,
    servers::{self, Servers},
};
use clap::ValueEnum;
use files::Files;
use ports::{Clock, Documents, EventLog, ObjectStore};
use serde::Serialize;
use service_kit::SystemClock;
use std::{path::Path, sync::Arc};
use tempfile::TempDir;

/// Which adapters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum On {
    /// Kafka, MongoDB and S3.
    Servers,
    /// SQLite and plain files.
    Embedded,
}

impl On {
    /// The one that was asked for; else all that can be had.
    pub(crate) fn of(asked: Option<Self>) -> Vec<Self> {
        match asked {
            Some(asked) => vec![asked],
            None if servers::missing().is_empty() => vec![Self::Servers, Self::Embedded],
            None => vec![Self::Embedded],
        }
    }

    /// Its word on the command line and in the JSON.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Servers => "servers",
            Self::Embedded => "embedded",
        }
    }

    /// Its name in a table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Servers => "Kafka, MongoDB, S3",
            Self::Embedded => "embedded",
        }
    }
}

/// Adapters with storage of a bench's own. Dropping it removes what they stored.
pub(crate) enum Ground {
    /// On servers.
    Servers(Servers),
    /// In a folder, shared by all services as one process shares them.
    Embedded { world: World, _folder: TempDir },
}

/// The adapters of one service.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) documents: Arc<dyn Documents>,
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Ground {
    /// Opens it; what is embedded lies below `place`.
    pub(crate) fn open(on: On, place: &Path) -> anyhow::Result<Self> {
        match on {
            On::Servers => Ok(Self::Servers(Servers::from_environment()?)),
            On::Embedded => {
                let folder = place::folder(place, "embedded")?;
                Ok(Self::Embedded { world: embedded(folder.path())?, _folder: folder })
            }
        }
    }

    /// The adapters of one replica of a service: clients of its own where there are servers.
    pub(crate) async fn world(&self, service: &'static str, instance: &str) -> anyhow::Result<World> {
        match self {
            Self::Servers(servers) => Ok(World {
                log: Arc::new(servers.log(service, instance).await?),
                documents: Arc::new(servers.catalog().await?),
                objects: Arc::new(servers.store().await?),
                clock: Arc::new(SystemClock::new()),
            }),
            Self::Embedded { world, .. } => Ok(world.clone()),
        }
    }
}

fn embedded(folder: &Path) -> anyhow::Result<World> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    Ok(World {
        log: Arc::new(sqlite::Log::open(&folder.join("log.db"))?),
        documents: Arc::new(sqlite::Catalog::open(&folder.join("catalog.db"))?),
        objects: Arc::new(Files::open(folder.join("objects"), &[0; 32], clock.clone())?),
        clock,
    })
}
