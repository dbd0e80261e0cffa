//! The product as one process.

use crate::{api::Api, member::Member, remains, secrets};
use anyhow::{Result, ensure};
use std::{
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};
use tempfile::TempDir;
use tokio::time::Instant;

const PROGRAM: &str = "standalone";

/// Settings that differ from their defaults.
pub type Settings<'a> = &'a [(&'a str, &'a str)];

/// A running process on a data folder of its own. Dropping it kills it and removes the folder.
#[derive(Debug)]
pub struct Standalone {
    home: TempDir,
    member: Member,
    api: Api,
    /// A test that ends before this has failed.
    finished: bool,
    /// How long the last start took until it was ready.
    pub ready_after: Duration,
}

impl Standalone {
    /// Starts one with these settings and waits until it is ready.
    ///
    /// # Errors
    /// It does not become ready.
    pub async fn start(settings: Settings<'_>) -> Result<Self> {
        let home = remains::home()?;
        let began = Instant::now();
        let mut member = Member::start(PROGRAM, PROGRAM, home.path(), all_settings(home.path(), settings))?;
        let api = member.ready().await?;
        Ok(Self { home, member, api, finished: false, ready_after: began.elapsed() })
    }

    /// A client of the running process.
    #[must_use]
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        data(self.home.path())
    }

    /// Everything that it has logged.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn log(&self) -> Result<String> {
        self.member.log()
    }

    /// The process id.
    ///
    /// # Errors
    /// It has ended.
    pub fn pid(&self) -> Result<u32> {
        self.member.pid()
    }

    /// Kills it (`SIGKILL`), and makes sure that its encoders end with it.
    ///
    /// # Errors
    /// One of them lives on.
    pub async fn kill(&mut self) -> Result<()> {
        self.member.kill().await?;
        remains::no_processes(self.home.path()).await
    }

    /// Tells it to stop (`SIGTERM`) and returns how it ended and how long that took.
    ///
    /// # Errors
    /// It does not end.
    pub async fn stop(&mut self) -> Result<(ExitStatus, Duration)> {
        self.member.stop().await
    }

    /// Starts it again on the same data. Its address is another one.
    ///
    /// # Errors
    /// It does not become ready.
    pub async fn start_again(&mut self) -> Result<()> {
        let began = Instant::now();
        self.member.start_again()?;
        self.api = self.member.ready().await?;
        self.ready_after = began.elapsed();
        Ok(())
    }

    /// Starts a second process on the same data and returns how it ended and what it said.
    ///
    /// # Errors
    /// It does not end by itself.
    pub async fn second(&self) -> Result<(ExitStatus, String)> {
        Member::refused(PROGRAM, self.home.path(), &all_settings(self.home.path(), &[])).await
    }

    /// Stops it, and insists that nothing is left, no process and no temporary file, and that no secret was logged.
    ///
    /// # Errors
    /// What is left, or was logged.
    pub async fn finish(mut self) -> Result<()> {
        let (status, _) = self.stop().await?;
        ensure!(status.success(), "it ended with {status}");
        remains::no_processes(self.home.path()).await?;
        self.no_temporary_files()?;
        secrets::none_in_logs(self.home.path(), self.member.settings())?;
        self.finished = true;
        Ok(())
    }

    /// Insists that nothing temporary lies in the data folder.
    ///
    /// # Errors
    /// What lies there.
    pub fn no_temporary_files(&self) -> Result<()> {
        let folders = ["scratch", "sources", "objects/.incoming"];
        remains::no_files(folders.map(|name| self.data().join(name)))
    }

    /// Every object that is stored, as `bucket/path`.
    #[must_use]
    pub fn objects(&self) -> Vec<String> {
        let root = self.data().join("objects");
        let files = remains::below(&root).into_iter();
        let names = files.filter_map(|file| Some(file.strip_prefix(&root).ok()?.display().to_string()));
        // What begins with a dot is the store's own.
        names.filter(|name| !name.starts_with('.')).collect()
    }
}

impl Drop for Standalone {
    fn drop(&mut self) {
        self.member.abandon(!self.finished);
    }
}

/// Starts a process that is expected to refuse, on a folder of its own; returns how it ended and what it
/// said.
///
/// # Errors
/// It does not end by itself.
pub async fn refused_start(settings: Settings<'_>) -> Result<(ExitStatus, String)> {
    let home = remains::home()?;
    Member::refused(PROGRAM, home.path(), &all_settings(home.path(), settings)).await
}

fn all_settings(home: &Path, settings: Settings<'_>) -> Vec<(String, String)> {
    let data = data(home).display().to_string();
    // What a test counts is its own; the one about the producer switches it on.
    let own =
        [("DATA_DIR", data.as_str()), ("API_PORT", "0"), ("LIVE_INGEST_PORT", "0"), ("PRODUCER", "off")];
    let all = own.into_iter().chain(settings.iter().copied());
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn data(home: &Path) -> PathBuf {
    home.join("data")
}
