//! The process: from its command line to its exit code.

use crate::{
    Role,
    command::{self, Action},
    healthcheck,
    settings::{self, FleetSettings},
    world,
};
use service_kit::{SystemClock, stop_on_signal, supervise};
use std::{path::Path, process::ExitCode, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// What services need, after their own grace, to put down what they hold.
const DRAIN: Duration = Duration::from_secs(10);

/// Runs the service until it is told to stop; the exit code says how that ended.
#[must_use]
pub fn run<R: Role>() -> ExitCode {
    match try_run::<R>() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(R::NAME, &error);
            ExitCode::FAILURE
        }
    }
}

fn try_run<R: Role>() -> anyhow::Result<()> {
    let arguments = command::parse(R::NAME, R::ABOUT);
    let settings = settings::read::<R>(&service_kit::settings::ProcessEnvironment)?;
    if arguments.check_config {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match arguments.action {
        Some(Action::Healthcheck) => runtime.block_on(healthcheck::ask(settings.address, settings.port)),
        None => {
            let _telemetry = service_kit::init_tracing(R::NAME, &settings.process)?;
            runtime.block_on(serve::<R>(settings, arguments.address_file.as_deref()))
        }
    }
}

async fn serve<R: Role>(
    settings: FleetSettings<R::Config>,
    address_file: Option<&Path>,
) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    stop_on_signal(stop.clone())?;
    let clock = Arc::new(SystemClock::new());
    let opening = world::open(&settings, clock);
    let world = tokio::select! {
        world = opening => world?,
        () = stop.cancelled() => return Ok(()),
    };
    let grace = settings.process.stop_grace + DRAIN;
    let readiness = world.readiness(&stop)?;
    let mut services = R::start(settings.role, world, address_file, &stop).await?;
    services.push(readiness);
    tracing::info!(service = R::NAME, "running");
    supervise(services, stop, grace).await
}

#[expect(clippy::print_stderr, reason = "the process ends here, and this is its last word")]
fn report(name: &str, error: &anyhow::Error) {
    eprintln!("{name}: {error:#}");
}
