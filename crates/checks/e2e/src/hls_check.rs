//! The project's own checker of playlists, run as anybody runs it.

use crate::binary;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::{
    process::{Output, Stdio},
    time::Duration,
};
use tokio::{process::Command, task::JoinHandle};

/// What a check found.
#[derive(Debug, Deserialize)]
pub struct HlsReport {
    playlists: Vec<Judged>,
    findings: Vec<Finding>,
}

#[derive(Debug, Deserialize)]
struct Judged {
    kind: String,
    followed: Option<Followed>,
}

#[derive(Debug, Deserialize)]
struct Followed {
    reads: u64,
    segments: u64,
    longest_wait_seconds: f64,
}

#[derive(Debug, Deserialize)]
struct Finding {
    rule: String,
    playlist: String,
    snapshot: Option<String>,
    measured: String,
    allowed: String,
}

/// A check that goes on beside the test.
#[derive(Debug)]
pub struct Following(JoinHandle<Result<HlsReport>>);

impl HlsReport {
    /// Checks what is there now.
    ///
    /// # Errors
    /// The check cannot be made.
    pub async fn of(targets: &[String]) -> Result<Self> {
        report(&command(targets)?.output().await?)
    }

    /// Checks what is there now, and looks into all of its segments.
    ///
    /// # Errors
    /// The check cannot be made.
    pub async fn of_media(target: &str) -> Result<Self> {
        let mut command = command(&[target.to_owned()])?;
        report(&command.args(["--media", "--segments", "1000"]).output().await?)
    }

    /// Follows live playlists for so long; without a time, until all have ended.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn follow(targets: &[String], time: Option<Duration>) -> Result<Following> {
        let mut command = command(targets)?;
        command.arg(time.map_or("--live".to_owned(), |time| format!("--live={}s", time.as_secs())));
        let child = command.spawn()?;
        Ok(Following(tokio::spawn(async move { report(&child.wait_with_output().await?) })))
    }

    /// Every broken rule but that new segments come in time, for people.
    #[must_use]
    pub fn broken(&self) -> Vec<String> {
        self.show(|finding| finding.rule != "update-late")
    }

    /// Where new segments did not come in time, for people.
    #[must_use]
    pub fn late(&self) -> Vec<String> {
        self.show(|finding| finding.rule == "update-late")
    }

    fn show(&self, shown: impl Fn(&Finding) -> bool) -> Vec<String> {
        let line = |finding: &Finding| {
            let Finding { rule, playlist, snapshot, measured, allowed } = finding;
            let at = snapshot.as_deref().unwrap_or_default();
            format!("{rule}: {measured}, allowed {allowed} ({playlist} {at})")
        };
        self.findings.iter().filter(|finding| shown(finding)).map(line).collect()
    }

    /// How many followed playlists have ended.
    #[must_use]
    pub fn ended(&self) -> usize {
        self.followed().filter(|(judged, _)| judged.kind == "ended").count()
    }

    /// How often playlists were read, and how many segments they listed.
    #[must_use]
    pub fn extent(&self) -> (u64, u64) {
        self.followed().fold((0, 0), |(reads, segments), (_, followed)| {
            (reads + followed.reads, segments + followed.segments)
        })
    }

    /// The longest time for which a playlist had nothing new.
    #[must_use]
    pub fn longest_wait(&self) -> Duration {
        let waits = self.followed().map(|(_, followed)| followed.longest_wait_seconds);
        Duration::from_secs_f64(waits.fold(0.0, f64::max))
    }

    fn followed(&self) -> impl Iterator<Item = (&Judged, &Followed)> {
        self.playlists.iter().filter_map(|judged| Some((judged, judged.followed.as_ref()?)))
    }
}

impl Following {
    /// Waits until the check is over.
    ///
    /// # Errors
    /// It could not be made.
    pub async fn report(self) -> Result<HlsReport> {
        self.0.await?
    }
}

fn command(targets: &[String]) -> Result<Command> {
    let mut command = Command::new(binary::path("hls-check")?);
    command.arg("--json").args(targets).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true);
    Ok(command)
}

fn report(output: &Output) -> Result<HlsReport> {
    let said = String::from_utf8_lossy(&output.stderr);
    // 1 says that a rule is broken.
    ensure!(matches!(output.status.code(), Some(0 | 1)), "hls-check: {}\n{said}", output.status);
    serde_json::from_slice(&output.stdout).with_context(|| format!("hls-check said: {said}"))
}
