//! What a stored document of this project has: an id, a collection, an outbox, and room for fields of other versions.

use crate::{
    Timestamp,
    collection::Kind,
    event::{Event, Outgoing},
};
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

    /// Removes the events that whoever they are for has received.
    pub fn take_out(&mut self, received: impl Fn(&Event) -> bool) {
        self.events.retain(|outgoing| !received(&outgoing.event.event));
        if self.events.is_empty() {
            self.outbox_since = None;
        }
    }
}

/// Fields that this version does not know: kept on every rewrite.
pub type Unknown = serde_json::Map<String, serde_json::Value>;
