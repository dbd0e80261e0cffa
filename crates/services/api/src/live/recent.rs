//! Streams' documents as they were within the last second: however many ask, one of them reads.

use domain::{StreamId, live::Stream};
use ports::{Clock, DocumentError, Monotonic};
use service_kit::Collection;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// For how long a document is as good as new.
const FRESH: Duration = Duration::from_secs(1);

/// With more documents than this, all are forgotten: those that are asked for come back at once.
const MOST: usize = 4096;

/// Documents that were read a moment ago.
#[derive(Default)]
pub(crate) struct Recent(Mutex<HashMap<StreamId, Arc<Slot>>>);

/// Held while it is read, so that the others wait for that.
type Slot = tokio::sync::Mutex<Option<(Monotonic, Arc<Stream>)>>;

impl Recent {
    /// A stream's document, at most a second old.
    pub(super) async fn get(
        &self,
        streams: &Collection<Stream>,
        clock: &dyn Clock,
        id: &StreamId,
    ) -> Result<Option<Arc<Stream>>, DocumentError> {
        let slot = self.slot(id);
        let mut read = slot.lock().await;
        if let Some((_, stream)) = read.as_ref().filter(|(at, _)| clock.monotonic().since(*at) < FRESH) {
            return Ok(Some(stream.clone()));
        }
        let stream = streams.get(id.as_str()).await?.map(Arc::new);
        match &stream {
            Some(stream) => *read = Some((clock.monotonic(), stream.clone())),
            None => self.forget(id),
        }
        Ok(stream)
    }

    /// Lets the next one who asks read.
    pub(super) fn forget(&self, id: &StreamId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    fn slot(&self, id: &StreamId) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(id) {
            return slot.clone();
        }
        if slots.len() >= MOST {
            slots.clear();
        }
        slots.entry(id.clone()).or_default().clone()
    }
}
