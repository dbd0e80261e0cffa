//! Measures the product: its programs from outside, its services as libraries.

mod api;
mod child;
mod clock;
mod command;
mod coordination;
mod cores;
mod ending;
mod fleet;
mod ground;
mod idle;
mod latency;
mod live;
mod load;
mod machine;
mod made;
mod percentiles;
mod place;
mod program;
mod programs;
mod reads;
mod screen;
mod servers;
mod spread;
mod standalone;
mod target;
mod uploads;
mod usage;
mod vod;
mod waiting;
mod workers;

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
        Bench::Coordination(arguments) => coordination::run(&arguments).await,
        Bench::Workers(arguments) => workers::run(&arguments).await,
        Bench::Uploads(arguments) => uploads::run(&arguments).await,
        Bench::Latency(arguments) => latency::run(&arguments).await,
        Bench::Fleet(arguments) => fleet::run(&arguments).await,
        Bench::Live(arguments) => live::run(&arguments).await,
        Bench::Reads(arguments) => reads::run(&arguments).await,
    }
}
