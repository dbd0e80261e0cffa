//! What the VOD processor measures.

use prometheus::{Histogram, HistogramVec, IntCounterVec, Registry};
use service_kit::{MetricsError, counter, histogram, histogram_of};

/// The VOD processor's metrics.
#[derive(Clone)]
pub(crate) struct Metrics {
    /// Sources that were planned or refused, by outcome.
    pub(crate) sources: IntCounterVec,
    /// Videos that became ready.
    pub(crate) processed: IntCounterVec,
    /// Renditions of videos that became ready.
    pub(crate) variants: IntCounterVec,
    /// From the upload to a plan.
    pub(crate) latency: Histogram,
    /// From the upload until the beginning can be played without a wait.
    pub(crate) first_play: HistogramVec,
    /// Leases that were taken back from workers that showed no sign of life.
    pub(crate) leases_expired: IntCounterVec,
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> Result<Self, MetricsError> {
        let latency = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 30.0, 60.0];
        let first_play = [0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 34.0, 60.0, 120.0, 300.0];
        let none: &[&str] = &[];
        Ok(Self {
            sources: counter(registry, "vod_sources_total", "Sources that were looked into.", &["outcome"])?,
            processed: counter(registry, "vod_chunks_processed_total", "Videos that became ready.", none)?,
            variants: counter(registry, "vod_variants_generated_total", "Renditions of ready videos.", none)?,
            latency: histogram_of(
                registry,
                "chunk_processing_latency_seconds",
                "From an event to the decision about it: a plan, or a place in a live playlist.",
                ("stream_type", "vod"),
                &latency,
            )?,
            first_play: histogram(
                registry,
                "vod_time_to_first_play_seconds",
                "From an upload until its beginning is encoded.",
                none,
                &first_play,
            )?,
            leases_expired: counter(
                registry,
                "transcode_leases_expired_total",
                "Leases taken back from silent workers.",
                none,
            )?,
        })
    }
}
