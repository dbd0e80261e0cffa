//! The product in whichever topology this run is about.

use crate::{
    api::Api,
    fleet::Fleet,
    standalone::{Settings, Standalone},
};
use anyhow::{Result, bail, ensure};
use std::{env, process::ExitStatus, time::Duration};

/// The running product. What a test says of it holds in every topology; `E2E_TOPOLOGY` says which one this run is about:
/// `standalone` (the default), or `processes`, the fleet's programs against the servers that the settings name.
#[derive(Debug)]
pub enum Product {
    /// One process.
    Standalone(Box<Standalone>),
    /// The fleet's programs.
    Fleet(Box<Fleet>),
}

impl Product {
    /// Starts it with these settings and waits until it is ready.
    ///
    /// # Errors
    /// It does not become ready.
    pub async fn start(settings: Settings<'_>) -> Result<Self> {
        match env::var("E2E_TOPOLOGY").as_deref().unwrap_or("standalone") {
            "standalone" => Ok(Self::Standalone(Box::new(Standalone::start(settings).await?))),
            "processes" => Ok(Self::Fleet(Box::new(Fleet::start(settings).await?))),
            other => bail!("E2E_TOPOLOGY is {other:?}; it takes standalone or processes"),
        }
    }

    /// A client of its API.
    #[must_use]
    pub fn api(&self) -> &Api {
        match self {
            Self::Standalone(product) => product.api(),
            Self::Fleet(product) => product.api(),
        }
    }

    /// Where each of its programs answers with its health and its metrics.
    ///
    /// # Errors
    /// One of them does not tell.
    pub fn endpoints(&self) -> Result<Vec<(&'static str, Api)>> {
        match self {
            Self::Standalone(product) => Ok(vec![("standalone", product.api().clone())]),
            Self::Fleet(product) => product.endpoints(),
        }
    }

    /// Everything that it has logged.
    ///
    /// # Errors
    /// A log cannot be read.
    pub fn logs(&self) -> Result<String> {
        match self {
            Self::Standalone(product) => product.log(),
            Self::Fleet(product) => {
                crate::fleet::PROGRAMS.iter().map(|program| product.logged(program)).collect()
            }
        }
    }

    /// A path of this machine that no answer may name.
    #[must_use]
    pub fn home(&self) -> String {
        match self {
            Self::Standalone(product) => product.data().display().to_string(),
            Self::Fleet(product) => product.data().display().to_string(),
        }
    }

    /// Kills all of it (`SIGKILL`), and makes sure that its encoders end with it.
    ///
    /// # Errors
    /// One of them lives on.
    pub async fn kill(&mut self) -> Result<()> {
        match self {
            Self::Standalone(product) => product.kill().await,
            Self::Fleet(product) => product.kill().await,
        }
    }

    /// Tells it to stop (`SIGTERM`) and returns how it ended (the first failure, if any) and how long that took.
    ///
    /// # Errors
    /// It does not end.
    pub async fn stop(&mut self) -> Result<(ExitStatus, Duration)> {
        match self {
            Self::Standalone(product) => product.stop().await,
            Self::Fleet(product) => product.stop().await,
        }
    }

    /// Starts it again on the same data. Its address is another one.
    ///
    /// # Errors
    /// It does not become ready.
    pub async fn start_again(&mut self) -> Result<()> {
        match self {
            Self::Standalone(product) => product.start_again().await,
            Self::Fleet(product) => product.start_again().await,
        }
    }

    /// Stops it, and insists that nothing is left: no process, no temporary file, nothing on a server.
    ///
    /// # Errors
    /// What is left.
    pub async fn finish(self) -> Result<()> {
        match self {
            Self::Standalone(product) => product.finish().await,
            Self::Fleet(product) => product.finish().await,
        }
    }

    /// Insists that nothing temporary lies about.
    ///
    /// # Errors
    /// What lies there.
    pub async fn no_temporary_files(&self) -> Result<()> {
        match self {
            Self::Standalone(product) => product.no_temporary_files(),
            Self::Fleet(product) => product.no_temporary_files(),
        }
    }

    /// Every object that is stored, as `bucket/path`.
    ///
    /// # Errors
    /// The store cannot be asked.
    pub async fn objects(&self) -> Result<Vec<String>> {
        match self {
            Self::Standalone(product) => Ok(product.objects()),
            Self::Fleet(product) => product.objects().await,
        }
    }

    /// Its event log, for whoever publishes past its API; none where nobody else can reach it.
    ///
    /// # Errors
    /// The log does not open.
    pub async fn log(&self) -> Result<Option<kafka::Log>> {
        match self {
            Self::Standalone(_) => Ok(None),
            Self::Fleet(product) => Ok(Some(product.log().await?)),
        }
    }

    /// Insists that the store holds nothing whose `bucket/path` begins so.
    ///
    /// # Errors
    /// What it holds.
    pub async fn no_objects(&self, prefix: &str) -> Result<()> {
        let left: Vec<String> =
            self.objects().await?.into_iter().filter(|object| object.starts_with(prefix)).collect();
        ensure!(left.is_empty(), "objects are left: {left:?}");
        Ok(())
    }
}
