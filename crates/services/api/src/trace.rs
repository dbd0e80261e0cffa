//! The layer that begins a trace for each request, or goes on with the client's.

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use service_kit::trace;
use tracing::{Instrument, field::Empty};

/// Viewers and those who ask for health: many, and short.
const UNTRACED: [&str; 5] = ["/play/", "/objects/", "/metrics", "/health", "/readyz"];

/// Runs a request inside a span under its route's name.
pub(crate) async fn request(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if UNTRACED.iter().any(|untraced| path.starts_with(untraced)) {
        return next.run(request).await;
    }
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str);
    let name = format!("{} {route}", request.method());
    let span = tracing::info_span!(
        target: trace::TRACE,
        "request",
        otel.name = name,
        otel.kind = "server",
        http.response.status_code = Empty,
        trace_id = Empty,
    );
    let parent = request.headers().get(trace::TRACEPARENT).and_then(|value| value.to_str().ok());
    let span = trace::continuing(span, parent);
    let response = next.run(request).instrument(span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    response
}
