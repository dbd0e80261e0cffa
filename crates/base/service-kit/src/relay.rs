//! The outbox relay: publishes what documents hold, then takes it out of them.

use crate::{Collection, Unavailable, repeat, trace};
use domain::{
    collection::Index,
    document::{Document, Outbox},
    event::{Envelope, Topic},
};
use ports::{Clock, DocumentError, Documents, EventLog, LogError, Query, Record, Revision};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Publishes events.
#[derive(Clone)]
pub struct Relay {
    log: Arc<dyn EventLog>,
}

impl Relay {
    /// A relay to this log.
    #[must_use]
    pub fn new(log: Arc<dyn EventLog>) -> Self {
        Self { log }
    }

    /// Publishes one event, which carries the current trace on.
    ///
    /// # Errors
    /// When the log fails.
    pub async fn publish(&self, topic: Topic, key: &str, event: &Envelope) -> Result<(), LogError> {
        self.publish_of(trace::traceparent(), topic, key, event).await
    }

    async fn publish_of(
        &self,
        traceparent: Option<String>,
        topic: Topic,
        key: &str,
        event: &Envelope,
    ) -> Result<(), LogError> {
        let trace = traceparent.into_iter().map(|value| (trace::TRACEPARENT.to_owned(), value));
        let payload = serde_json::to_vec(event).map_err(|error| LogError::Unavailable(error.to_string()))?;
        self.log
            .publish(topic, Record { key: key.to_owned(), payload: Some(payload), headers: trace.collect() })
            .await
    }

    /// Publishes what a document's outbox holds and leaves it there.
    pub(crate) async fn announce<D: Document>(&self, document: &D) {
        if let Err(error) = self.publish_all(document.outbox()).await {
            tracing::warn!(id = document.id(), %error, "an event could not be published yet: the sweep will");
        }
    }

    /// Publishes what a document's outbox holds and takes it out of the document, as it was written at `at`. What fails stays
    /// for the sweep: an event may go out twice, never not at all.
    pub(crate) async fn flush<D: Document>(&self, documents: &dyn Documents, at: Revision, document: D) {
        if document.outbox().events.is_empty() {
            return;
        }
        let id = document.id().to_owned();
        if let Err(error) = self.try_flush(documents, at, document).await {
            tracing::warn!(id, %error, "an event could not be published yet: the sweep will");
        }
    }

    /// As [`Relay::flush`], for those who deal with what fails.
    pub(crate) async fn try_flush<D: Document>(
        &self,
        documents: &dyn Documents,
        at: Revision,
        mut document: D,
    ) -> Result<(), FlushError> {
        self.publish_all(document.outbox()).await?;
        document.outbox_mut().take_out(|_| true);
        let body =
            serde_json::to_value(&document).map_err(|error| DocumentError::Invalid(error.to_string()))?;
        // A conflict means that the document moved on with these events still in it: the sweep takes them out.
        documents.replace(D::KIND, document.id(), at, body).await?;
        Ok(())
    }

    async fn publish_all(&self, outbox: &Outbox) -> Result<(), LogError> {
        for outgoing in &outbox.events {
            let trace = outbox.traceparent.clone().or_else(trace::traceparent);
            self.publish_of(trace, outgoing.topic, &outgoing.key, &outgoing.event).await?;
        }
        Ok(())
    }
}

/// Why what an outbox holds was not published, or is not known to be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FlushError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Catalog(#[from] DocumentError),
}

impl Unavailable for FlushError {
    fn is_unavailable(&self) -> bool {
        match self {
            Self::Log(error) => error.is_unavailable(),
            Self::Catalog(error) => error.is_unavailable(),
        }
    }
}

const SWEEP_EVERY: Duration = Duration::from_secs(5);
const SWEEP_PAGE: u32 = 100;

/// Publishes what a crash or an outage left in the outboxes of a collection, every few seconds until told to stop;
/// `index` is the collection's by outbox.
pub async fn sweep<D: Document>(
    collection: Collection<D>,
    index: Index,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) {
    repeat(SWEEP_EVERY, &*clock, &stop, || async {
        let due = clock.now() - SWEEP_EVERY;
        let query =
            Query::of(index, Vec::new(), SWEEP_PAGE).at_least("".into()).at_most(due.to_string().into());
        if let Err(error) = collection.flush_all(query).await {
            tracing::warn!(%error, "outboxes could not be swept");
        }
    })
    .await;
}
