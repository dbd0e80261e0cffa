//! Every service in one process, on the embedded adapters: nothing to install but ffmpeg.

mod adapters;
mod command;
mod folder;
mod readiness;
mod services;
mod settings;

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
    let _telemetry = service_kit::init_tracing("standalone", &settings.process)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(services::run(settings, command.address_file.clone()))
}

#[expect(clippy::print_stderr, reason = "the process ends here, and this is its last word")]
fn report(error: &anyhow::Error) {
    eprintln!("standalone: {error:#}");
}
