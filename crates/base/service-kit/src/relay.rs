//! The outbox relay: publishes what documents hold, then takes it out of them.

use crate::{Collection, trace};
use domain::{
    collection::Index,
    document::Document,
    event::{Envelope, Topic},
};
use ports::{Clock, DocumentError, Documents, EventLog, LogError, Query, Record, Stored};
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

    /// Publishes what a document's outbox holds and takes it out. What fails stays for the sweep: an event may go out twice,
    /// never not at all.
    pub(crate) async fn flush<D: Document>(&self, documents: &dyn Documents, stored: &Stored, document: D) {
        if document.outbox().events.is_empty() {
            return;
        }
        if let Err(error) = self.try_flush(documents, stored, document).await {
            tracing::warn!(id = stored.id, %error, "an event could not be published yet: the sweep will");
        }
    }

    async fn try_flush<D: Document>(
        &self,
        documents: &dyn Documents,
        stored: &Stored,
        mut document: D,
    ) -> Result<(), FlushError> {
        let events = document.outbox().events.clone();
        for outgoing in &events {
            let trace = document.outbox().traceparent.clone().or_else(trace::traceparent);
            self.publish_of(trace, outgoing.topic, &outgoing.key, &outgoing.event).await?;
        }
        document.outbox_mut().published(&events);
        let body =
            serde_json::to_value(&document).map_err(|error| DocumentError::Invalid(error.to_string()))?;
        // A conflict means that the document moved on with these events still in it: the sweep takes them out.
        documents.replace(D::KIND, &stored.id, stored.revision, body).await?;
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
enum FlushError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Catalog(#[from] DocumentError),
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
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = clock.sleep(SWEEP_EVERY) => {}
        }
        let due = clock.now() - SWEEP_EVERY;
        let query =
            Query::of(index, Vec::new(), SWEEP_PAGE).at_least("".into()).at_most(due.to_string().into());
        match collection.find(&query).await {
            // A change that changes nothing flushes the outbox, as every change does.
            Ok(found) => {
                for document in found.documents {
                    let id = document.id().to_owned();
                    if let Err(error) = collection.change(&id, Ok::<D, std::convert::Infallible>).await {
                        tracing::warn!(id, %error, "its outbox could not be swept");
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "outboxes could not be swept"),
        }
    }
}
