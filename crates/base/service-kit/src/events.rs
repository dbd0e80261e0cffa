//! Events of a topic: decoded, handled, and parked when that is impossible.

use crate::{MetricsError, Receiver, Unavailable, counter, histogram, park, trace, until_available};
use async_trait::async_trait;
use domain::event::{self, Envelope};
use ports::{Clock, EventLog, Received};
use prometheus::{HistogramVec, IntCounterVec, Registry};
use std::sync::Arc;
use tracing::Instrument;

/// Carries out what an event asks for. The same event may come twice, and side by side with others.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Why an event could not be handled.
    type Error: Unavailable + Send;

    /// Handles an event; its effect is durable when this returns. An error that says a dependency is away lets the event
    /// come again until it is back; any other parks it.
    async fn handle(&self, event: Envelope) -> Result<(), Self::Error>;
}

/// What is measured of the events that a service handles.
#[derive(Clone)]
pub struct EventMetrics {
    handled: IntCounterVec,
    delay: HistogramVec,
    took: HistogramVec,
}

impl EventMetrics {
    /// In this registry.
    ///
    /// # Errors
    /// When it has these already.
    pub fn new(registry: &Registry) -> Result<Self, MetricsError> {
        let seconds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0];
        let topic = &["topic"];
        Ok(Self {
            handled: counter(
                registry,
                "events_handled_total",
                "Events that a service has dealt with, by whether they were handled or parked.",
                &["topic", "outcome"],
            )?,
            delay: histogram(
                registry,
                "event_delay_seconds",
                "From what an event tells of until it is being handled: how far a service lags behind.",
                topic,
                &seconds,
            )?,
            took: histogram(
                registry,
                "event_handling_duration_seconds",
                "How long it took to deal with an event, waiting for what was away included.",
                topic,
                &seconds,
            )?,
        })
    }
}

/// Receives records as events, for a handler.
pub struct Events<H> {
    /// Carries them out.
    pub handler: Arc<H>,
    /// Takes what is parked.
    pub log: Arc<dyn EventLog>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// What is measured.
    pub metrics: EventMetrics,
}

#[async_trait]
impl<H: Handler> Receiver for Events<H> {
    async fn receive(&self, received: &Received) {
        let topic = received.position.partition.topic.name();
        let began = self.clock.monotonic();
        let handled = self.handle(received).await;
        let outcome = if handled.is_ok() { "handled" } else { "parked" };
        if let Err(reason) = handled {
            park(&*self.log, &*self.clock, received, &reason).await;
        }
        let took = self.clock.monotonic().since(began);
        self.metrics.took.with_label_values(&[topic]).observe(took.as_secs_f64());
        self.metrics.handled.with_label_values(&[topic, outcome]).inc();
    }
}

impl<H: Handler> Events<H> {
    async fn handle(&self, received: &Received) -> Result<(), String> {
        let payload = received.record.payload.as_deref().ok_or("the event has no payload")?;
        let event = event::decode(payload).map_err(|error| error.to_string())?;
        let topic = received.position.partition.topic.name();
        let (now, trace) = (self.clock.now(), trace::carried_by(&received.record));
        let waited = now.seconds_since(event.timestamp);
        self.metrics.delay.with_label_values(&[topic]).observe(waited);
        trace::waited("wait in the event log", trace, event.timestamp, now);
        let span = tracing::info_span!(target: trace::TRACE, "handle an event", topic, trace_id = tracing::field::Empty);
        let handling = || self.handler.handle(event.clone());
        until_available(&*self.clock, "handling an event", handling)
            .instrument(trace::continuing(span, trace))
            .await
            .map_err(|error| error.to_string())
    }
}
