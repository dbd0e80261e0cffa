//! The archive of live playlists, with unsigned references: for people and tools at the bucket, never served. Written at its
//! own pace, however fast playlists change.

use crate::shared::Shared;
use domain::{StreamId, live::Stream, object::ObjectKey};
use hls::live;
use ports::{Body, Clock, Condition, ObjectStore};
use service_kit::{repeat, until_available};
use std::{
    collections::HashMap,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Each stream's turn comes once in so many rounds: all at once would be a burst that every segment waits behind.
const ROUNDS: u64 = 30;
/// Between two rounds.
const APART: Duration = Duration::from_secs(1);

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

    /// Those whose turn it is.
    fn take(&self, round: u64) -> Vec<Stream> {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = |id: &StreamId| BuildHasherDefault::<DefaultHasher>::default().hash_one(id) % ROUNDS;
        changed.extract_if(|id, _| turn(id) == round % ROUNDS).map(|(_, stream)| stream).collect()
    }
}

/// Writes what has changed, each stream's every half minute, until told to stop.
pub(crate) async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    let rounds = AtomicU64::new(0);
    repeat(APART, &*shared.clock, &stop, || async {
        for stream in shared.archive.take(rounds.fetch_add(1, Relaxed)) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Timestamp, live::NewStream};

    #[test]
    fn every_stream_has_its_turn_and_not_all_have_the_same() {
        let archive = Archive::default();
        for number in 0..100 {
            let stream_id = StreamId::live([number; 5]);
            let (home_team, away_team, competition) = Default::default();
            let new = NewStream {
                stream_id,
                match_id: None,
                home_team,
                away_team,
                competition,
                target_duration: None,
            };
            archive.note(&Stream::started(new, Timestamp::from_millis(0)));
        }
        let rounds: Vec<usize> = (0..ROUNDS).map(|round| archive.take(round).len()).collect();
        assert_eq!(rounds.iter().sum::<usize>(), 100);
        assert!(rounds.iter().all(|written| *written < 30), "{rounds:?}");
    }
}
