//! A viewers' server: follows the published playlists, takes what is newer, and keeps every playlist that it showed.

use crate::world::World;
use anyhow::{Context, Result, ensure};
use domain::{
    StreamId,
    event::{self, Event, Topic},
};
use hls::{Snapshot, check_history, check_media};
use ports::{Follower, StartAt};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::{Instant, timeout_at};

pub(crate) struct Viewer {
    playlists: Box<dyn Follower>,
    shown: BTreeMap<StreamId, Shown>,
}

#[derive(Default)]
struct Shown {
    newest: (u64, u64),
    texts: Vec<String>,
}

impl Viewer {
    pub(crate) async fn follow(world: &World) -> Result<Self> {
        let playlists = world.log.follow(Topic::LivePlaylists, StartAt::Beginning).await?;
        Ok(Self { playlists, shown: BTreeMap::new() })
    }

    /// Watches for so long.
    pub(crate) async fn watch(&mut self, time: Duration) -> Result<()> {
        let until = Instant::now() + time;
        while let Ok(received) = timeout_at(until, self.playlists.next()).await {
            self.take(&received?.record.payload.context("a playlist")?)?;
        }
        Ok(())
    }

    pub(crate) async fn watch_until_ended(&mut self, stream: &StreamId, limit: Duration) -> Result<()> {
        self.watch_until(stream, "#EXT-X-ENDLIST", limit).await
    }

    /// Watches until a stream's playlist has this text.
    pub(crate) async fn watch_until(&mut self, stream: &StreamId, text: &str, limit: Duration) -> Result<()> {
        let until = Instant::now() + limit;
        let has_it = |shown: &Shown| shown.texts.last().is_some_and(|last| last.contains(text));
        while !self.shown.get(stream).is_some_and(has_it) {
            ensure!(Instant::now() < until, "{stream} does not come to {text:?}");
            self.watch(Duration::from_millis(50)).await?;
        }
        Ok(())
    }

    /// Judges everything that was shown; how many playlists that was.
    pub(crate) fn judge(&self) -> Result<usize> {
        for (stream, shown) in &self.shown {
            for text in &shown.texts {
                ensure!(check_media(text).is_empty(), "{stream}: {:?}\n{text}", check_media(text));
            }
            let shots: Vec<_> = shown.texts.iter().map(|text| Snapshot { at: None, text }).collect();
            let findings = check_history(&shots);
            ensure!(findings.is_empty(), "{stream}: {findings:?}");
        }
        Ok(self.shown.values().map(|shown| shown.texts.len()).sum())
    }

    fn take(&mut self, payload: &[u8]) -> Result<()> {
        let Event::LivePlaylist(published) = event::decode(payload)?.event else { return Ok(()) };
        let shown = self.shown.entry(published.stream_id).or_default();
        let order = (published.epoch, published.playlist_version);
        if order > shown.newest {
            shown.newest = order;
            shown.texts.push(published.playlist);
        }
        Ok(())
    }
}
