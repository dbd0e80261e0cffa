//! One playlist over time: every finding once, with the snapshot where it began.

use crate::report::{Followed, Judged, Kind, Report};
use hls::{Finding, Follower, NamedSegments, Snapshot, Survey};
use std::{collections::BTreeSet, time::Duration};

/// A history in the making.
#[derive(Default)]
pub(crate) struct History {
    name: String,
    follower: Follower,
    /// What the snapshot before the last one is called, and the last one.
    labels: (String, String),
    text: String,
    /// What stands in a playlist stands in the next one too, on another line.
    reported: BTreeSet<(&'static str, String)>,
    /// The numbers that were listed: from the first, up to the next one that comes.
    numbers: Option<(u64, u64)>,
    followed: Followed,
    report: Report,
}

impl History {
    /// An empty history of a playlist of this name.
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Whether a text differs from the last snapshot.
    pub(crate) fn is_news(&self, text: &str) -> bool {
        self.followed.reads == 0 || self.text != text
    }

    /// Takes the next snapshot. Its label says where it is from.
    pub(crate) fn observe(&mut self, label: String, at: Option<Duration>, text: &str) {
        let news = self.is_news(text);
        self.labels = (std::mem::take(&mut self.labels.1), label);
        self.followed.changes += usize::from(news && self.followed.reads > 0);
        self.followed.reads += 1;
        let findings = self.follower.observe(&Snapshot { at, text });
        self.add_steps(findings);
        if news {
            text.clone_into(&mut self.text);
            self.judge_alone();
        }
    }

    /// Adds what other checks of this playlist found.
    pub(crate) fn add(&mut self, label: &str, findings: Vec<Finding>) {
        for finding in findings {
            self.report.add(&self.name, Some(label.to_owned()), finding);
        }
    }

    /// Ends the history.
    pub(crate) fn finish(mut self) -> Report {
        self.followed.longest_wait_seconds = self.follower.longest_wait().as_secs_f64();
        self.followed.segments = self.numbers.map_or(0, |(first, next)| next.saturating_sub(first));
        let pending = std::mem::take(&mut self.follower).finish();
        self.add_steps(pending);
        let row = Judged { followed: Some(self.followed), ..judged(&self.name, &survey(&self.text)) };
        self.report.playlists.push(row);
        self.report
    }

    /// A wait is judged when the next segment comes, and names the snapshot before that.
    fn add_steps(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            let is_last = finding.text + 1 == self.followed.reads;
            let label = if is_last { &self.labels.1 } else { &self.labels.0 };
            self.report.add(&self.name, Some(label.clone()), finding);
        }
    }

    fn judge_alone(&mut self) {
        for finding in hls::check_media(&self.text) {
            if self.reported.insert((finding.rule, finding.measured.clone())) {
                self.report.add(&self.name, Some(self.labels.1.clone()), finding);
            }
        }
        let named = survey(&self.text);
        if let (Some(first), Some(next)) = (named.segments.first(), named.next_number()) {
            let (lowest, highest) = self.numbers.unwrap_or((first.number, next));
            self.numbers = Some((lowest.min(first.number), highest.max(next)));
        }
    }
}

/// The segments of a media playlist; none of what turned into a master playlist.
pub(crate) fn survey(text: &str) -> NamedSegments {
    match Survey::of(text) {
        Survey::Media(named) => named,
        Survey::Master(_) => {
            NamedSegments { target_duration: None, ended: false, encrypted: false, segments: Vec::new() }
        }
    }
}

/// A media playlist's row in the report.
pub(crate) fn judged(name: &str, named: &NamedSegments) -> Judged {
    Judged {
        playlist: name.to_owned(),
        kind: if named.ended { Kind::Ended } else { Kind::Live },
        entries: named.segments.len(),
        seconds: Some(named.duration().as_micros() as f64 / 1e6),
        followed: None,
    }
}
