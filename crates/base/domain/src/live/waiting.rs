//! What a stream's owner holds and has not decided: segments that wait for one before them. It is nowhere but in memory, for
//! the log sends it again to the next owner.

use super::{Arrival, Bytes, Timeline};
use std::{collections::BTreeMap, time::Duration};

/// Over this many missing numbers in a row the encoder counts anew: no place is kept for them.
pub const MAX_HOLE: u32 = 100;
/// With more segments held than this, nothing is waited for.
const MAX_HELD: usize = 256;
/// How long an ended stream waits for what it has asked for.
const END_WAIT: Duration = Duration::from_secs(1);

/// What is decided how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How many segments the playlist lists; the rules of playlists may ask for more.
    pub window: usize,
    /// How long a segment that is missing is waited for, in percent of the target duration.
    pub wait_percent: u32,
}

/// What became of an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Taken {
    /// It is held, to be decided.
    Held,
    /// It is known.
    Duplicate,
    /// The stream had ended before it.
    AfterEnd,
    /// No segment can follow one of this number.
    NoNumber,
}

/// The segments that wait.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Waiting {
    held: BTreeMap<u32, Arrival>,
    /// Since when a number is known to be missing or wrong, by the owner's steady clock.
    noticed: BTreeMap<u32, Duration>,
    /// Since when something is held before anything is decided.
    opened: Option<Duration>,
    /// When the end came.
    ended: Option<Duration>,
}

/// The next place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Step<'a> {
    /// This segment is listed.
    List(&'a Arrival),
    /// This segment's place is a gap: its bytes are not what they should be.
    Spoilt(&'a Arrival),
    /// So many places before this segment are gaps: nothing is known of them.
    Hole(u32, &'a Arrival),
    /// The numbers before this one have no places.
    Skip(u32),
    /// The stream has ended.
    End,
}

impl Waiting {
    /// Takes an arrival in.
    pub fn take(&mut self, timeline: &Timeline, arrival: Arrival, steady: Duration) -> Taken {
        let number = arrival.number();
        let asked_for = self.noticed.contains_key(&number);
        if timeline.ended || (self.ended.is_some() && !asked_for) {
            return Taken::AfterEnd;
        }
        let decided = timeline.next.is_some_and(|next| number < next);
        if number == u32::MAX {
            return Taken::NoNumber;
        }
        let known = self.held.get(&number).is_some_and(|held| held.bytes == Bytes::Intact);
        if known || (decided && !timeline.awaits_late(&arrival)) {
            return Taken::Duplicate;
        }
        self.opened.get_or_insert(steady);
        self.held.insert(number, arrival);
        Taken::Held
    }

    /// The end came: the last of the stream's events.
    pub fn end(&mut self, steady: Duration) {
        self.ended.get_or_insert(steady);
    }

    /// Notices which numbers are missing or wrong. Those that are so newly are to be asked for again.
    pub fn notice(&mut self, timeline: &Timeline, steady: Duration) -> Vec<u32> {
        let Some(first) = timeline.next.or_else(|| self.held.keys().next().copied()) else {
            return Vec::new();
        };
        let (mut expected, mut newly) = (first, Vec::new());
        for (number, arrival) in self.held.range(first..) {
            let hole = number.saturating_sub(expected);
            let ask = hole <= MAX_HOLE;
            let missing = expected..if ask { *number } else { expected + 1 };
            let wrong = (arrival.bytes == Bytes::Wrong).then_some(*number);
            for number in missing {
                if self.noticed.insert_new(number, steady) && ask {
                    newly.push(number);
                }
            }
            newly.extend(wrong.filter(|number| self.noticed.insert_new(*number, steady)));
            expected = number.saturating_add(1);
        }
        newly
    }

    /// When the next decision is due by itself, by the owner's steady clock; none while nothing is waited for.
    #[must_use]
    pub fn due_at(&self, timeline: &Timeline, wait: Duration) -> Option<Duration> {
        if timeline.ended {
            return None;
        }
        let end = self.ended.map(|ended| ended + END_WAIT);
        let first = match timeline.next {
            Some(next) => self.held.range(next..).next().map(|_| self.noticed.get(&next).copied()),
            None => self.held.keys().next().map(|_| self.opened),
        };
        let patience = first.map(|since| since.map_or(Duration::ZERO, |since| since + wait));
        match (patience, end) {
            (Some(patience), Some(end)) => Some(patience.min(end)),
            (None, Some(_)) => Some(Duration::ZERO),
            (patience, None) => patience,
        }
    }

    /// Forgets what is decided.
    pub fn settle(&mut self, timeline: &Timeline) {
        if let Some(next) = timeline.next {
            self.held.retain(|number, arrival| *number >= next || timeline.awaits_late(arrival));
            self.noticed = self.noticed.split_off(&next);
        }
        if timeline.ended {
            self.held.clear();
            self.noticed.clear();
        }
    }

    /// Whether this number waits to be decided.
    #[must_use]
    pub fn holds(&self, number: u32) -> bool {
        self.held.contains_key(&number)
    }

    /// Whether nothing waits to be decided.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.is_empty() && self.ended.is_none()
    }

    /// Held segments of numbers whose places are decided: they come late.
    pub(super) fn late(&self, next: Option<u32>) -> impl Iterator<Item = &Arrival> {
        self.held.range(..next.unwrap_or(0)).map(|(_, arrival)| arrival)
    }

    /// What is to be decided next; none while it is waited for.
    pub(super) fn step(&self, next: Option<u32>, wait: Duration, steady: Duration) -> Option<Step<'_>> {
        let hasty = self.held.len() > MAX_HELD || self.ended.is_some_and(|ended| ended + END_WAIT <= steady);
        let is_due = |since: Option<Duration>| hasty || since.is_none_or(|since| since + wait <= steady);
        let Some((&first, arrival)) = self.held.range(next.unwrap_or(0)..).next() else {
            return self.ended.map(|_| Step::End);
        };
        // Nothing promises that a stream begins with 0; but what is on its way shall not be cut off.
        let began = next.is_some() || first == 0 || is_due(self.opened);
        let next = next.unwrap_or(first);
        let due = || is_due(self.noticed.get(&next).copied());
        match (first - next, arrival.bytes) {
            _ if !began => None,
            (0, Bytes::Intact) => Some(Step::List(arrival)),
            (0, Bytes::Never) => Some(Step::Spoilt(arrival)),
            (0, Bytes::Wrong) => due().then_some(Step::Spoilt(arrival)),
            (hole, _) if hole > MAX_HOLE => due().then_some(Step::Skip(first)),
            (hole, _) => due().then_some(Step::Hole(hole, arrival)),
        }
    }
}

trait InsertNew {
    /// Adds what is not there yet; whether it was not.
    fn insert_new(&mut self, number: u32, since: Duration) -> bool;
}

impl InsertNew for BTreeMap<u32, Duration> {
    fn insert_new(&mut self, number: u32, since: Duration) -> bool {
        let new = !self.contains_key(&number);
        self.entry(number).or_insert(since);
        new
    }
}
