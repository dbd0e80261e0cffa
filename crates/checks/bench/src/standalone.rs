//! The product in one process: a fresh one on a fresh data folder.

use crate::{
    place,
    program::{Program, Ready},
};
use anyhow::Context;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use url::Url;

/// A running product. Dropping it kills it and removes its data.
pub(crate) struct Standalone {
    // Before the folder, so that nothing writes into it while it is removed.
    program: Program,
    folder: TempDir,
    /// Where its API listens.
    pub(crate) address: Url,
    /// From the start of the process until it said that it is ready, in seconds.
    pub(crate) ready_s: f64,
}

impl Standalone {
    /// Starts the product with its data below `place` and waits until it is ready.
    pub(crate) async fn start(place: &Path, client: &reqwest::Client) -> anyhow::Result<Self> {
        Self::start_with(place, client, &[]).await
    }

    /// Starts it with settings of the caller's.
    pub(crate) async fn start_with(
        place: &Path,
        client: &reqwest::Client,
        more: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        Self::start_in(Self::folder(place)?, client, more, None).await
    }

    /// A folder for one, below `place`. Its data will be in `data`.
    pub(crate) fn folder(place: &Path) -> anyhow::Result<TempDir> {
        place::folder(place, "standalone")
    }

    /// Starts it in a folder that may hold data, on one core if one is given.
    pub(crate) async fn start_in(
        folder: TempDir,
        client: &reqwest::Client,
        more: &[(&str, &str)],
        core: Option<u32>,
    ) -> anyhow::Result<Self> {
        let data = folder.path().join("data").display().to_string();
        let mut settings = vec![
            ("DATA_DIR", data.as_str()),
            ("API_PORT", "0"),
            ("LIVE_INGEST_PORT", "0"),
            ("PRODUCER", "off"),
            ("LISTEN_ADDRESS", "127.0.0.1"),
            ("PUBLIC_URL", ""),
            ("PLAY_WHILE_ENCODING", "on"),
            ("STOP_GRACE_SECONDS", "0"),
        ];
        settings.extend(more);
        let settings: Vec<_> =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut program = Program::start(&binary()?, folder.path(), &settings, core)?;
        let Ready { address, after_s } = program.ready(client).await?;
        Ok(Self { program, folder, address, ready_s: after_s })
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.program.id()
    }

    /// Where it keeps what it stores.
    pub(crate) fn objects(&self) -> PathBuf {
        self.folder.path().join("data/objects")
    }

    /// Adds the end of its log to an error.
    pub(crate) fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        self.program.explain(error)
    }

    /// Stops it and waits for its end.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.program.stop().await
    }
}

/// The binary under test.
fn binary() -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os("BENCH_STANDALONE_BIN") {
        return Ok(named.into());
    }
    let beside = std::env::current_exe().context("where this program is")?.with_file_name("standalone");
    anyhow::ensure!(
        beside.is_file(),
        "{} is not there: build it (cargo build --release -p standalone) or set BENCH_STANDALONE_BIN",
        beside.display()
    );
    Ok(beside)
}
