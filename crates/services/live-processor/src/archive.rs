//! The archive of live playlists, with unsigned references: for people and tools at the bucket, never served. Written at its
//! own pace, however fast playlists change.

use crate::shared::Shared;
use domain::{StreamId, live::Stream, object::ObjectKey};
use hls::live;
use ports::{Body, Clock, Condition, ObjectStore};
use service_kit::{repeat, until_available};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

const WRITE_EVERY: Duration = Duration::from_secs(15);

/// The playlists that have changed since they were last written.
#[derive(Default)]
pub(crate) struct Archive {
    changed: Mutex<HashMap<StreamId, Stream>>,
}

impl Archive {
    /// A stream's playlist has changed.
    pub(crate) fn note(&self, stream: &Stream) {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        changed.insert(stream.stream_id.clone(), stream.clone());
    }

    fn take(&self) -> HashMap<StreamId, Stream> {
        std::mem::take(&mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Writes what has changed every few seconds, until told to stop.
pub(crate) async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    repeat(WRITE_EVERY, &*shared.clock, &stop, || async {
        for stream in shared.archive.take().into_values() {
            write(&*shared.objects, &*shared.clock, &stream).await;
        }
    })
    .await;
}

/// Writes a stream's playlist as it is.
pub(crate) async fn write(objects: &dyn ObjectStore, clock: &dyn Clock, stream: &Stream) {
    let text = live::playlist(stream, |number| segment_path(&stream.stream_id, number)).to_m3u8();
    let key = ObjectKey::LivePlaylist { stream: stream.stream_id.clone() };
    let put = || objects.put(&key, Body::from_bytes(text.clone()), Condition::Always);
    if let Err(error) = until_available(clock, "archiving a playlist", put).await {
        tracing::warn!(stream_id = %stream.stream_id, %error, "a playlist could not be archived");
    }
}

/// Where a segment is, as archived playlists write it.
pub(crate) fn segment_path(stream: &StreamId, number: u32) -> String {
    ObjectKey::LiveSegment { stream: stream.clone(), number }.to_string()
}
