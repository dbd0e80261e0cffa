//! Events of a topic: decoded, handled, and parked when that is impossible.

use crate::{Receiver, Unavailable, park, until_available};
use async_trait::async_trait;
use domain::event::{self, Envelope};
use ports::{Clock, EventLog, Received};
use std::sync::Arc;

/// Carries out what an event asks for. The same event may come twice, and side by side with others.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Why an event could not be handled.
    type Error: Unavailable + Send;

    /// Handles an event; its effect is durable when this returns. An error that says a dependency is away lets the event
    /// come again until it is back; any other parks it.
    async fn handle(&self, event: Envelope) -> Result<(), Self::Error>;
}

/// Receives records as events, for a handler.
pub struct Events<H> {
    /// Carries them out.
    pub handler: Arc<H>,
    /// Takes what is parked.
    pub log: Arc<dyn EventLog>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl<H: Handler> Receiver for Events<H> {
    async fn receive(&self, received: &Received) {
        if let Err(reason) = self.handle(received).await {
            park(&*self.log, &*self.clock, received, &reason).await;
        }
    }
}

impl<H: Handler> Events<H> {
    async fn handle(&self, received: &Received) -> Result<(), String> {
        let payload = received.record.payload.as_deref().ok_or("the event has no payload")?;
        let event = event::decode(payload).map_err(|error| error.to_string())?;
        let handling = || self.handler.handle(event.clone());
        until_available(&*self.clock, "handling an event", handling).await.map_err(|error| error.to_string())
    }
}
