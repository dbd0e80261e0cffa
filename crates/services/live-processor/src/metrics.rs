//! What the live processor measures.

use prometheus::{Histogram, IntCounterVec, IntGaugeVec, Registry};
use service_kit::{MetricsError, counter, gauge, histogram_of};

/// The live processor's metrics.
#[derive(Clone)]
pub(crate) struct Metrics {
    /// Segments that have a place.
    pub(crate) processed: IntCounterVec,
    /// Places that are gaps for good.
    pub(crate) gaps: IntCounterVec,
    /// Segments whose bytes are not what their event says.
    pub(crate) checksum_failures: IntCounterVec,
    /// From a segment's event to its place.
    pub(crate) latency: Histogram,
    /// Streams that are live.
    pub(crate) active: IntGaugeVec,
    /// Events that change nothing, by why.
    pub(crate) ignored: IntCounterVec,
    /// Segments that came when their place was a gap already.
    pub(crate) late: IntCounterVec,
    /// Segments that encoders were asked for again.
    pub(crate) resends: IntCounterVec,
    /// Commits that failed because another owner had written.
    pub(crate) fenced: IntCounterVec,
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> Result<Self, MetricsError> {
        let latency =
            [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
        let none: &[&str] = &[];
        let count = |name, help, labels| counter(registry, name, help, labels);
        Ok(Self {
            processed: count("live_chunks_processed_total", "Live segments that have a place.", none)?,
            gaps: count("live_chunk_gaps_total", "Places of live segments that are gaps for good.", none)?,
            checksum_failures: count(
                "chunk_checksum_failures_total",
                "Segments whose stored bytes are not what their event says.",
                &["stream_type"],
            )?,
            latency: histogram_of(
                registry,
                "chunk_processing_latency_seconds",
                "From an event to the decision about it: a plan, or a place in a live playlist.",
                ("stream_type", "live"),
                &latency,
            )?,
            active: gauge(registry, "active_live_streams", "Streams that are live.", none)?,
            ignored: count("live_events_ignored_total", "Live events that change nothing.", &["reason"])?,
            late: count("live_chunks_late_total", "Live segments that are in the recording only.", none)?,
            resends: count("live_resends_total", "Live segments that were asked for again.", none)?,
            fenced: count("live_owners_fenced_total", "Decisions that another owner had overtaken.", none)?,
        })
    }
}
