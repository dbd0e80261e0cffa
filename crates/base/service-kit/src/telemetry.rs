//! What a process tells of itself as it runs: logs, readable in a terminal, JSON in containers; and traces, where somebody
//! collects them.

use crate::{log_lines::OneObject, settings::ProcessSettings, trace::TRACE};
use anyhow::Context;
use opentelemetry::{global, trace::TracerProvider};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider},
};
use std::time::Duration;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    fmt::format::JsonFields,
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// How long an end waits for traces to be handed over.
const PATIENCE: Duration = Duration::from_secs(2);

/// Keeps telemetry going; what was not handed over yet is, when this is dropped.
#[must_use]
pub struct Telemetry {
    traces: SdkTracerProvider,
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        // A collector that is away must not hold up the end.
        let _ = self.traces.shutdown_with_timeout(PATIENCE);
    }
}

/// Installs the process's subscriber, under the name of its program. Only the first call in a process has an effect.
///
/// # Errors
/// When the log level is no filter, or the address for traces is none.
pub fn init_tracing(program: &'static str, settings: &ProcessSettings) -> anyhow::Result<Telemetry> {
    let filter = || EnvFilter::try_new(&settings.log_level).context("LOG_LEVEL");
    let traces = tracer_provider(program, settings.otlp_endpoint.as_deref())?;
    let spans = tracing_opentelemetry::layer()
        .with_tracer(traces.tracer(TRACE))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_level(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(is_of_a_trace));
    let registry = tracing_subscriber::registry().with(spans);
    // The second of two executables in one process, as in tests, keeps the first one's subscriber.
    let installed = if settings.log_json {
        registry.with(json().with_filter(filter()?.or(filter_fn(is_of_a_trace)))).try_init()
    } else {
        registry.with(text().with_filter(filter()?.and(filter_fn(|of| !is_of_a_trace(of))))).try_init()
    };
    if installed.is_ok() {
        global::set_tracer_provider(traces.clone());
    }
    Ok(Telemetry { traces })
}

fn is_of_a_trace(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target() == TRACE
}

fn json<S: Subscriber + for<'a> LookupSpan<'a>>() -> impl Layer<S> {
    tracing_subscriber::fmt::layer()
        .fmt_fields(JsonFields::new())
        .event_format(OneObject)
        .with_writer(std::io::stderr)
}

/// The target tells whose line it is where several services share a process.
fn text<S: Subscriber + for<'a> LookupSpan<'a>>() -> impl Layer<S> {
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    tracing_subscriber::fmt::layer().with_ansi(terminal).with_writer(std::io::stderr)
}

/// Without an address traces have ids, for logs and answers, and go nowhere.
fn tracer_provider(program: &'static str, endpoint: Option<&str>) -> anyhow::Result<SdkTracerProvider> {
    let builder =
        SdkTracerProvider::builder().with_resource(Resource::builder().with_service_name(program).build());
    let Some(endpoint) = endpoint else {
        return Ok(builder.with_sampler(Sampler::AlwaysOff).build());
    };
    let address = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(address)
        .build()
        .context("OTEL_EXPORTER_OTLP_ENDPOINT")?;
    Ok(builder.with_batch_exporter(exporter).build())
}
