//! Following one media playlist: snapshots come one by one, and no more is kept than the next one needs.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::finding::{Breach, Finding, Rule, run};
use super::history;
use super::segments::{ListedSegment, MediaOutline};
use crate::parse::outline::Outline;

/// The rule about how long nothing new came, judged when something does or nothing more can.
pub(super) const WAITS: &[Rule<Wait>] = &[Rule::new(
    "update-late",
    "RFC 8216bis 6.2.1",
    "a new segment within 1.5 target durations",
    update_late,
)];

/// A media playlist as it was at some time.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// When it was read, counted from any fixed point; without it, nothing is said about lateness.
    pub at: Option<Duration>,
    /// The playlist.
    pub text: &'a str,
}

/// Judges what happens to one media playlist over time, however long that is: besides the last snapshot it
/// keeps eight bytes for every segment that has left.
#[derive(Default)]
pub struct Follower {
    last: Option<MediaOutline>,
    wait: Option<Wait>,
    longest_wait: Duration,
    seen: usize,
    hasher: RandomState,
    left: HashSet<u64>,
}

/// Two snapshots in a row.
pub(super) struct Step {
    pub(super) before: MediaOutline,
    pub(super) after: MediaOutline,
    hasher: RandomState,
    left: HashSet<u64>,
}

/// The time for which the same segment was the newest. Only what is certain: from its first to its last sight.
#[derive(Clone, Copy)]
pub(super) struct Wait {
    newest: u64,
    since: Duration,
    until: Duration,
    target: u64,
    text: usize,
    line: usize,
}

impl Follower {
    /// Takes the next snapshot, and says which rules the way to it broke; their text is its place in the
    /// history, from 0.
    pub fn observe(&mut self, snapshot: &Snapshot<'_>) -> Vec<Finding> {
        let text = self.seen;
        self.seen += 1;
        let after = MediaOutline::new(Outline::read(snapshot.text));
        let mut findings = self.note_wait(&after, snapshot.at, text);
        if let Some(before) = self.last.take() {
            findings.extend(self.judge_step(before, after, text));
        } else {
            self.last = Some(after);
        }
        findings
    }

    /// Takes no more snapshots, and judges the wait that has not ended.
    pub fn finish(mut self) -> Vec<Finding> {
        self.end_wait()
    }

    /// The longest time for which nothing new is known to have come.
    pub fn longest_wait(&self) -> Duration {
        self.longest_wait
    }

    fn judge_step(&mut self, before: MediaOutline, after: MediaOutline, text: usize) -> Vec<Finding> {
        let left = std::mem::take(&mut self.left);
        let step = Step { before, after, hasher: self.hasher.clone(), left };
        let mut findings = run(history::RULES, &step);
        findings.iter_mut().for_each(|finding| finding.text = text);
        let first = step.after.media_sequence;
        let gone = step.before.segments.iter().filter(|segment| segment.number < first && !segment.gap);
        self.left = step.left;
        self.left.extend(gone.map(|segment| address(&step.hasher, segment)));
        self.last = Some(step.after);
        findings
    }

    fn note_wait(&mut self, playlist: &MediaOutline, at: Option<Duration>, text: usize) -> Vec<Finding> {
        let newest = playlist.next_number();
        let goes_on = !playlist.has_ended() && !playlist.segments.is_empty();
        let (Some(at), Some(target), true) = (at, playlist.target_duration, goes_on) else {
            return self.end_wait();
        };
        if let Some(wait) = self.wait.as_mut().filter(|wait| wait.newest == newest) {
            (wait.until, wait.text) = (at, text);
            self.longest_wait = self.longest_wait.max(at.saturating_sub(wait.since));
            return Vec::new();
        }
        let findings = self.end_wait();
        let line = playlist.outline.last_line;
        self.wait = Some(Wait { newest, since: at, until: at, target, text, line });
        findings
    }

    fn end_wait(&mut self) -> Vec<Finding> {
        self.wait.take().map(|wait| run(WAITS, &wait)).unwrap_or_default()
    }
}

impl Step {
    /// The breach of this step, if there is one.
    pub(super) fn judge(&self, check: impl Fn(&Self) -> Option<Breach>) -> Vec<Breach> {
        check(self).into_iter().collect()
    }

    /// The segments that both list under the same number, as they were and as they are.
    pub(super) fn kept(&self) -> impl Iterator<Item = (&ListedSegment, &ListedSegment)> {
        self.after.segments.iter().filter_map(|after| Some((self.before.segment(after.number)?, after)))
    }

    /// Whether a segment has left from the head.
    pub(super) fn has_dropped(&self) -> bool {
        self.after.media_sequence > self.before.media_sequence
    }

    /// Whether a segment's address had left before this step. A gap's may lead to filler that others share.
    pub(super) fn has_left(&self, segment: &ListedSegment) -> bool {
        !segment.gap && self.left.contains(&address(&self.hasher, segment))
    }
}

fn address(hasher: &RandomState, segment: &ListedSegment) -> u64 {
    hasher.hash_one((&segment.uri, &segment.byterange))
}

fn update_late(wait: &Wait) -> Vec<Breach> {
    let waited = wait.until.saturating_sub(wait.since);
    let limit = Duration::from_millis(wait.target.saturating_mul(1_500));
    let breach = || {
        let measured = format!("{:.3} s and nothing new", waited.as_secs_f64());
        Breach::at(wait.line, measured).in_text(wait.text).allowed(format!("{:.3} s", limit.as_secs_f64()))
    };
    (waited > limit).then(breach).into_iter().collect()
}
