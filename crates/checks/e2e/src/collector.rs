//! A collector of traces: what OTLP over HTTP brings, as spans.

use anyhow::{Context, Result};
use axum::{Router, body::Bytes, extract::State, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value,
};
use prost::Message;
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{net::TcpListener, task::JoinHandle};

/// A span that has ended.
#[derive(Debug, Clone)]
pub struct Span {
    /// The process that it ran in.
    pub service: String,
    /// Its name.
    pub name: String,
    /// The trace, and the place in it, in base 16.
    pub trace: String,
    /// Its own id.
    pub id: String,
    /// Its parent's id; empty for the first of a trace.
    pub parent: String,
    /// When it began and ended, in nanoseconds since the Unix epoch.
    pub time: (u64, u64),
    /// Its attributes that are texts.
    pub texts: BTreeMap<String, String>,
}

type Received = Arc<Mutex<Vec<Span>>>;

/// A listener that keeps the spans it is sent. Dropping it ends it.
#[derive(Debug)]
pub struct Collector {
    address: SocketAddr,
    spans: Received,
    serving: JoinHandle<()>,
}

impl Collector {
    /// Listens at any free port.
    ///
    /// # Errors
    /// There is none.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let (address, spans) = (listener.local_addr()?, Received::default());
        let router = Router::new().route("/v1/traces", post(receive)).with_state(spans.clone());
        let serving = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self { address, spans, serving })
    }

    /// What a process is told to send to.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All spans of the traces that have one for which this holds, earliest first.
    #[must_use]
    pub fn traces_with(&self, holds: impl Fn(&Span) -> bool) -> Vec<Span> {
        let spans = self.spans.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted: Vec<&str> =
            spans.iter().filter(|span| holds(span)).map(|span| span.trace.as_str()).collect();
        let mut found: Vec<Span> =
            spans.iter().filter(|span| wanted.contains(&span.trace.as_str())).cloned().collect();
        found.sort_by_key(|span| span.time);
        found
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn receive(State(spans): State<Received>, body: Bytes) -> Vec<u8> {
    match decoded(&body) {
        Ok(received) => spans.lock().unwrap_or_else(PoisonError::into_inner).extend(received),
        Err(error) => crate::note(format!("a collector was sent what is no trace: {error:#}")),
    }
    Vec::new()
}

fn decoded(body: &[u8]) -> Result<Vec<Span>> {
    let request = ExportTraceServiceRequest::decode(body).context("not of the format")?;
    let mut spans = Vec::new();
    for resource in request.resource_spans {
        let attributes = resource.resource.map(|resource| texts(resource.attributes)).unwrap_or_default();
        let service = attributes.get("service.name").cloned().unwrap_or_default();
        for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            spans.push(Span {
                service: service.clone(),
                name: span.name,
                trace: hex(&span.trace_id),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                time: (span.start_time_unix_nano, span.end_time_unix_nano),
                texts: texts(span.attributes),
            });
        }
    }
    Ok(spans)
}

fn texts(attributes: Vec<opentelemetry_proto::tonic::common::v1::KeyValue>) -> BTreeMap<String, String> {
    let text = |value: opentelemetry_proto::tonic::common::v1::AnyValue| match value.value {
        Some(Value::StringValue(text)) => Some(text),
        _ => None,
    };
    attributes.into_iter().filter_map(|pair| Some((pair.key, pair.value.and_then(text)?))).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
