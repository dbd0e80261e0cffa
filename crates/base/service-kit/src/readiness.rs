//! Whether what a service depends on answers: asked now and then, and shown as a metric.

use crate::{Check, MetricsError, gauge, repeat};
use futures::future::join_all;
use ports::Clock;
use prometheus::{IntGaugeVec, Registry};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// A dependency that takes longer to answer is not ready.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Looks after the dependencies of a process.
pub struct Readiness {
    checks: Vec<(&'static str, Check)>,
    clock: Arc<dyn Clock>,
    ready: IntGaugeVec,
}

impl Readiness {
    /// With these checks, shown in this registry.
    ///
    /// # Errors
    /// When the registry has them already.
    pub fn new(
        registry: &Registry,
        checks: Vec<(&'static str, Check)>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, MetricsError> {
        let help = "Whether a dependency of this process answers: 1, or 0.";
        Ok(Self { checks, clock, ready: gauge(registry, "dependency_ready", help, &["dependency"])? })
    }

    /// Looks every few seconds until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        repeat(LOOK_EVERY, &*self.clock, &stop, || self.look()).await;
    }

    async fn look(&self) {
        join_all(self.checks.iter().map(async |(dependency, check)| {
            let answers = answers(check, &*self.clock).await;
            self.ready.with_label_values(&[*dependency]).set(i64::from(answers));
        }))
        .await;
    }
}

/// Asks a dependency, which has two seconds.
pub(crate) async fn answers(check: &Check, clock: &dyn Clock) -> bool {
    tokio::select! { answers = check() => answers, () = clock.sleep(PATIENCE) => false }
}
