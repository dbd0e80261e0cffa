//! What the live processor measures.

use domain::live::StreamStatus;
use prometheus::{Gauge, Histogram, HistogramVec, IntCounterVec, IntGaugeVec, Registry};
use service_kit::{MetricsError, counter, fraction_of, from_zero, gauge, histogram, histogram_of};

/// Statuses of streams that have not ended.
pub(crate) const OPEN: [StreamStatus; 3] = [StreamStatus::Live, StreamStatus::Stalled, StreamStatus::Ending];

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
    /// Streams that have not ended, by status.
    pub(crate) streams: IntGaugeVec,
    /// How long the oldest event has waited in the outbox of a stream, in seconds.
    pub(crate) outbox: Gauge,
    /// How far the end of a playlist was behind the wall clock when it was committed.
    pub(crate) behind: HistogramVec,
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
        let metrics = Self {
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
            streams: gauge(
                registry,
                "live_streams_open",
                "Live streams that have not ended, by status.",
                &["status"],
            )?,
            outbox: fraction_of(
                registry,
                "outbox_oldest_event_age_seconds",
                "How long the oldest event has waited to be published; 0: none waits.",
                ("collection", "live_streams"),
            )?,
            behind: histogram(
                registry,
                "live_playlist_behind_seconds",
                "From the end of the last listed segment, by its encoder's clock, to the commit of the playlist.",
                none,
                &latency,
            )?,
            ignored: count("live_events_ignored_total", "Live events that change nothing.", &["reason"])?,
            late: count("live_chunks_late_total", "Live segments that are in the recording only.", none)?,
            resends: count("live_resends_total", "Live segments that were asked for again.", none)?,
            fenced: count("live_owners_fenced_total", "Decisions that another owner had overtaken.", none)?,
        };
        from_zero(&metrics.checksum_failures, &[["live"]]);
        from_zero(&metrics.streams, &OPEN.map(|status| [status.name()]));
        from_zero(&metrics.ignored, &[["duplicate"], ["after_end"], ["no_number"]]);
        Ok(metrics)
    }
}
