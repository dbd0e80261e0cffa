//! What a worker measures.

use prometheus::{HistogramVec, IntCounterVec, IntGaugeVec, Registry};
use service_kit::{MetricsError, counter, gauge, histogram};

/// The worker's metrics.
#[derive(Clone)]
pub(crate) struct Metrics {
    /// Jobs that ended, by kind and outcome.
    pub(crate) jobs: IntCounterVec,
    /// Encodes that run, by urgency.
    pub(crate) running: IntGaugeVec,
    /// Wall time of an encode, by kind.
    pub(crate) encode_seconds: HistogramVec,
    /// Media time per wall time of an encode, by kind.
    pub(crate) encode_speed: HistogramVec,
    /// Leases that this worker lost.
    pub(crate) leases_lost: IntCounterVec,
    /// Jobs whose finished output was found and not made again.
    pub(crate) recovered: IntCounterVec,
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> Result<Self, MetricsError> {
        let seconds = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0];
        let speeds = [0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
        Ok(Self {
            jobs: counter(
                registry,
                "transcode_jobs_total",
                "Attempts at jobs that ended.",
                &["kind", "outcome"],
            )?,
            running: gauge(registry, "transcode_encodes_running", "Encodes that run.", &["urgency"])?,
            encode_seconds: histogram(
                registry,
                "transcode_encode_duration_seconds",
                "Wall time of an encode.",
                &["kind"],
                &seconds,
            )?,
            encode_speed: histogram(
                registry,
                "transcode_encode_speed_ratio",
                "Media time per wall time of an encode.",
                &["kind"],
                &speeds,
            )?,
            leases_lost: counter(
                registry,
                "transcode_leases_lost_total",
                "Leases that this worker lost.",
                &[],
            )?,
            recovered: counter(
                registry,
                "transcode_jobs_recovered_total",
                "Jobs whose finished output was found.",
                &[],
            )?,
        })
    }
}
