//! The product as a process: started, killed, restarted, ended.

use crate::{api::Api, binary, remains, schedule::until};
use anyhow::{Context, Result, bail, ensure};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    fs::{self, File, OpenOptions},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::{Instant, timeout},
};

/// How long a start may take before a test gives up.
const START_LIMIT: Duration = Duration::from_secs(20);
/// How long an orderly end may take before a test gives up.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// How long processes may outlive the one that started them.
const ORPHAN_LIMIT: Duration = Duration::from_secs(5);
/// How much of the log is shown when a test fails.
const SHOWN_BYTES: usize = 6_000;

/// Settings that differ from their defaults.
pub type Settings<'a> = &'a [(&'a str, &'a str)];

/// A running process on a data folder of its own. Dropping it kills it and removes the folder.
#[derive(Debug)]
pub struct Standalone {
    home: TempDir,
    settings: Vec<(String, String)>,
    child: Child,
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
        let home = tempfile::Builder::new().prefix("e2e-").tempdir()?;
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let settings: Vec<(String, String)> = settings.collect();
        let began = Instant::now();
        let mut child = command(home.path(), &settings)?.spawn()?;
        let api = ready(home.path(), &mut child).await?;
        Ok(Self { home, settings, child, api, finished: false, ready_after: began.elapsed() })
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

    /// The process id.
    ///
    /// # Errors
    /// It has ended.
    pub fn pid(&self) -> Result<u32> {
        self.child.id().context("the process has ended")
    }

    /// Everything that it logged.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn log(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&fs::read(log(self.home.path()))?).into_owned())
    }

    /// Kills it (`SIGKILL`), and makes sure that its encoders end with it.
    ///
    /// # Errors
    /// One of them lives on.
    pub async fn kill(&mut self) -> Result<()> {
        self.child.kill().await?;
        self.no_orphans().await
    }

    /// Tells it to stop (`SIGTERM`) and returns how it ended and how long that took.
    ///
    /// # Errors
    /// It does not end.
    pub async fn stop(&mut self) -> Result<(ExitStatus, Duration)> {
        let pid = i32::try_from(self.pid()?)?;
        let began = Instant::now();
        kill(Pid::from_raw(pid), Signal::SIGTERM)?;
        let ended = timeout(STOP_LIMIT, self.child.wait()).await;
        Ok((ended.context("it does not stop")??, began.elapsed()))
    }

    /// Starts it again on the same data. Its address is another one.
    ///
    /// # Errors
    /// It does not become ready.
    pub async fn start_again(&mut self) -> Result<()> {
        let began = Instant::now();
        self.child = command(self.home.path(), &self.settings)?.spawn()?;
        self.api = ready(self.home.path(), &mut self.child).await?;
        self.ready_after = began.elapsed();
        Ok(())
    }

    /// Starts a second process on the same data, with other settings besides, and returns how it ended and
    /// what it said.
    ///
    /// # Errors
    /// It does not end by itself.
    pub async fn second(&self, settings: Settings<'_>) -> Result<(ExitStatus, String)> {
        refused(self.home.path(), settings).await
    }

    /// Stops it, and insists that nothing is left: no process, no temporary file.
    ///
    /// # Errors
    /// What is left.
    pub async fn finish(mut self) -> Result<()> {
        let (status, _) = self.stop().await?;
        ensure!(status.success(), "it ended with {status}");
        self.no_orphans().await?;
        self.no_temporary_files()?;
        self.finished = true;
        Ok(())
    }

    /// Insists that nothing temporary lies in the data folder.
    ///
    /// # Errors
    /// What lies there.
    pub fn no_temporary_files(&self) -> Result<()> {
        let folders = ["scratch", "sources", "objects/.incoming"];
        let left: Vec<PathBuf> =
            folders.iter().flat_map(|name| remains::below(&self.data().join(name))).collect();
        ensure!(left.is_empty(), "temporary files are left: {left:?}");
        Ok(())
    }

    async fn no_orphans(&self) -> Result<()> {
        let home = self.home.path();
        let mut left = Vec::new();
        let gone = until("every process has ended", ORPHAN_LIMIT, async || {
            left = remains::processes_of(home);
            Ok(left.is_empty().then_some(()))
        });
        gone.await.with_context(|| format!("processes are left: {left:#?}"))
    }
}

impl Drop for Standalone {
    fn drop(&mut self) {
        // Nothing to do where it has ended.
        let _ = self.child.start_kill();
        if !self.finished {
            self.show_log();
        }
    }
}

impl Standalone {
    #[expect(clippy::print_stderr, reason = "libtest shows it with the failure")]
    fn show_log(&self) {
        let log = self.log().unwrap_or_default();
        let from = log.ceil_char_boundary(log.len().saturating_sub(SHOWN_BYTES));
        eprintln!("--- the end of its log:\n{}", &log[from..]);
    }
}

/// Starts a process that is expected to refuse, on a folder of its own; returns how it ended and what it
/// said.
///
/// # Errors
/// It does not end by itself.
pub async fn refused_start(settings: Settings<'_>) -> Result<(ExitStatus, String)> {
    let home = tempfile::Builder::new().prefix("e2e-").tempdir()?;
    refused(home.path(), settings).await
}

async fn refused(home: &Path, settings: Settings<'_>) -> Result<(ExitStatus, String)> {
    let settings: Vec<_> = settings.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let mut command = command(home, &settings)?;
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
    let ended = timeout(START_LIMIT, child.wait_with_output()).await.context("it runs on")??;
    Ok((ended.status, String::from_utf8_lossy(&ended.stderr).into_owned()))
}

fn command(home: &Path, settings: &[(String, String)]) -> Result<Command> {
    let log = OpenOptions::new().create(true).append(true).open(log(home))?;
    let mut command = Command::new(binary::path()?);
    for setting in service_kit::settings::ALL {
        command.env_remove(setting.name);
    }
    let address = address_file(home);
    // The one of the process before would be taken for this one's.
    drop(fs::remove_file(&address));
    command
        .env("DATA_DIR", data(home))
        .env("API_PORT", "0")
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .arg("--address-file")
        .arg(address)
        .current_dir(home)
        .stdin(Stdio::null())
        .stdout(Stdio::from(File::try_clone(&log)?))
        .stderr(Stdio::from(log))
        .kill_on_drop(true);
    Ok(command)
}

async fn ready(home: &Path, child: &mut Child) -> Result<Api> {
    let alive = |child: &mut Child| match child.try_wait()? {
        None => Ok(()),
        Some(status) => {
            let said = fs::read_to_string(log(home)).unwrap_or_default();
            bail!("it ended with {status}:\n{said}")
        }
    };
    until("it is ready", START_LIMIT, async || {
        alive(child)?;
        let Ok(text) = fs::read_to_string(address_file(home)) else { return Ok(None) };
        let Ok(address) = text.trim().parse::<SocketAddr>() else { return Ok(None) };
        let api = Api::at(address)?;
        let answer = api.get("/readyz").await;
        Ok(answer.is_ok_and(|answer| answer.status == 200).then_some(api))
    })
    .await
}

fn data(home: &Path) -> PathBuf {
    home.join("data")
}

fn log(home: &Path) -> PathBuf {
    home.join("log")
}

fn address_file(home: &Path) -> PathBuf {
    home.join("address")
}
