//! What a worker measures.

use prometheus::{HistogramVec, IntCounterVec, IntGaugeVec, Registry};
use service_kit::{MetricsError, counter, from_zero, gauge, histogram};

/// The kinds of jobs.
const KINDS: [&str; 3] = ["chunk", "span", "test_source"];
/// How attempts end.
const OUTCOMES: [&str; 4] = ["done", "failed", "given_back", "lost"];
/// Why attempts fail.
const CLASSES: [&str; 3] = ["permanent", "transient", "unknown"];

/// The worker's metrics.
#[derive(Clone)]
pub(crate) struct Metrics {
    /// Jobs that ended, by kind and outcome.
    pub(crate) jobs: IntCounterVec,
    /// Encodes that run, by urgency.
    pub(crate) running: IntGaugeVec,
    /// Encodes that may run side by side, beside those that somebody waits for.
    pub(crate) slots: IntGaugeVec,
    /// Wall time of an encode, by kind.
    pub(crate) encode_seconds: HistogramVec,
    /// Media time per wall time of an encode, by kind.
    pub(crate) encode_speed: HistogramVec,
    /// The same for each rendition that came out.
    pub(crate) rendition_speed: HistogramVec,
    /// Bytes of segments that came out, by rendition.
    pub(crate) output_bytes: IntCounterVec,
    /// Bytes of sources that were read by range.
    pub(crate) source_range_bytes: IntCounterVec,
    /// Attempts that failed, by class: what follows is decided by that.
    pub(crate) failures: IntCounterVec,
    /// From a job's planning to its claim.
    pub(crate) queue_wait: HistogramVec,
    /// Leases that this worker lost.
    pub(crate) leases_lost: IntCounterVec,
    /// Jobs whose finished output was found and not made again.
    pub(crate) recovered: IntCounterVec,
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> Result<Self, MetricsError> {
        let seconds = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0];
        let speeds = [0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
        let waits = [0.1, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0];
        let metrics = Self {
            jobs: counter(
                registry,
                "transcode_jobs_total",
                "Attempts at jobs that ended.",
                &["kind", "outcome"],
            )?,
            running: gauge(registry, "transcode_encodes_running", "Encodes that run.", &["urgency"])?,
            slots: gauge(
                registry,
                "transcode_slots",
                "Encodes that may run side by side, beside those that a viewer waits for.",
                &[],
            )?,
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
            rendition_speed: histogram(
                registry,
                "transcode_rendition_speed_ratio",
                "Media time per wall time, for each rendition; those of one chunk are encoded together.",
                &["rendition"],
                &speeds,
            )?,
            output_bytes: counter(
                registry,
                "transcode_output_bytes_total",
                "Bytes of segments that came out.",
                &["rendition"],
            )?,
            source_range_bytes: counter(
                registry,
                "transcode_source_range_bytes_total",
                "Bytes of large sources that were read from the object store, by range, as they were encoded.",
                &[],
            )?,
            failures: counter(
                registry,
                "transcode_failures_total",
                "Attempts that failed: transient ones are tried again, unknown ones once, permanent ones never.",
                &["class"],
            )?,
            queue_wait: histogram(
                registry,
                "transcode_queue_wait_seconds",
                "From the planning of a job to its first claim, by urgency.",
                &["urgency"],
                &waits,
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
        };
        for outcome in OUTCOMES {
            from_zero(&metrics.jobs, &KINDS.map(|kind| [kind, outcome]));
        }
        from_zero(&metrics.failures, &CLASSES.map(|class| [class]));
        from_zero(&metrics.running, &[["now"], ["background"]]);
        Ok(metrics)
    }
}
