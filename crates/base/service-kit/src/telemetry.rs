//! What a process tells of itself as it runs: logs, readable in a terminal, JSON in containers; and traces, where somebody
//! collects them.

use crate::{
    collecting::Outspoken,
    log_lines::{OneLine, OneObject},
    settings::ProcessSettings,
    trace::TRACE,
};
use anyhow::Context;
use opentelemetry::{global, trace::TracerProvider};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider},
};
use std::time::Duration;
use tracing_subscriber::{
    EnvFilter, Layer, filter::Directive, fmt::format::JsonFields, layer::SubscriberExt,
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
    let traces = tracer_provider(program, settings.otlp_endpoint.as_deref())?;
    let spans = tracing_opentelemetry::layer()
        .with_tracer(traces.tracer(TRACE))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_level(false)
        .with_tracked_inactivity(false);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if settings.log_json {
        lines.fmt_fields(JsonFields::new()).event_format(OneObject).boxed()
    } else {
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
        lines.with_ansi(terminal).event_format(OneLine).boxed()
    };
    // One filter for all: with one for each layer, a library that only asks whether something is enabled spoils the next span.
    // The second of two executables in one process, as in tests, keeps the first one's subscriber.
    let filter = filter(&settings.log_level, settings.otlp_endpoint.is_some())?;
    let installed = tracing_subscriber::registry().with(filter).with(spans).with(lines).try_init();
    if installed.is_ok() {
        global::set_tracer_provider(traces.clone());
    }
    Ok(Telemetry { traces })
}

/// What is logged, and the spans of traces: all of them where somebody collects them, else those that name what is logged in them.
fn filter(level: &str, collected: bool) -> anyhow::Result<EnvFilter> {
    let of_traces: Directive = format!("{TRACE}={}", if collected { "debug" } else { "info" }).parse()?;
    Ok(EnvFilter::try_new(level).context("LOG_LEVEL")?.add_directive(of_traces))
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
    Ok(builder.with_batch_exporter(Outspoken::of(exporter)).build())
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::trace::{Span, Tracer};
    use std::{io::Read, net::TcpListener, thread};

    /// The first byte of a TLS record that begins a handshake (RFC 8446 5.1).
    const HANDSHAKE: u8 = 22;

    #[test]
    fn steps_are_spans_only_where_traces_are_collected() {
        let made = |collected| {
            let subscriber = tracing_subscriber::registry().with(filter("warn", collected).unwrap());
            tracing::subscriber::with_default(subscriber, || {
                let step = tracing::debug_span!(target: TRACE, "step");
                let whole = tracing::info_span!(target: TRACE, "whole");
                (whole.is_disabled(), step.is_disabled())
            })
        };
        assert_eq!(made(false), (false, true));
        assert_eq!(made(true), (false, false));
    }

    #[test]
    fn an_https_address_is_spoken_to_in_tls() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let endpoint = format!("https://{}", listener.local_addr().unwrap());
        let asked = thread::spawn(move || {
            let mut first = [0];
            listener.accept().unwrap().0.read_exact(&mut first).unwrap();
            first[0]
        });
        let provider = tracer_provider("test", Some(&endpoint)).unwrap();
        provider.tracer("test").start("span").end();
        let _ = provider.shutdown_with_timeout(PATIENCE);
        assert_eq!(asked.join().unwrap(), HANDSHAKE);
    }
}
