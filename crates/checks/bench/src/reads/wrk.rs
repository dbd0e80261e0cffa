//! The load generator: wrk, on a core of its own.

use crate::{child::Process, cores, place};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
};
use url::Url;

/// What makes wrk write its figures as JSON.
const REPORT: &str = include_str!("report.lua");

/// wrk, and how it is used.
pub(super) struct Wrk {
    program: PathBuf,
    core: u32,
    connections: u32,
    seconds: u32,
}

/// What was read.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Read {
    /// Answers a second.
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
    /// Answers that were no success, and requests without an answer.
    pub(crate) errors: u64,
}

/// What the script writes.
#[derive(Deserialize)]
struct Written {
    requests: u64,
    duration: f64,
    p50: f64,
    p99: f64,
    max: f64,
    refused: u64,
    failed: u64,
}

impl Wrk {
    /// Looks for wrk.
    pub(super) fn find(core: u32, connections: u32, seconds: u32) -> anyhow::Result<Self> {
        let program = place::program("WRK", "wrk")?;
        Ok(Self { program, core, connections, seconds })
    }

    /// Reads an address over and over.
    pub(super) async fn read(&self, address: &Url, work: &Path) -> anyhow::Result<Read> {
        let folder = place::folder(work, "wrk")?;
        let (script, figures) = (folder.path().join("report.lua"), folder.path().join("figures"));
        std::fs::write(&script, REPORT).context("writing wrk's script")?;
        let written = std::fs::File::create(&figures).context("making a file for wrk's figures")?;
        let mut command = cores::bound(&self.program, Some(self.core));
        command
            .args(["--threads", "1", "--connections", &self.connections.to_string()])
            .args(["--duration", &format!("{}s", self.seconds), "--script"])
            .arg(&script)
            .arg(address.as_str())
            .stdin(Stdio::null())
            .stdout(written);
        let status = Process::start(&mut command)?.ended().await?;
        let said = std::fs::read_to_string(&figures).context("reading wrk's figures")?;
        anyhow::ensure!(status.success(), "wrk failed ({status}): {said}");
        parse(&said).with_context(|| format!("wrk wrote no figures: {said}"))
    }
}

/// wrk itself writes lines around those of the script.
fn parse(said: &str) -> Option<Read> {
    let line = said.lines().find(|line| line.starts_with('{'))?;
    let written: Written = serde_json::from_str(line).ok()?;
    Some(Read {
        per_second: written.requests as f64 / (written.duration / 1e6),
        p50_ms: written.p50 / 1e3,
        p99_ms: written.p99 / 1e3,
        max_ms: written.max / 1e3,
        errors: written.refused + written.failed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_among_what_wrk_says() {
        let said = "Running 1s test @ http://h/\n  100 requests in 2.00s\n\
                    {\"requests\":100,\"duration\":2000000,\"p50\":1500,\"p99\":2500,\"max\":3000,\"refused\":2,\"failed\":1}\n";
        let read = parse(said).unwrap();
        assert_eq!((read.per_second, read.p50_ms, read.p99_ms, read.errors), (50.0, 1.5, 2.5, 3));
        assert!(parse("unable to connect to h:80 Connection refused\n").is_none());
    }
}
