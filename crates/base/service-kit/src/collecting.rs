//! Handing traces to whoever collects them, and saying so when that fails: once when it begins, once when it is over.

use opentelemetry_sdk::{
    Resource,
    error::{OTelSdkError, OTelSdkResult},
    trace::{SpanData, SpanExporter},
};
use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

/// An exporter whose failures are logged. The exporters of OpenTelemetry say nothing, or something for every batch.
#[derive(Debug)]
pub(crate) struct Outspoken<E> {
    exporter: E,
    /// Spans that were lost since it last went well.
    lost: AtomicUsize,
}

impl<E: SpanExporter> Outspoken<E> {
    pub(crate) fn of(exporter: E) -> Self {
        Self { exporter, lost: AtomicUsize::new(0) }
    }

    /// There is no other batch meanwhile: one is handed over after the other.
    fn note(&self, spans: usize, failure: Option<&OTelSdkError>) {
        match failure {
            Some(error) if self.lost.fetch_add(spans, Relaxed) == 0 => {
                tracing::warn!(%error, "traces are lost: OTEL_EXPORTER_OTLP_ENDPOINT does not take them");
            }
            Some(_) => {}
            None => match self.lost.swap(0, Relaxed) {
                0 => {}
                spans => tracing::info!(spans, "traces are taken again; these spans are lost"),
            },
        }
    }
}

impl<E: SpanExporter> SpanExporter for Outspoken<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let handed_over = self.exporter.export(batch).await;
        self.note(spans, handed_over.as_ref().err());
        handed_over
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.exporter.shutdown()
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log_lines::written::Written;
    use opentelemetry::trace::{Span, Tracer, TracerProvider};
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use std::{collections::VecDeque, sync::Mutex};

    /// Answers as it was told to, batch by batch.
    #[derive(Debug)]
    struct Scripted(Mutex<VecDeque<bool>>);

    impl SpanExporter for Scripted {
        async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
            match self.0.lock().unwrap().pop_front() {
                Some(true) => Ok(()),
                _ => Err(OTelSdkError::InternalFailure("nobody is there".to_owned())),
            }
        }
    }

    #[test]
    fn a_burst_of_failures_is_two_lines() {
        let answers = [true, false, false, false, true, true, false, true];
        let exporter = Outspoken::of(Scripted(Mutex::new(answers.into())));
        let provider = SdkTracerProvider::builder().with_simple_exporter(exporter).build();
        let written = Written::default();
        tracing::subscriber::with_default(written.subscriber(), || {
            for _ in answers {
                provider.tracer("test").start("span").end();
            }
        });
        let text = written.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(lines[0].contains("WARN") && lines[0].contains("nobody is there"), "{text}");
        assert!(lines[1].contains("INFO") && lines[1].ends_with("spans=3"), "{text}");
        assert!(lines[3].ends_with("spans=1"), "{text}");
    }
}
