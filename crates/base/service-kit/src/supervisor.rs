//! Runs services side by side until told to stop or until one of them fails.

use futures::future::BoxFuture;
use std::time::Duration;
use tokio::{
    signal::unix::{SignalKind, signal},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

/// A started service: its name, and what runs until it is told to stop and has drained.
pub struct Service {
    /// The one word that folder, binary, container, consumer group and logs use.
    pub name: &'static str,
    /// Its run.
    pub run: BoxFuture<'static, anyhow::Result<()>>,
}

impl Service {
    /// A started service.
    pub fn new(name: &'static str, run: impl Future<Output = anyhow::Result<()>> + Send + 'static) -> Self {
        Self { name, run: Box::pin(run) }
    }
}

/// Cancels the token at the first SIGTERM or SIGINT; ends the process at once at the second.
///
/// # Errors
/// When signals cannot be listened for.
pub fn stop_on_signal(stop: CancellationToken) -> std::io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        next().await;
        tracing::info!("stopping: finishing what is under way; a second signal ends it at once");
        stop.cancel();
        next().await;
        std::process::exit(130);
    });
    Ok(())
}

/// Runs all services. When one ends, the others are told to stop and have `grace` to drain.
///
/// # Errors
/// The first failure of a service, or that some did not drain in time.
pub async fn supervise(
    services: Vec<Service>,
    stop: CancellationToken,
    grace: Duration,
) -> anyhow::Result<()> {
    let mut running = JoinSet::new();
    for service in services {
        running.spawn(async move { (service.name, service.run.await) });
    }
    let mut outcome = Ok(());
    let mut deadline: Option<std::pin::Pin<Box<tokio::time::Sleep>>> = None;
    while !running.is_empty() {
        tokio::select! {
            () = stop.cancelled(), if deadline.is_none() => deadline = Some(Box::pin(expiry(grace))),
            Some(ended) = running.join_next() => {
                let failure = match ended {
                    Ok((_, Ok(()))) => None,
                    Ok((name, Err(error))) => Some(error.context(format!("{name} failed"))),
                    Err(panic) => Some(anyhow::Error::new(panic).context("a service panicked")),
                };
                stop.cancel();
                outcome = outcome.and(failure.map_or(Ok(()), Err));
            }
            () = async { if let Some(deadline) = &mut deadline { deadline.await } }, if deadline.is_some() => {
                return outcome.and(Err(anyhow::anyhow!("some services did not drain within {grace:?}")));
            }
        }
    }
    outcome
}

#[expect(clippy::disallowed_methods, reason = "the grace of a real process is real time")]
fn expiry(grace: Duration) -> tokio::time::Sleep {
    tokio::time::sleep(grace)
}
