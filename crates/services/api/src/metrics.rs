//! What the API measures, and the layer that measures requests.

use crate::state::State;
use axum::{
    extract::{MatchedPath, Request, State as Extracted},
    middleware::Next,
    response::Response,
};
use prometheus::{HistogramVec, IntCounterVec, IntGaugeVec, Registry};
use service_kit::{MetricsError, counter, from_zero, gauge, histogram};

/// The API's metrics.
#[derive(Clone)]
pub(crate) struct Metrics {
    requests: IntCounterVec,
    duration: HistogramVec,
    /// Events that requests caused, by topic.
    pub(crate) published: IntCounterVec,
    /// Bytes of uploads that were received.
    pub(crate) uploaded_bytes: IntCounterVec,
    /// Requests for segments that wait for an encode.
    pub(crate) held: IntGaugeVec,
    /// How long they waited.
    pub(crate) holds: HistogramVec,
    /// Live playlists that viewers get here, by how new they are.
    pub(crate) live_playlists: IntGaugeVec,
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> Result<Self, MetricsError> {
        let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
        let labels = ["endpoint", "method", "status"];
        let metrics = Self {
            requests: counter(registry, "api_requests_total", "Requests that were answered.", &labels)?,
            duration: histogram(
                registry,
                "api_request_duration_seconds",
                "Time to the answer's head.",
                &["endpoint"],
                &seconds,
            )?,
            published: counter(
                registry,
                "api_kafka_events_published_total",
                "Events that requests caused.",
                &["topic"],
            )?,
            uploaded_bytes: counter(
                registry,
                "api_uploaded_bytes_total",
                "Bytes of uploads that were received.",
                &[],
            )?,
            held: gauge(
                registry,
                "api_segment_requests_held",
                "Segment requests that wait for an encode.",
                &[],
            )?,
            holds: histogram(
                registry,
                "api_segment_hold_duration_seconds",
                "How long segment requests waited for an encode.",
                &[],
                &seconds,
            )?,
            live_playlists: gauge(
                registry,
                "api_live_playlists",
                "Live playlists that viewers get here: fresh, late (RFC 8216 6.2.1), or silent for a minute.",
                &["state"],
            )?,
        };
        from_zero(&metrics.published, &[["vod-chunks"], ["live-chunks"]]);
        from_zero(&metrics.live_playlists, &[["fresh"], ["late"], ["silent"]]);
        Ok(metrics)
    }
}

/// Counts and times a request under its route, never under its path.
pub(crate) async fn measure(Extracted(state): Extracted<State>, request: Request, next: Next) -> Response {
    let endpoint =
        request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let method = request.method().as_str().to_owned();
    let began = state.clock.monotonic();
    let response = next.run(request).await;
    let took = state.clock.monotonic().since(began);
    state.metrics.duration.with_label_values(&[&endpoint]).observe(took.as_secs_f64());
    let method = if method.len() > 7 { "OTHER" } else { &method };
    state.metrics.requests.with_label_values(&[endpoint.as_str(), method, response.status().as_str()]).inc();
    response
}
