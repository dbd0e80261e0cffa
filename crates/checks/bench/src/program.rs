//! A program of the product under test: started, waited for, stopped.

use crate::{
    child::Process,
    clock::{self, Stopwatch},
    cores,
};
use anyhow::Context;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use url::Url;

/// How often a starting or ending process is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// A start or an end that takes longer, in seconds, has failed.
const PATIENCE_SECONDS: f64 = 30.0;
/// So much of the log is shown when something goes wrong.
const SHOWN_LINES: usize = 20;

/// A running program. Dropping it kills it with everything below it.
pub(crate) struct Program {
    process: Process,
    name: String,
    log: PathBuf,
    address_file: PathBuf,
    began: Stopwatch,
}

/// A program that says that it is ready.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    /// Where it answers.
    pub(crate) address: Url,
    /// From the start of its process until then, in seconds.
    pub(crate) after_s: f64,
}

impl Program {
    /// Starts a program with these settings beside those of the environment, on one core if one is given; its log and its
    /// address go into `folder`.
    pub(crate) fn start(
        binary: &Path,
        folder: &Path,
        settings: &[(String, String)],
        core: Option<u32>,
    ) -> anyhow::Result<Self> {
        let name = binary.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (log, address_file) =
            (folder.join(format!("{name}.log")), folder.join(format!("{name}.address")));
        // The address of an earlier start would be taken for this one's.
        let _ = fs::remove_file(&address_file);
        let written =
            File::options().create(true).append(true).open(&log).context("cannot make a log file")?;
        let began = Stopwatch::start();
        let process = Process::start(
            cores::bound(binary, core)
                .arg("--address-file")
                .arg(&address_file)
                .envs(settings.iter().map(|(name, value)| (name, value)))
                .stdin(Stdio::null())
                .stdout(written.try_clone().context("cannot use a log file")?)
                .stderr(written),
        )?;
        Ok(Self { process, name, log, address_file, began })
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Waits until it says that it is ready.
    pub(crate) async fn ready(&mut self, client: &reqwest::Client) -> anyhow::Result<Ready> {
        loop {
            if let Some(status) = self.process.status()? {
                return Err(
                    self.explain(anyhow::anyhow!("{} ended before it was ready ({status})", self.name))
                );
            }
            if self.began.seconds() > PATIENCE_SECONDS {
                return Err(self.explain(anyhow::anyhow!("not ready after {PATIENCE_SECONDS} s")));
            }
            // The file appears before its contents, and before the port is served.
            if let Some(address) = address(&self.address_file)
                && let Ok(answer) = client.get(address.join("/readyz")?).send().await
                && answer.status().is_success()
            {
                return Ok(Ready { address, after_s: self.began.seconds() });
            }
            clock::pause(LOOK_EVERY).await;
        }
    }

    /// Adds the end of its log to an error.
    pub(crate) fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let end = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n  ");
        error.context(format!("{} failed; the end of its log:\n  {end}\nand the error", self.name))
    }

    /// Stops it and waits for its end.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.process.ask_to_end()?;
        let began = Stopwatch::start();
        while self.process.status()?.is_none() {
            anyhow::ensure!(began.seconds() < PATIENCE_SECONDS, "{} does not end when asked to", self.name);
            clock::pause(LOOK_EVERY).await;
        }
        Ok(())
    }
}

fn address(file: &Path) -> Option<Url> {
    let text = fs::read_to_string(file).ok()?;
    Url::parse(&format!("http://{}/", text.trim())).ok().filter(|url| url.port().is_some())
}
