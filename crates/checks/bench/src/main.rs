//! Measures the product from outside: beside bare ffmpeg, and doing nothing.

mod child;
mod clock;
mod command;
mod ending;
mod idle;
mod machine;
mod place;
mod screen;
mod spread;
mod standalone;
mod target;
mod usage;
mod vod;

use clap::Parser;
use command::{Bench, Command};
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    match until_interrupted(Command::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            screen::note(&format!("bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Dropping a bench that runs kills its processes and removes its folders.
async fn until_interrupted(command: Command) -> anyhow::Result<bool> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        done = run(command) => done,
        _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
        _ = terminate.recv() => anyhow::bail!("terminated"),
    }
}

/// Whether the exit code is to be that of a success.
async fn run(command: Command) -> anyhow::Result<bool> {
    match command.bench {
        Bench::Vod(arguments) => vod::run(&arguments).await,
        Bench::Idle(arguments) => idle::run(&arguments).await,
    }
}
