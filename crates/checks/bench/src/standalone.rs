//! The product under test: a fresh process on a fresh data folder.

use crate::{
    child::Process,
    clock::{self, Stopwatch},
};
use anyhow::Context;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use url::Url;

/// How often a starting or ending process is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// A start or an end that takes longer, in seconds, has failed.
const PATIENCE_SECONDS: f64 = 30.0;
/// So much of the log is shown when something goes wrong.
const SHOWN_LINES: usize = 20;

/// A running product. Dropping it kills it and removes its data.
pub(crate) struct Standalone {
    // Before the folder, so that nothing writes into it while it is removed.
    process: Process,
    folder: TempDir,
    /// Where its API listens.
    pub(crate) address: Url,
    /// From the start of the process until it said that it is ready, in seconds.
    pub(crate) ready_s: f64,
}

impl Standalone {
    /// Starts the product with its data below `place` and waits until it is ready.
    pub(crate) async fn start(place: &Path, client: &reqwest::Client) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("standalone-")
            .tempdir_in(place)
            .with_context(|| format!("cannot make a folder in {}", place.display()))?;
        let log = File::create(folder.path().join("log")).context("cannot make a log file")?;
        let address_file = folder.path().join("address");
        let began = Stopwatch::start();
        let mut process = Process::start(
            Command::new(program()?)
                .arg("--address-file")
                .arg(&address_file)
                .env("DATA_DIR", folder.path().join("data"))
                .env("API_PORT", "0")
                .env("PRODUCER", "off")
                .env("LISTEN_ADDRESS", "127.0.0.1")
                .env("PUBLIC_URL", "")
                .env("PLAY_WHILE_ENCODING", "on")
                .env("STOP_GRACE_SECONDS", "0")
                .stdin(Stdio::null())
                .stdout(log.try_clone().context("cannot use a log file")?)
                .stderr(log),
        )?;
        let ready = async {
            let address = ready(&mut process, &address_file, client, began).await?;
            Ok((address, began.seconds()))
        };
        match ready.await {
            Ok((address, ready_s)) => Ok(Self { process, folder, address, ready_s }),
            Err(error) => Err(with_log(error, folder.path())),
        }
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Where it keeps what it stores.
    pub(crate) fn objects(&self) -> PathBuf {
        self.folder.path().join("data/objects")
    }

    /// Adds the end of its log to an error.
    pub(crate) fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        with_log(error, self.folder.path())
    }

    /// Stops it and waits for its end.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.process.ask_to_end()?;
        let began = Stopwatch::start();
        while self.process.status()?.is_none() {
            anyhow::ensure!(began.seconds() < PATIENCE_SECONDS, "standalone does not end when asked to");
            clock::pause(LOOK_EVERY).await;
        }
        Ok(())
    }
}

/// The binary under test.
fn program() -> anyhow::Result<PathBuf> {
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

async fn ready(
    process: &mut Process,
    address_file: &Path,
    client: &reqwest::Client,
    began: Stopwatch,
) -> anyhow::Result<Url> {
    loop {
        if let Some(status) = process.status()? {
            anyhow::bail!("standalone ended before it was ready ({status})");
        }
        anyhow::ensure!(
            began.seconds() < PATIENCE_SECONDS,
            "standalone is not ready after {PATIENCE_SECONDS} s"
        );
        // The file appears before its contents, and before the port is served.
        if let Some(address) = address(address_file)
            && let Ok(answer) = client.get(address.join("/readyz")?).send().await
            && answer.status().is_success()
        {
            return Ok(address);
        }
        clock::pause(LOOK_EVERY).await;
    }
}

fn address(file: &Path) -> Option<Url> {
    let text = fs::read_to_string(file).ok()?;
    Url::parse(&format!("http://{}/", text.trim())).ok().filter(|url| url.port().is_some())
}

fn with_log(error: anyhow::Error, folder: &Path) -> anyhow::Error {
    let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    let end = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n  ");
    error.context(format!("standalone failed; the end of its log:\n  {end}\nand the error"))
}
