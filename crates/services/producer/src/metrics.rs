//! What the producer measures. The names are those of the original pipeline's producer.

use domain::event::Topic;
use prometheus::{IntCounterVec, IntGaugeVec, Registry};
use service_kit::{MetricsError, counter, from_zero, gauge};

/// The producer's metrics.
#[derive(Clone)]
pub(crate) struct Metrics {
    /// Events that it published or caused.
    pub(crate) messages: IntCounterVec,
    /// Media that it sent.
    pub(crate) bytes: IntCounterVec,
    /// Requests to the API, by the status of their answer.
    pub(crate) api_calls: IntCounterVec,
    /// Streams that it sends.
    pub(crate) active_streams: IntGaugeVec,
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> Result<Self, MetricsError> {
        let metrics = Self {
            messages: counter(
                registry,
                "producer_messages_total",
                "Events that the producer published, or caused by an upload.",
                &["stream_type", "topic"],
            )?,
            bytes: counter(
                registry,
                "producer_bytes_total",
                "Bytes of media that it sent.",
                &["stream_type"],
            )?,
            api_calls: counter(
                registry,
                "producer_api_calls_total",
                "Its requests to the API, by the status of the answer; 0: none.",
                &["endpoint", "status"],
            )?,
            active_streams: gauge(
                registry,
                "producer_active_streams",
                "Streams that it sends at the moment: uploads, and live streams.",
                &["stream_type"],
            )?,
        };
        let types = [["vod"], ["live"]];
        from_zero(&metrics.messages, &[["vod", Topic::VodChunks.name()], ["live", Topic::LiveChunks.name()]]);
        from_zero(&metrics.bytes, &types);
        from_zero(&metrics.active_streams, &types);
        Ok(metrics)
    }
}
