//! The newest playlist of every live stream, in memory, as the log tells it.

use super::listing::{Listing, Rank};
use domain::{
    StreamId,
    event::{Envelope, Event, PublishedPlaylist, Topic},
};
use ports::{Clock, EventLog, Received, StartAt};
use service_kit::trace;
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// The newest playlists. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Playlists(Arc<RwLock<HashMap<StreamId, Arc<Listing>>>>);

impl Playlists {
    /// The newest playlist of a stream, if any is known.
    pub(super) fn get(&self, stream: &StreamId) -> Option<Arc<Listing>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(stream).cloned()
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<(StreamId, Arc<Listing>)> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|(stream, listing)| (stream.clone(), listing.clone())).collect()
    }

    /// Takes a playlist in, unless the one that is known is as new. Returns the one that is known then.
    pub(super) fn offer(&self, stream: &StreamId, rank: Rank, text: String) -> Arc<Listing> {
        if let Some(known) = self.get(stream).filter(|known| known.rank >= rank) {
            return known;
        }
        // Nobody waits for the lock while this is computed.
        let offered = Arc::new(Listing::new(rank, text));
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let known = all.entry(stream.clone()).or_insert_with(|| offered.clone());
        if known.rank < rank {
            *known = offered;
        }
        known.clone()
    }

    /// Follows the topic from its beginning until told to stop.
    pub(crate) async fn follow(self, log: Arc<dyn EventLog>, clock: Arc<dyn Clock>, stop: CancellationToken) {
        let follow = async {
            loop {
                match log.follow(Topic::LivePlaylists, StartAt::Beginning).await {
                    Ok(mut follower) => {
                        while let Ok(received) = follower.next().await {
                            self.take(&received);
                        }
                    }
                    Err(error) => tracing::warn!(%error, "live playlists cannot be followed: trying again"),
                }
                clock.sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = follow => {}
        }
    }

    fn take(&self, received: &Received) {
        let Some(payload) = &received.record.payload else { return self.forget(&received.record.key) };
        match serde_json::from_slice(payload) {
            Ok(Envelope { event: Event::LivePlaylist(published), .. }) => {
                let PublishedPlaylist { stream_id, epoch, playlist_version, playlist } = published;
                let span = tracing::debug_span!(target: trace::TRACE, "take the playlist", %stream_id);
                let _taking = trace::continuing(span, trace::carried_by(&received.record)).entered();
                self.offer(&stream_id, (epoch, playlist_version), playlist);
            }
            _ => tracing::warn!(position = ?received.position, "a record is no live playlist: left out"),
        }
    }

    fn forget(&self, key: &str) {
        if let Ok(stream) = key.parse::<StreamId>() {
            self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&stream);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::{Partition, Position, Record};

    fn stream() -> StreamId {
        StreamId::live([7; 5])
    }

    fn record(payload: Option<Vec<u8>>) -> Received {
        let partition = Partition { topic: Topic::LivePlaylists, number: 0 };
        let record = Record { key: stream().to_string(), payload, headers: Vec::new() };
        Received { position: Position { partition, offset: 0 }, record }
    }

    fn published(epoch: u64, playlist_version: u64) -> Received {
        let playlist = format!("#EXTM3U\n#EXTINF:1.0,\n{playlist_version}.ts\n");
        let event = PublishedPlaylist { stream_id: stream(), epoch, playlist_version, playlist };
        let now = domain::Timestamp::from_millis(0);
        let event = Envelope::new(stream().as_str(), "playlist", now, Event::LivePlaylist(event));
        record(Some(serde_json::to_vec(&event).unwrap()))
    }

    #[test]
    fn only_what_is_newer_is_taken() {
        let playlists = Playlists::default();
        let seen = |epoch, version| {
            playlists.take(&published(epoch, version));
            playlists.get(&stream()).map(|known| known.rank)
        };
        assert_eq!(seen(1, 5), Some((1, 5)));
        assert_eq!(seen(1, 4), Some((1, 5)), "an older version");
        assert_eq!(seen(0, 9), Some((1, 5)), "an owner of before");
        assert_eq!(seen(2, 1), Some((2, 1)), "a new owner");
    }

    #[test]
    fn what_is_no_playlist_changes_nothing_and_a_tombstone_forgets() {
        let playlists = Playlists::default();
        playlists.take(&published(1, 1));
        playlists.take(&record(Some(b"{}".to_vec())));
        assert!(playlists.get(&stream()).is_some());
        playlists.take(&record(None));
        assert!(playlists.get(&stream()).is_none());
    }
}
