//! One live playlist: read again and again, with requests for what comes into it and what has left.

use crate::{
    follow::Tour,
    history::{History, survey},
    presentation::Page,
    report::Report,
    requests,
};
use anyhow::Context;
use hls::{ByteRange, Finding, NamedSegment, NamedSegments, Request, Resource};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};
use tokio::task::JoinSet;

/// How often a playlist is read: twice in a target duration, within these bounds.
const OFTEN: Duration = Duration::from_millis(250);
const SELDOM: Duration = Duration::from_secs(5);

/// Without a time to follow for, a playlist that is away for so long is given up.
const GIVE_UP: Duration = Duration::from_secs(60);

/// How long before the end of its time a removed segment is asked for, as a part of that time.
const EARLY: u32 = 10;

/// A live playlist under watch.
pub(crate) struct Watch {
    tour: Tour,
    page: Arc<Page>,
    history: History,
    /// How many of the segments that are there at first to ask for; with none, later ones are not asked for.
    first: usize,
    folder: Option<PathBuf>,
    /// The listed segments by number, and those that have left until they are asked for.
    held: BTreeMap<u64, Held>,
    /// Numbers from here on are new.
    next: Option<u64>,
    away: Option<(Duration, String)>,
    requests: JoinSet<(String, Vec<Finding>)>,
}

/// A segment that is listed, or was.
struct Held {
    uri: String,
    range: Option<ByteRange>,
    /// The last time at which it was surely listed.
    listed: Duration,
    length: Duration,
    /// The length of the longest playlist that listed it.
    playlist: Duration,
}

impl Held {
    /// How long it stays after its removal (RFC 8216bis 6.2.2).
    fn stays(&self) -> Duration {
        self.length + self.playlist
    }
}

impl Watch {
    /// A watch that begins with this page.
    ///
    /// # Errors
    /// The folder to record in cannot be made.
    pub(crate) fn new(
        tour: Tour,
        name: &str,
        page: Page,
        first: usize,
        folder: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        if let Some(folder) = &folder {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        Ok(Self {
            tour,
            page: Arc::new(page),
            history: History::new(name),
            first,
            folder,
            held: BTreeMap::new(),
            next: None,
            away: None,
            requests: JoinSet::new(),
        })
    }

    /// Watches until the playlist or the time ends. Returns what was found, and the last page.
    ///
    /// # Errors
    /// A snapshot cannot be recorded.
    pub(crate) async fn run(mut self) -> anyhow::Result<(Report, Page)> {
        loop {
            let asked = self.tour.now();
            match Page::load(&self.tour.fetcher, &self.page.asked).await {
                Ok(page) => self.take(page, asked)?,
                Err(failure) => drop(self.away.get_or_insert((asked, failure))),
            }
            while let Some(Ok((label, findings))) = self.requests.try_join_next() {
                self.history.add(&label, findings);
            }
            let named = survey(&self.page.text);
            let lost = self.tour.time.is_none() && self.away_for() > GIVE_UP;
            if named.ended && self.away.is_none() || lost || !self.tour.pause(interval(&named)).await {
                break;
            }
        }
        self.come_back();
        while let Some(Ok((label, findings))) = self.requests.join_next().await {
            self.history.add(&label, findings);
        }
        Ok((self.history.finish(), Arc::unwrap_or_clone(self.page)))
    }

    fn take(&mut self, page: Page, asked: Duration) -> anyhow::Result<()> {
        self.come_back();
        let news = self.history.is_news(&page.text);
        // Only what is certain counts as a wait: from an answer that came to a question that was asked later.
        let at = if news { self.tour.now() } else { asked };
        self.history.observe(label(at), Some(at), &page.text);
        if let Some(folder) = self.folder.as_ref().filter(|_| news) {
            let file = folder.join(format!("{:09}.m3u8", at.as_millis()));
            std::fs::write(&file, &page.text).with_context(|| format!("cannot write {}", file.display()))?;
        }
        self.page = Arc::new(page);
        if self.first > 0 {
            self.ask(asked);
        }
        Ok(())
    }

    /// Asks for what is new, and for what has left and has nearly had its time.
    fn ask(&mut self, asked: Duration) {
        let named = survey(&self.page.text);
        let new: Vec<NamedSegment> = match self.next {
            None => requests::spread(&named.segments, self.first).into_iter().cloned().collect(),
            Some(next) => named.segments.iter().filter(|segment| segment.number >= next).cloned().collect(),
        };
        self.next = self.next.max(named.next_number());
        self.hold(&named, asked);
        let (fetcher, page, at) = (self.tour.fetcher.clone(), Arc::clone(&self.page), label(self.tour.now()));
        if !new.is_empty() {
            self.requests.spawn(async move {
                let requests = requests::ask(&fetcher, &page, &new.iter().collect::<Vec<_>>()).await;
                (at, hls::check_delivery(&requests))
            });
        }
        self.ask_for_removed(&named);
    }

    fn hold(&mut self, named: &NamedSegments, asked: Duration) {
        let playlist = Duration::from_micros(named.duration().as_micros());
        for segment in named.segments.iter().filter(|segment| !segment.gap) {
            let held = self.held.entry(segment.number).or_insert_with(|| Held {
                uri: segment.uri.clone(),
                range: segment.byterange,
                listed: asked,
                length: Duration::from_micros(segment.duration.as_micros()),
                playlist,
            });
            held.listed = asked;
            held.playlist = held.playlist.max(playlist);
        }
    }

    fn ask_for_removed(&mut self, named: &NamedSegments) {
        let now = self.tour.now();
        let first = named.segments.first().map_or(0, |segment| segment.number);
        let due = |held: &Held| now >= held.listed + held.stays() - held.stays() / EARLY;
        let numbers: Vec<u64> =
            self.held.range(..first).filter(|(_, held)| due(held)).map(|(number, _)| *number).collect();
        for held in numbers.into_iter().filter_map(|number| self.held.remove(&number)) {
            let (tour, page) = (self.tour.clone(), Arc::clone(&self.page));
            self.requests.spawn(async move {
                let failure = requests::one(&tour.fetcher, &page, &held.uri, held.range).await.err();
                let ago = tour.now().saturating_sub(held.listed);
                let resource = Resource::Removed { ago, stays: held.stays() };
                let request = Request { text: 0, line: 0, uri: held.uri, resource, failure };
                (label(tour.now()), hls::check_delivery(&[request]))
            });
        }
    }

    fn away_for(&self) -> Duration {
        self.away.as_ref().map_or(Duration::ZERO, |(since, _)| self.tour.now().saturating_sub(*since))
    }

    /// Says how long the playlist was away, if it was.
    fn come_back(&mut self) {
        let lasted = self.away_for();
        let Some((since, failure)) = self.away.take() else { return };
        let failure = Some(format!("{failure}, for {:.1} s", lasted.as_secs_f64()));
        let resource = Resource::Playlist { content_type: None, utf8: true };
        let request = Request { text: 0, line: 0, uri: self.page.asked.to_string(), resource, failure };
        self.history.add(&label(since), hls::check_delivery(&[request]));
    }
}

fn interval(named: &NamedSegments) -> Duration {
    Duration::from_millis(named.target_duration.unwrap_or(0).saturating_mul(500)).clamp(OFTEN, SELDOM)
}

fn label(at: Duration) -> String {
    format!("{:.1} s", at.as_secs_f64())
}
