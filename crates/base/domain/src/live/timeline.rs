//! What is decided about a stream's segments, as its document keeps it.

use super::{Arrival, Bytes, LiveSegmentRecord};
use crate::{index_set::IndexSet, video::MeasuredRate};
use serde::{Deserialize, Serialize};

/// What is decided about a stream's segments. Only the stream's owner writes it, by compare-and-set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// Rises with each owner: the writes of the one before fail from then on.
    pub epoch: u64,
    /// Rises with each change of the playlist.
    pub version: u64,
    /// The number that comes next; none before the first segment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
    /// How many places have left the window: `EXT-X-MEDIA-SEQUENCE`.
    pub media_sequence: u64,
    /// How many discontinuities have left with them: `EXT-X-DISCONTINUITY-SEQUENCE`.
    pub discontinuity_sequence: u64,
    /// What the playlist lists.
    #[serde(with = "super::places")]
    pub window: Vec<Place>,
    /// The numbers of all gaps, the late ones among them.
    #[serde(default)]
    pub gaps: IndexSet,
    /// Numbers below [`Timeline::next`] that have no place at all.
    #[serde(default)]
    pub skipped: IndexSet,
    /// The numbers of those gaps, and of those without a place, whose segments came late: they are in the recording only.
    #[serde(default)]
    pub late: IndexSet,
    /// How long all places are, in microseconds.
    pub duration_us: u64,
    /// What the segments measure.
    #[serde(default)]
    pub rate: MeasuredRate,
    /// What the next segment is compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail: Option<Tail>,
    /// `EXT-X-ENDLIST` is there: nothing more is decided.
    #[serde(default)]
    pub ended: bool,
    /// What the last decision added: its records are written after it, and by the next owner again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unrecorded: Vec<LiveSegmentRecord>,
}

/// A place in the playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Place {
    /// The segment's number, which is its address.
    pub number: u32,
    /// How long it is, in microseconds.
    pub duration_us: u64,
    /// When its first picture was, in microseconds since the Unix epoch.
    pub starts_at_us: i64,
    /// Its segment does not continue the one before.
    #[serde(default)]
    pub discontinuity: bool,
    /// Its segment is missing for good.
    #[serde(default)]
    pub gap: bool,
}

/// The end of what is decided.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tail {
    /// When the last place ends, in microseconds since the Unix epoch.
    pub ends_at_us: i64,
    /// How long the last place is, in microseconds.
    pub duration_us: u64,
    /// The presentation timestamp at which the next segment continues, in 1/90000 s modulo 2^33, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_pts: Option<u64>,
    /// What made the last segment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<String>,
    /// The next segment cannot continue it, whatever it says.
    #[serde(default, skip_serializing_if = "is_false")]
    pub broken: bool,
}

impl Place {
    /// When it ends, in microseconds since the Unix epoch.
    #[must_use]
    pub fn ends_at_us(&self) -> i64 {
        self.starts_at_us.saturating_add_unsigned(self.duration_us)
    }
}

impl Timeline {
    /// How many places there are, those that left the window included.
    #[must_use]
    pub fn places(&self) -> u64 {
        self.media_sequence + self.window.len() as u64
    }

    /// Whether a segment comes late: its place is a gap for good, or it has none.
    pub(super) fn awaits_late(&self, arrival: &Arrival) -> bool {
        let number = arrival.number();
        let unlisted = self.gaps.contains(number) || self.skipped.contains(number);
        let good = arrival.bytes == Bytes::Intact && arrival.segment.duration_us() > 0;
        unlisted && good && !self.late.contains(number)
    }

    /// Whether the playlist has a gap for good under this number, so that its address needs a filler.
    #[must_use]
    pub fn is_gap(&self, number: u32) -> bool {
        self.gaps.contains(number)
    }
}

fn is_false(value: &bool) -> bool {
    !*value
}
