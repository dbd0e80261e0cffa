//! The playlists of recordings, in memory: they never change, so that each is read once for all viewers.

use super::listing::Listing;
use crate::problem::{Code, Problem};
use domain::{StreamId, object::ObjectKey};
use ports::ObjectStore;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::OnceCell;

/// With more playlists than this, all are forgotten: those that are watched come back at once. One of ten thousand segments is
/// about a megabyte.
const MOST: usize = 32;

/// Playlists of recordings that were asked for.
#[derive(Default)]
pub(crate) struct Recordings(Mutex<HashMap<StreamId, Arc<Slot>>>);

/// Read by the first who asks, while the others wait for that.
type Slot = OnceCell<Arc<Listing>>;

impl Recordings {
    /// The playlist of a recording that is playable.
    pub(super) async fn get(
        &self,
        objects: &dyn ObjectStore,
        id: &StreamId,
    ) -> Result<Arc<Listing>, Problem> {
        let slot = self.slot(id);
        slot.get_or_try_init(|| read(objects, id)).await.cloned()
    }

    fn slot(&self, id: &StreamId) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MOST && !slots.contains_key(id) {
            slots.clear();
        }
        slots.entry(id.clone()).or_default().clone()
    }
}

async fn read(objects: &dyn ObjectStore, id: &StreamId) -> Result<Arc<Listing>, Problem> {
    let body = objects.get(&ObjectKey::Recording { stream: id.clone() }, None).await?;
    let unreadable = || Problem::new(Code::Unavailable, "The recording's playlist cannot be read.");
    let text = body.collect().await.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(Arc::new(Listing::new((0, 0), text.ok_or_else(unreadable)?)))
}
