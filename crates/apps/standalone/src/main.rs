//! Every service in one process, on the embedded adapters: nothing to install but ffmpeg.

mod adapters;
mod command;
mod folder;
mod services;
mod settings;

use anyhow::Context;
use clap::Parser;
use command::Command;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(&Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> anyhow::Result<()> {
    let settings = settings::read(&service_kit::settings::ProcessEnvironment)?;
    if command.check_config {
        return Ok(());
    }
    service_kit::init_tracing(&settings.process.log_level, settings.process.log_json).context("LOG_LEVEL")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(services::run(settings, command.address_file.clone()))
}

#[expect(clippy::print_stderr, reason = "the process ends here, and this is its last word")]
fn report(error: &anyhow::Error) {
    eprintln!("standalone: {error:#}");
}
