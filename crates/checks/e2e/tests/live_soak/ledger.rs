//! Every playlist that was ever published, whoever published it: no two owners have decided the same.

use anyhow::{Context, Result, ensure};
use domain::{
    StreamId,
    event::{self, Event, PublishedPlaylist, Topic},
};
use e2e::Fleet;
use ports::{EventLog, Follower, StartAt};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What was published of a stream: by epoch and version.
type Published = BTreeMap<(u64, u64), String>;

/// All published playlists.
#[derive(Default)]
pub(crate) struct Ledger {
    streams: Mutex<BTreeMap<StreamId, Published>>,
}

impl Ledger {
    /// Opens it, and keeps it until the test ends.
    pub(crate) async fn open(fleet: &Fleet) -> Result<Arc<Self>> {
        let log = fleet.log().await?;
        let mut playlists = log.follow(Topic::LivePlaylists, StartAt::Beginning).await?;
        let ledger = Arc::new(Self::default());
        let kept = ledger.clone();
        tokio::spawn(async move {
            let _log = log;
            while let Ok(Some(published)) = next(&mut *playlists).await {
                kept.enter(published);
            }
        });
        Ok(ledger)
    }

    fn enter(&self, published: PublishedPlaylist) {
        let PublishedPlaylist { stream_id, epoch, playlist_version, playlist } = published;
        self.lock().entry(stream_id).or_default().insert((epoch, playlist_version), playlist);
    }

    /// The newest version of each stream.
    pub(crate) fn versions(&self) -> BTreeMap<StreamId, u64> {
        let newest =
            |published: &Published| published.last_key_value().map_or(0, |((_, version), _)| *version);
        self.lock().iter().map(|(stream, published)| (stream.clone(), newest(published))).collect()
    }

    /// Insists that each version was decided once, and that no owner decided anything after the next one had begun. Says how
    /// much there was.
    pub(crate) fn judge(&self) -> Result<String> {
        let streams = self.lock();
        let (mut playlists, mut owners) = (0, 0);
        for (stream, published) in &*streams {
            let mut before: Option<(u64, u64, &String)> = None;
            for ((epoch, version), text) in published {
                if let Some((_, last, known)) = before {
                    ensure!(*version >= last, "{stream}: owner {epoch} began with {version} after {last}");
                    ensure!(*version != last || text == known, "{stream}: two owners decided {version}");
                }
                owners += u64::from(before.is_none_or(|(known, ..)| known != *epoch));
                before = Some((*epoch, *version, text));
            }
            playlists += published.len();
        }
        Ok(format!("{playlists} playlists of {owners} owners, each version decided once"))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<StreamId, Published>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn next(playlists: &mut dyn Follower) -> Result<Option<PublishedPlaylist>> {
    let payload = playlists.next().await?.record.payload.context("a playlist")?;
    Ok(match event::decode(&payload)?.event {
        Event::LivePlaylist(published) => Some(published),
        _ => None,
    })
}
