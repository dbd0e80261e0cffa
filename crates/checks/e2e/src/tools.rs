//! Running ffmpeg and ffprobe as judges.

use anyhow::{Context, Result, ensure};
use std::{
    process::{Output, Stdio},
    time::Duration,
};
use tokio::{process::Command, time::timeout};

/// No single judgement takes longer.
const LONGEST: Duration = Duration::from_secs(180);

/// Runs a program to its end.
///
/// # Errors
/// It cannot be started, fails, or takes longer than three minutes.
pub async fn run(program: &str, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let ended = timeout(LONGEST, command.output()).await;
    let output = ended.with_context(|| format!("{program} {arguments:?}: no end"))?;
    let output = output.with_context(|| format!("{program} cannot be started"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} {arguments:?}: {}\n{said}", output.status);
    Ok(output)
}

/// Decodes every stream of an address or a file to its end, and insists that ffmpeg has nothing to say
/// about it.
///
/// # Errors
/// What ffmpeg says.
pub async fn decode(input: &str) -> Result<()> {
    let arguments = ["-nostdin", "-v", "error", "-xerror", "-i", input, "-map", "0", "-f", "null", "-"];
    let output = run("ffmpeg", &arguments).await?;
    let said = String::from_utf8_lossy(&output.stderr);
    // What ffmpeg says of connections when it is redirected from the API to a store on another host.
    let of_the_stream = |line: &&str| !line.contains("Cannot reuse HTTP connection for different host");
    let said: Vec<&str> = said.lines().filter(of_the_stream).collect();
    ensure!(said.is_empty(), "{input} does not decode silently:\n{}", said.join("\n"));
    Ok(())
}
