//! The product as the fleet's programs, on the servers that the ordinary settings name.

use crate::{api::Api, member::Member, remains, standalone::Settings, surroundings::Surroundings};
use anyhow::{Result, ensure};
use std::{path::PathBuf, process::ExitStatus, time::Duration};
use tempfile::TempDir;

/// The programs, the one that answers first.
const PROGRAMS: [&str; 3] = ["api", "vod-processor", "transcode-worker"];

/// Running programs, on topics, a database and buckets of their own. Dropping it kills them.
#[derive(Debug)]
pub struct Fleet {
    home: TempDir,
    surroundings: Surroundings,
    members: Vec<Member>,
    api: Api,
    /// A test that ends before this has failed.
    finished: bool,
}

impl Fleet {
    /// Starts one of each program with these settings and waits until they are ready.
    ///
    /// # Errors
    /// One of them does not become ready, or no server is named.
    pub async fn start(settings: Settings<'_>) -> Result<Self> {
        let home = remains::home()?;
        let surroundings = Surroundings::from_environment()?;
        let mut members = Vec::new();
        for program in PROGRAMS {
            let mut all = surroundings.settings(program);
            all.push(("DATA_DIR".to_owned(), home.path().join("data").display().to_string()));
            all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
            members.push(Member::start(program, home.path(), all)?);
        }
        let api = ready(&mut members).await?;
        Ok(Self { home, surroundings, members, api, finished: false })
    }

    /// A client of the running API.
    #[must_use]
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// The programs' data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// Kills all programs (`SIGKILL`), and makes sure that their encoders end with them.
    ///
    /// # Errors
    /// One of them lives on.
    pub async fn kill(&mut self) -> Result<()> {
        for member in &mut self.members {
            member.kill().await?;
        }
        remains::no_processes(self.home.path()).await
    }

    /// Tells all programs to stop (`SIGTERM`); the first failure, if any, and the longest time.
    ///
    /// # Errors
    /// One of them does not end.
    pub async fn stop(&mut self) -> Result<(ExitStatus, Duration)> {
        let ended = futures::future::try_join_all(self.members.iter_mut().map(Member::stop)).await?;
        let longest = ended.iter().map(|(_, took)| *took).max().unwrap_or_default();
        let status = ended.iter().map(|(status, _)| *status).find(|status| !status.success());
        Ok((status.unwrap_or_default(), longest))
    }

    /// Starts all programs again. The API's address is another one.
    ///
    /// # Errors
    /// One of them does not become ready.
    pub async fn start_again(&mut self) -> Result<()> {
        for member in &mut self.members {
            member.start_again()?;
        }
        self.api = ready(&mut self.members).await?;
        Ok(())
    }

    /// Stops all programs, and insists that nothing is left: no process, no temporary file. Then removes what they made on
    /// the servers.
    ///
    /// # Errors
    /// What is left.
    pub async fn finish(mut self) -> Result<()> {
        let (status, _) = self.stop().await?;
        ensure!(status.success(), "one ended with {status}");
        remains::no_processes(self.home.path()).await?;
        self.no_temporary_files()?;
        self.surroundings.remove().await?;
        self.finished = true;
        Ok(())
    }

    /// Insists that nothing temporary lies in the data folder.
    ///
    /// # Errors
    /// What lies there.
    pub fn no_temporary_files(&self) -> Result<()> {
        remains::no_files([self.data()])
    }

    /// Its event log.
    ///
    /// # Errors
    /// It does not open.
    pub async fn log(&self) -> Result<kafka::Log> {
        self.surroundings.log().await
    }

    /// Every object that is stored, as `bucket/path`.
    ///
    /// # Errors
    /// The store cannot be asked.
    pub async fn objects(&self) -> Result<Vec<String>> {
        self.surroundings.objects().await
    }
}

async fn ready(members: &mut [Member]) -> Result<Api> {
    let apis = futures::future::try_join_all(members.iter_mut().map(Member::ready)).await?;
    // The first of PROGRAMS.
    apis.into_iter().next().ok_or_else(|| anyhow::anyhow!("there are no programs"))
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for member in &mut self.members {
            member.abandon(!self.finished);
        }
    }
}
