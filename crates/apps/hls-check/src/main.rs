//! Says which rules of HLS a stream, a folder or a history of playlists breaks.

mod command;
mod fetch;
mod follow;
mod history;
mod judge;
mod measure;
mod media;
mod presentation;
mod probe;
mod report;
mod requests;
mod screen;
mod snapshots;
mod target;
mod watch;

use clap::Parser;
use command::Command;
use report::Report;
use service_kit::SystemClock;
use std::{
    io::{self, ErrorKind, Write},
    process::ExitCode,
    sync::Arc,
};

/// No rule is broken; one is; the check could not be made.
const KEPT: u8 = 0;
const BROKEN: u8 = 1;
const UNCHECKED: u8 = 2;

fn main() -> ExitCode {
    let command = Command::parse();
    ExitCode::from(run(&command).unwrap_or_else(|error| {
        refuse(&error);
        UNCHECKED
    }))
}

fn run(command: &Command) -> anyhow::Result<u8> {
    if command.rules {
        print(&screen::catalogue())?;
        return Ok(KEPT);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut report = runtime.block_on(check(command))?;
    report.leave_out(&command.ignore);
    print(&if command.json { report.to_json()? } else { screen::show(&report) })?;
    Ok(if report.findings.is_empty() { KEPT } else { BROKEN })
}

async fn check(command: &Command) -> anyhow::Result<Report> {
    if command.history {
        return snapshots::check(&command.targets);
    }
    let targets =
        command.targets.iter().map(|text| target::find(text)).collect::<anyhow::Result<Vec<_>>>()?;
    let clock = Arc::new(SystemClock::new());
    let fetcher = fetch::Fetcher::new(command.timeout())?;
    match command.live {
        Some(time) => follow::all(command, &fetcher, clock, targets.concat(), time.0).await,
        None => judge::all(command, &fetcher, targets.concat()).await,
    }
}

/// Whoever closes the pipe early has read enough.
fn print(text: &str) -> io::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

#[expect(clippy::print_stderr, reason = "the process ends here, and this is its last word")]
fn refuse(error: &anyhow::Error) {
    eprintln!("hls-check: {error:#}");
}
