//! Traces (W3C Trace Context): one for each upload and for each live segment, from its first request to its playlist. It travels
//! in the headers of records, and in documents where the way leads through the catalog.

use domain::Timestamp;
use opentelemetry::{
    Context, global,
    propagation::TextMapPropagator,
    trace::{Span as _, SpanContext, TraceContextExt, Tracer},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use ports::Record;
use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The target of spans that are part of traces: all others are for logs only. Those of level `debug` are for nothing else, and are made
/// only where traces are collected: each costs every segment some microseconds.
pub const TRACE: &str = "reelfleet::trace";
/// The header that carries a trace on.
pub const TRACEPARENT: &str = "traceparent";

/// The current span, as others go on from it; none outside a trace.
#[must_use]
pub fn traceparent() -> Option<String> {
    let context = Span::current().context();
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&context, &mut carrier);
    carrier.remove(TRACEPARENT)
}

/// The id of the current trace, as logs and answers name it; none outside a trace.
#[must_use]
pub fn trace_id() -> Option<String> {
    let context = of(&Span::current());
    context.is_valid().then(|| context.trace_id().to_string())
}

/// Lets a span go on with a trace, or begin one where none is given. The span tells its id in the field `trace_id`, which it
/// declares as `tracing::field::Empty`.
#[must_use]
pub fn continuing(span: Span, traceparent: Option<&str>) -> Span {
    if span.is_disabled() {
        return span;
    }
    if let Some(parent) = traceparent {
        // Without a tracer there is nothing to go on with.
        let _ = span.set_parent(context_of(parent));
    }
    let context = of(&span);
    if context.is_valid() {
        span.record("trace_id", tracing::field::display(context.trace_id()));
    }
    span
}

/// The trace that a record carries on, if any.
#[must_use]
pub fn carried_by(record: &Record) -> Option<&str> {
    record.headers.iter().find(|(name, _)| name == TRACEPARENT).map(|(_, value)| value.as_str())
}

/// Notes a wait that is over: nothing ran in it, so nothing else tells of it. Outside a trace nothing is noted.
pub fn waited(name: &'static str, traceparent: Option<&str>, since: Timestamp, until: Timestamp) {
    let Some(parent) = traceparent else { return };
    let tracer = global::tracer(TRACE);
    let span = tracer.span_builder(name).with_start_time(system_time(since));
    span.start_with_context(&tracer, &context_of(parent)).end_with_timestamp(system_time(until));
}

fn of(span: &Span) -> SpanContext {
    span.context().span().span_context().clone()
}

fn context_of(traceparent: &str) -> Context {
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier)
}

fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(at.as_millis()).unwrap_or(0))
}
