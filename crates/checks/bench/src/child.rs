//! A child process that does not outlive its owner, nor do its own children.

use crate::{clock, usage};
use anyhow::Context;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    process::{Child, Command, ExitStatus},
    time::Duration,
};

/// How often a running process is looked at: the error of every wall time.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A started process. Dropping it kills it with everything below it, and waits until it is gone.
pub(crate) struct Process {
    child: Child,
    ended: bool,
}

impl Process {
    /// Starts a program in a process group of its own, so that Ctrl-C reaches this program first.
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Self> {
        std::os::unix::process::CommandExt::process_group(command, 0);
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().with_context(|| format!("cannot start {program}"))?;
        Ok(Self { child, ended: false })
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub(crate) fn status(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        let status = self.child.try_wait().context("waiting for a process")?;
        self.ended |= status.is_some();
        Ok(status)
    }

    /// Waits until it ends by itself.
    pub(crate) async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        loop {
            if let Some(status) = self.status()? {
                return Ok(status);
            }
            clock::pause(LOOK_EVERY).await;
        }
    }

    /// Asks it to end.
    pub(crate) fn ask_to_end(&self) -> anyhow::Result<()> {
        kill(pid(self.id()), Signal::SIGTERM).context("ending a process")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        // Looked up first: once the parent is gone, they are nobody's children.
        let below = usage::descendants(self.id());
        let _ = self.child.kill();
        for id in below {
            let _ = kill(pid(id), Signal::SIGKILL);
        }
        let _ = self.child.wait();
    }
}

fn pid(id: u32) -> Pid {
    // The kernel's highest process number is 2^22.
    Pid::from_raw(i32::try_from(id).unwrap_or(i32::MAX))
}
