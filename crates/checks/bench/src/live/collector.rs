//! Who collects traces: counts the spans that come, and keeps none.

use anyhow::Context;
use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};
use tokio::{net::TcpListener, task::JoinSet};

/// A listener for OTLP over HTTP. Dropping it ends it.
pub(super) struct Collector {
    /// What programs are told to send to.
    pub(super) endpoint: String,
    spans: Arc<AtomicUsize>,
    _serving: JoinSet<()>,
}

impl Collector {
    /// Listens at any free port.
    pub(super) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("a port for a collector")?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let spans = Arc::new(AtomicUsize::new(0));
        let router = Router::new().route("/v1/traces", post(count)).with_state(spans.clone());
        let mut serving = JoinSet::new();
        serving.spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self { endpoint, spans, _serving: serving })
    }

    /// How many spans have come.
    pub(super) fn spans(&self) -> usize {
        self.spans.load(Relaxed)
    }
}

async fn count(State(spans): State<Arc<AtomicUsize>>, body: Bytes) -> StatusCode {
    let Ok(request) = ExportTraceServiceRequest::decode(body) else { return StatusCode::BAD_REQUEST };
    let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
    spans.fetch_add(scopes.map(|scope| scope.spans.len()).sum(), Relaxed);
    StatusCode::OK
}
