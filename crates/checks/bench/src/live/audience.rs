//! Who waits for segments: for a stream a viewer that asks for the playlist as soon as the log has told of news, and again a
//! millisecond later until the answer has it. Players ask once in a target duration; so that a load of many segments is not
//! one of many more questions, only some of many streams have such a viewer.

use super::{channel, product::Product};
use crate::clock::{self, Stopwatch};
use anyhow::Context;
use domain::{
    StreamId,
    event::{self, Event, Topic},
};
use ports::{Follower, StartAt};
use reqwest::Client;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet};
use url::Url;

/// How often it is looked whether everything was seen.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Between two questions of a viewer whom the log told of news before it told the api: at once would be load on a machine
/// that is late already.
const ASK_EVERY: Duration = Duration::from_millis(1);

/// The most streams with a viewer. At 1,000 segments a second over 200 streams each of them tells of five a second: 2,500 in a load of 20
/// seconds.
const MOST_VIEWERS: usize = 25;

/// A segment that was seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// When its event was published, in seconds since the audience came.
    pub(super) published_s: f64,
    /// When its playlist was read.
    pub(super) seen_s: f64,
}

/// A stream.
pub(super) struct Watched {
    pub(super) stream: StreamId,
    playlist: Url,
    has_viewer: bool,
    /// Segments that its viewer has not seen yet, with the time of their events.
    published: Mutex<VecDeque<(u32, f64)>>,
    /// The newest segment that the log has told of.
    told: watch::Sender<Option<u32>>,
}

/// All viewers. Dropping them ends them.
pub(super) struct Audience {
    pub(super) streams: Vec<Arc<Watched>>,
    pub(super) since: Stopwatch,
    seen: Arc<Mutex<Vec<Seen>>>,
    running: JoinSet<anyhow::Result<()>>,
}

impl Audience {
    /// Starts so many streams, and viewers of them or of an even share.
    pub(super) async fn of_new_streams(product: &Product, streams: u32) -> anyhow::Result<Self> {
        let mut watched = Vec::new();
        let each = (streams as usize).div_ceil(MOST_VIEWERS);
        for place in 0..streams as usize {
            let stream = channel::start(&product.client, &product.api).await?;
            let playlist = channel::playlist(&product.client, &product.api, &stream).await?;
            let (has_viewer, told) = (place.is_multiple_of(each), watch::Sender::new(None));
            watched.push(Arc::new(Watched {
                stream,
                playlist,
                has_viewer,
                published: Mutex::default(),
                told,
            }));
        }
        let (since, seen) = (Stopwatch::start(), Arc::default());
        let mut running = JoinSet::new();
        let follower = product.world.log.follow(Topic::LivePlaylists, StartAt::Now).await?;
        running.spawn(follow(follower, watched.clone()));
        for watched in watched.iter().filter(|watched| watched.has_viewer) {
            let viewer = Viewer {
                client: product.client.clone(),
                watched: watched.clone(),
                since,
                seen: Arc::clone(&seen),
            };
            running.spawn(viewer.watch());
        }
        Ok(Self { streams: watched, since, seen, running })
    }

    /// Streams with a viewer.
    pub(super) fn viewers(&self) -> usize {
        self.streams.iter().filter(|watched| watched.has_viewer).count()
    }

    /// Everything that was seen so far; from now on only what follows.
    pub(super) fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut *lock(&self.seen))
    }

    /// Waits until so many segments were seen, at most so many seconds; whether they were.
    pub(super) async fn until_seen(&mut self, segments: usize, patience_s: f64) -> anyhow::Result<bool> {
        let began = Stopwatch::start();
        while lock(&self.seen).len() < segments {
            // None of them ends by itself.
            if let Some(ended) = self.running.try_join_next() {
                ended.context("a viewer panicked")?.context("a viewer gave up")?;
            }
            if began.seconds() > patience_s {
                return Ok(false);
            }
            clock::pause(LOOK_EVERY).await;
        }
        Ok(true)
    }

    /// Waits until every stream lists this segment, in all at most so many seconds; how many segments are not listed then.
    pub(super) async fn unlisted(
        &self,
        client: &Client,
        last: u32,
        patience_s: f64,
    ) -> anyhow::Result<usize> {
        let (began, mut unlisted) = (Stopwatch::start(), 0);
        for watched in &self.streams {
            loop {
                let listed = last_listed(&channel::text(client, &watched.playlist).await?);
                let lacks = last.saturating_sub(listed.unwrap_or_default());
                if lacks == 0 || began.seconds() > patience_s {
                    unlisted += lacks as usize;
                    break;
                }
                clock::pause(LOOK_EVERY).await;
            }
        }
        Ok(unlisted)
    }
}

impl Watched {
    /// The event of a segment is published now, or was to be.
    pub(super) fn expect(&self, number: u32, published_s: f64) {
        if self.has_viewer {
            lock(&self.published).push_back((number, published_s));
        }
    }
}

/// Tells the viewers what the log tells. Of streams without one nothing is read: that would be load of the bench's own.
async fn follow(mut follower: Box<dyn Follower>, streams: Vec<Arc<Watched>>) -> anyhow::Result<()> {
    let with_viewer = streams.into_iter().filter(|watched| watched.has_viewer);
    let streams: HashMap<String, Arc<Watched>> =
        with_viewer.map(|watched| (watched.stream.to_string(), watched)).collect();
    loop {
        let record = follower.next().await?.record;
        let Some(watched) = streams.get(&record.key) else { continue };
        let payload = record.payload.context("a playlist's record is empty")?;
        let Event::LivePlaylist(playlist) = event::decode(&payload)?.event else { continue };
        if let newest @ Some(_) = last_listed(&playlist.playlist) {
            watched.told.send_if_modified(|told| std::mem::replace(told, newest.max(*told)) < newest);
        }
    }
}

/// One stream's viewer.
struct Viewer {
    client: Client,
    watched: Arc<Watched>,
    since: Stopwatch,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Viewer {
    async fn watch(self) -> anyhow::Result<()> {
        let mut told = self.watched.told.subscribe();
        loop {
            told.changed().await?;
            loop {
                let playlist = channel::text(&self.client, &self.watched.playlist).await?;
                let newest = last_listed(&playlist);
                self.note(newest);
                if newest >= *told.borrow_and_update() {
                    break;
                }
                clock::pause(ASK_EVERY).await;
            }
        }
    }

    /// Whatever was published up to this segment is seen.
    fn note(&self, newest: Option<u32>) {
        let seen_s = self.since.seconds();
        let mut published = lock(&self.watched.published);
        while let Some((_, published_s)) = published.pop_front_if(|(number, _)| Some(*number) <= newest) {
            lock(&self.seen).push(Seen { published_s, seen_s });
        }
    }
}

/// The number of the last segment that a playlist lists.
pub(super) fn last_listed(playlist: &str) -> Option<u32> {
    playlist.lines().rev().find_map(hls::live::segment_number)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_listed_segment_is_the_newest() {
        let playlist = "#EXTM3U\n#EXTINF:1.0,\n8.ts\n#EXTINF:1.0,\n9.ts\n#EXT-X-ENDLIST\n";
        assert_eq!(last_listed(playlist), Some(9));
        assert_eq!(last_listed("#EXTM3U\n"), None);
    }
}
