//! What a stored document of this project has: an id, a collection, an outbox, and room for fields of other versions.

use crate::{Timestamp, collection::Kind, event::Outgoing};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A typed document.
pub trait Document: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// Its collection.
    const KIND: Kind;
    /// Its id in the collection.
    fn id(&self) -> &str;
    /// The events that its last changes cause and that are not published yet.
    fn outbox(&self) -> &Outbox;
    /// The same, to take from.
    fn outbox_mut(&mut self) -> &mut Outbox;
}

/// Events that the write which caused them left inside the document, so that a crash between the two cannot happen.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outbox {
    /// What is to be published, oldest first.
    #[serde(default, rename = "outbox", skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Outgoing>,
    /// Since when there is something; absent when there is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outbox_since: Option<Timestamp>,
    /// The trace that these events, and whatever else becomes of the document, belong to (W3C Trace Context), if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

impl Outbox {
    /// Adds an event.
    pub fn push(&mut self, event: Outgoing, now: Timestamp) {
        self.events.push(event);
        self.outbox_since.get_or_insert(now);
    }

    /// Removes the events that were published; others that came meanwhile stay.
    pub fn published(&mut self, published: &[Outgoing]) {
        self.events.retain(|event| !published.iter().any(|gone| gone.event.event_id == event.event.event_id));
        if self.events.is_empty() {
            self.outbox_since = None;
        }
    }
}

/// Fields that this version does not know: kept on every rewrite.
pub type Unknown = serde_json::Map<String, serde_json::Value>;
