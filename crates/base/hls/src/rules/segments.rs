//! A media playlist as the rules see it: every segment with its number and what applies to it, right or
//! wrong.

use jiff::Timestamp;

use crate::parse::outline::{Entry, Outline, Tag};
use crate::{SegmentDuration, decimal};

/// A media playlist of any quality.
pub(crate) struct MediaOutline {
    /// Its lines.
    pub(crate) outline: Outline,
    /// TARGETDURATION, if it can be read.
    pub(crate) target_duration: Option<u64>,
    /// The number of the first segment.
    pub(crate) media_sequence: u64,
    /// How many discontinuities have left.
    pub(crate) discontinuity_sequence: u64,
    /// Its segments, in order.
    pub(crate) segments: Vec<ListedSegment>,
}

/// A segment of a playlist of any quality.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedSegment {
    /// The line of its address.
    pub(crate) line: usize,
    /// Its media sequence number.
    pub(crate) number: u64,
    /// Its address.
    pub(crate) uri: String,
    /// The line of its EXTINF, and the length if it can be read.
    pub(crate) extinf: Option<(usize, Option<SegmentDuration>)>,
    /// Whether EXT-X-DISCONTINUITY applies.
    pub(crate) discontinuity: bool,
    /// Whether EXT-X-GAP applies.
    pub(crate) gap: bool,
    /// The line of its EXT-X-PROGRAM-DATE-TIME, and the time if it can be read.
    pub(crate) date: Option<(usize, Option<Timestamp>)>,
    /// The value of its EXT-X-BYTERANGE.
    pub(crate) byterange: Option<String>,
    /// The value of the EXT-X-MAP in force.
    pub(crate) map: Option<String>,
}

impl MediaOutline {
    /// Numbers the segments of an outline.
    pub(crate) fn new(outline: Outline) -> Self {
        let number = |name| outline.tag(name).and_then(|tag| decimal::integer(tag.value()));
        let media_sequence = number("EXT-X-MEDIA-SEQUENCE").unwrap_or(0);
        let mut segments: Vec<ListedSegment> = Vec::with_capacity(outline.entries.len());
        for (index, entry) in (0..).zip(&outline.entries) {
            let map = segments.last().and_then(|previous| previous.map.clone());
            segments.push(ListedSegment::new(entry, media_sequence.saturating_add(index), map));
        }
        Self {
            target_duration: number("EXT-X-TARGETDURATION"),
            media_sequence,
            discontinuity_sequence: number("EXT-X-DISCONTINUITY-SEQUENCE").unwrap_or(0),
            segments,
            outline,
        }
    }

    /// Whether ENDLIST is there.
    pub(crate) fn has_ended(&self) -> bool {
        self.outline.has("EXT-X-ENDLIST")
    }

    /// The value of EXT-X-PLAYLIST-TYPE.
    pub(crate) fn playlist_type(&self) -> Option<&str> {
        self.outline.tag("EXT-X-PLAYLIST-TYPE").map(Tag::value)
    }

    /// Whether it may grow and lose segments from its head.
    pub(crate) fn is_live(&self) -> bool {
        self.playlist_type().is_none() && !self.has_ended()
    }

    /// The number that the next segment gets.
    pub(crate) fn next_number(&self) -> u64 {
        self.media_sequence.saturating_add(self.segments.len() as u64)
    }

    /// The segment of this number, if it is listed.
    pub(crate) fn segment(&self, number: u64) -> Option<&ListedSegment> {
        let index = number.checked_sub(self.media_sequence)?;
        self.segments.get(usize::try_from(index).ok()?)
    }

    /// The listed length.
    pub(crate) fn duration(&self) -> SegmentDuration {
        self.segments.iter().map(ListedSegment::duration).sum()
    }

    /// When each segment ends, in microseconds from the start of the first.
    pub(crate) fn boundaries(&self) -> impl Iterator<Item = u64> {
        self.segments.iter().scan(0_u64, |end, segment| {
            *end = end.saturating_add(segment.duration().as_micros());
            Some(*end)
        })
    }

    /// The line of the first tag of this name, 0 without one.
    pub(crate) fn line_of(&self, name: &str) -> usize {
        self.outline.tag(name).map_or(0, |tag| tag.line)
    }
}

impl ListedSegment {
    fn new(entry: &Entry, number: u64, map_before: Option<String>) -> Self {
        let extinf = entry.tag("EXTINF").map(|tag| (tag.line, length(tag)));
        let date = entry.tag("EXT-X-PROGRAM-DATE-TIME").map(|tag| (tag.line, tag.value().parse().ok()));
        let value = |name| entry.tag(name).map(|tag| tag.value().to_owned());
        Self {
            line: entry.line,
            number,
            uri: entry.uri.clone(),
            extinf,
            discontinuity: entry.tag("EXT-X-DISCONTINUITY").is_some(),
            gap: entry.tag("EXT-X-GAP").is_some(),
            date,
            byterange: value("EXT-X-BYTERANGE"),
            map: value("EXT-X-MAP").or(map_before),
        }
    }

    /// Its length, nothing if it cannot be read.
    pub(crate) fn duration(&self) -> SegmentDuration {
        self.extinf.and_then(|(_, duration)| duration).unwrap_or_default()
    }
}

fn length(extinf: &Tag) -> Option<SegmentDuration> {
    extinf.value().split(',').next().and_then(|seconds| seconds.parse().ok())
}
