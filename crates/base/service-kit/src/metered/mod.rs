//! The ports, measured: the same catalog, store and log, with their calls timed and those that failed counted.

mod documents;
mod log;
mod objects;

use crate::{MetricsError, Unavailable, counter, histogram};
use ports::{Clock, Documents, EventLog, ObjectStore};
use prometheus::{HistogramVec, IntCounterVec, Registry};
use std::{future::Future, sync::Arc};

/// From what an embedded store answers in, to what nobody waits for.
const SECONDS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// What measures the dependencies of a process: one for all its services.
pub struct Meters {
    catalog: Calls,
    objects: Calls,
    log: Calls,
    records: IntCounterVec,
}

impl Meters {
    /// Meters in this registry.
    ///
    /// # Errors
    /// When the registry has some already.
    pub fn new(registry: &Registry, clock: &Arc<dyn Clock>) -> Result<Self, MetricsError> {
        Ok(Self {
            catalog: Calls::of("catalog", registry, clock)?,
            objects: Calls::of("object_store", registry, clock)?,
            log: Calls::of("event_log", registry, clock)?,
            records: counter(
                registry,
                "event_log_records_total",
                "Records that this process has published to the event log or received from it.",
                &["topic", "direction"],
            )?,
        })
    }

    /// A catalog whose calls are measured.
    #[must_use]
    pub fn documents(&self, documents: Arc<dyn Documents>) -> Arc<dyn Documents> {
        Arc::new(documents::Measured { documents, calls: self.catalog.clone() })
    }

    /// An object store whose calls are measured; of a read, until its first byte may come.
    #[must_use]
    pub fn objects(&self, objects: Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore> {
        Arc::new(objects::Measured { objects, calls: self.objects.clone() })
    }

    /// An event log whose calls are measured and whose records are counted.
    #[must_use]
    pub fn log(&self, log: Arc<dyn EventLog>) -> Arc<dyn EventLog> {
        Arc::new(log::Measured { log, calls: self.log.clone(), records: self.records.clone() })
    }
}

/// The calls of one dependency.
#[derive(Clone)]
struct Calls {
    clock: Arc<dyn Clock>,
    seconds: HistogramVec,
    failures: IntCounterVec,
}

impl Calls {
    fn of(dependency: &str, registry: &Registry, clock: &Arc<dyn Clock>) -> Result<Self, MetricsError> {
        let what = dependency.replace('_', " ");
        Ok(Self {
            clock: clock.clone(),
            seconds: histogram(
                registry,
                &format!("{dependency}_call_duration_seconds"),
                &format!("How long calls of the {what} took, whatever they ended in."),
                &["operation"],
                &SECONDS,
            )?,
            failures: counter(
                registry,
                &format!("{dependency}_call_failures_total"),
                &format!("Calls that failed because the {what} was away, overloaded or full."),
                &["operation"],
            )?,
        })
    }

    /// Makes a call. A refusal, such as that there is no such object, is an answer like any other.
    async fn measured<T, E: Unavailable>(
        &self,
        operation: &str,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let began = self.clock.monotonic();
        let ended = call.await;
        let took = self.clock.monotonic().since(began);
        self.seconds.with_label_values(&[operation]).observe(took.as_secs_f64());
        let failures = self.failures.with_label_values(&[operation]);
        if ended.as_ref().is_err_and(Unavailable::is_unavailable) {
            failures.inc();
        }
        ended
    }
}
