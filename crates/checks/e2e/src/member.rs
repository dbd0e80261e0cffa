//! One process of the product: started, asked, killed, stopped.

use crate::{api::Api, binary, schedule::until};
use anyhow::{Context, Result, bail};
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
use tokio::{
    process::{Child, Command},
    time::{Instant, timeout},
};

/// How long a start may take before a test gives up.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How long an orderly end may take before a test gives up.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// How much of the log is shown when a test fails.
const SHOWN_BYTES: usize = 6_000;

/// A process with a log and an address of its own.
#[derive(Debug)]
pub(crate) struct Member {
    program: &'static str,
    /// Its own among the processes of its home.
    name: String,
    home: PathBuf,
    settings: Vec<(String, String)>,
    child: Child,
}

impl Member {
    /// Starts a program, under a name of its own in a folder that others may share, with these settings and no others.
    pub(crate) fn start(
        program: &'static str,
        name: &str,
        home: &Path,
        settings: Vec<(String, String)>,
    ) -> Result<Self> {
        let child = command(program, name, home, &settings)?.spawn()?;
        Ok(Self { program, name: name.to_owned(), home: home.to_path_buf(), settings, child })
    }

    /// Starts it again, as it was.
    pub(crate) fn start_again(&mut self) -> Result<()> {
        self.child = command(self.program, &self.name, &self.home, &self.settings)?.spawn()?;
        Ok(())
    }

    /// Starts it on settings that it is expected to refuse; returns how it ended and what it said.
    pub(crate) async fn refused(
        program: &'static str,
        home: &Path,
        settings: &[(String, String)],
    ) -> Result<(ExitStatus, String)> {
        let mut command = command(program, program, home, settings)?;
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let ended = timeout(START_LIMIT, child.wait_with_output()).await.context("it runs on")??;
        Ok((ended.status, String::from_utf8_lossy(&ended.stderr).into_owned()))
    }

    /// Waits until it says that it is ready; gives a client of it.
    pub(crate) async fn ready(&mut self) -> Result<Api> {
        let (what, limit) = (format!("{} is ready", self.name), START_LIMIT);
        until(&what, limit, async || {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended with {status}:\n{}", self.name, self.log().unwrap_or_default());
            }
            let Ok(text) = fs::read_to_string(self.address_file()) else { return Ok(None) };
            let Ok(address) = text.trim().parse::<SocketAddr>() else { return Ok(None) };
            let api = Api::at(address)?;
            let answer = api.get("/readyz").await;
            Ok(answer.is_ok_and(|answer| answer.status == 200).then_some(api))
        })
        .await
    }

    /// The program, and where it answers.
    pub(crate) fn endpoint(&self) -> Result<(&'static str, Api)> {
        let address = fs::read_to_string(self.address_file())?.trim().parse()?;
        Ok((self.program, Api::at(address)?))
    }

    pub(crate) fn runs_one_of(&self, programs: &[&str]) -> bool {
        programs.contains(&self.program)
    }

    pub(crate) fn pid(&self) -> Result<u32> {
        self.child.id().with_context(|| format!("{} has ended", self.name))
    }

    /// Everything that it logged.
    pub(crate) fn log(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&fs::read(log(&self.home, &self.name))?).into_owned())
    }

    /// What it is started with.
    pub(crate) fn settings(&self) -> &[(String, String)] {
        &self.settings
    }

    /// `SIGKILL`.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// `SIGTERM`; how it ended and how long that took.
    pub(crate) async fn stop(&mut self) -> Result<(ExitStatus, Duration)> {
        let began = Instant::now();
        self.signal(Signal::SIGTERM)?;
        let ended = timeout(STOP_LIMIT, self.child.wait()).await;
        let status = ended.with_context(|| format!("{} does not stop", self.name))??;
        Ok((status, began.elapsed()))
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill(Pid::from_raw(i32::try_from(self.pid()?)?), signal)?)
    }

    /// Ends it without asking how, and shows the end of its log.
    #[expect(clippy::print_stderr, reason = "libtest shows it with the failure")]
    pub(crate) fn abandon(&mut self, shown: bool) {
        // Nothing to do where it has ended.
        let _ = self.child.start_kill();
        if shown {
            let log = self.log().unwrap_or_default();
            let from = log.ceil_char_boundary(log.len().saturating_sub(SHOWN_BYTES));
            eprintln!("--- the end of what {} logged:\n{}", self.name, &log[from..]);
        }
    }

    fn address_file(&self) -> PathBuf {
        address_file(&self.home, &self.name)
    }
}

fn command(program: &'static str, name: &str, home: &Path, settings: &[(String, String)]) -> Result<Command> {
    let log = OpenOptions::new().create(true).append(true).open(log(home, name))?;
    let mut command = Command::new(binary::path(program)?);
    for setting in service_kit::settings::ALL {
        command.env_remove(setting.name);
    }
    let address = address_file(home, name);
    // The one of the process before would be taken for this one's.
    drop(fs::remove_file(&address));
    command
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

fn log(home: &Path, name: &str) -> PathBuf {
    home.join(format!("{name}.log"))
}

fn address_file(home: &Path, name: &str) -> PathBuf {
    home.join(format!("{name}.address"))
}
