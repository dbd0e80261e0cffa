//! The media playlist: the segments of one rendition.

use jiff::Timestamp;

use crate::SegmentDuration;

/// A media playlist (RFC 8216 4.3.3). Its version is not a field: it follows from the features used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaPlaylist {
    /// What may still happen to it.
    pub kind: Kind,
    /// The bound on every rounded segment length, in whole seconds; it never changes (RFC 8216 4.3.3.1).
    pub target_duration: u32,
    /// The number of the first listed segment (RFC 8216 4.3.3.2).
    pub media_sequence: u64,
    /// How many discontinuities have left the playlist (RFC 8216 4.3.3.3).
    pub discontinuity_sequence: u64,
    /// Every segment decodes by itself (RFC 8216 4.3.5.1).
    pub independent_segments: bool,
    /// Where players begin (RFC 8216 4.3.5.2).
    pub start: Option<StartOffset>,
    /// The initialisation section of the first segment and of all that follow until a change.
    pub map: Option<Map>,
    /// Each segment is one picture that needs no other: EXT-X-I-FRAMES-ONLY (RFC 8216 4.3.3.6).
    pub frames_only: bool,
    /// The listed segments, in playing order.
    pub segments: Vec<Segment>,
}

/// What a playlist is: EXT-X-PLAYLIST-TYPE and EXT-X-ENDLIST in one, since only these combinations are legal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Complete, and never changes: type VOD with ENDLIST.
    Vod,
    /// Grows at its end and loses nothing: type EVENT.
    Event {
        /// ENDLIST is there: nothing more comes.
        ended: bool,
    },
    /// May lose segments from its head: no type, since every type forbids that (RFC 8216bis 6.2.2).
    Live {
        /// ENDLIST is there: nothing more comes.
        ended: bool,
    },
}

/// One segment of a media playlist (RFC 8216 4.3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its address, relative to the playlist or absolute. Not empty.
    pub uri: String,
    /// Its length, printed with six decimals.
    pub duration: SegmentDuration,
    /// Its encoding or timestamps do not continue the previous segment's (RFC 8216 4.3.2.3).
    pub discontinuity: bool,
    /// Its media is absent and players should not load it (RFC 8216bis 4.4.4.7).
    pub gap: bool,
    /// The wall-clock time of its first sample (RFC 8216 4.3.2.6).
    pub program_date_time: Option<Timestamp>,
    /// The part of the resource that it is (RFC 8216 4.3.2.2).
    pub byterange: Option<ByteRange>,
    /// The initialisation section from here on, where it differs from the one before.
    pub map_change: Option<Map>,
}

/// The initialisation section of fragmented MP4 segments: EXT-X-MAP (RFC 8216 4.3.2.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// The address of the section.
    pub uri: String,
    /// The part of the resource that it is; all of it by default.
    pub byterange: Option<ByteRange>,
}

/// A part of a resource, in bytes. The offset is always given, so that a segment stands without its
/// neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ByteRange {
    /// How many bytes.
    pub length: u64,
    /// From which byte.
    pub offset: u64,
}

/// Where players begin: EXT-X-START (RFC 8216 4.3.5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StartOffset {
    /// Microseconds from the start, or before the end if negative.
    pub micros: i64,
    /// Whether samples before the point are decoded but not shown.
    pub precise: bool,
}

impl MediaPlaylist {
    /// An empty playlist of independent segments that starts at number 0.
    pub fn new(kind: Kind, target_duration: u32) -> Self {
        Self {
            kind,
            target_duration,
            media_sequence: 0,
            discontinuity_sequence: 0,
            independent_segments: true,
            start: None,
            map: None,
            frames_only: false,
            segments: Vec::new(),
        }
    }

    /// The sum of the listed lengths.
    pub fn duration(&self) -> SegmentDuration {
        self.segments.iter().map(|segment| segment.duration).sum()
    }

    /// The protocol version that the features used ask for (RFC 8216 7). It is 3 at least, for EXTINF with
    /// decimals, so that the first segment of a live playlist does not change it.
    pub fn version(&self) -> u8 {
        let maps = self.map.is_some() || self.segments.iter().any(|segment| segment.map_change.is_some());
        let ranges = self.segments.iter().any(|segment| segment.byterange.is_some());
        match (maps, ranges || self.frames_only) {
            (true, _) => 6,
            (false, true) => 4,
            (false, false) => 3,
        }
    }
}

impl Kind {
    /// Whether nothing more comes.
    pub const fn has_ended(self) -> bool {
        match self {
            Self::Vod => true,
            Self::Event { ended } | Self::Live { ended } => ended,
        }
    }
}

impl Segment {
    /// A plain segment that continues the one before.
    pub fn new(uri: impl Into<String>, duration: SegmentDuration) -> Self {
        Self {
            uri: uri.into(),
            duration,
            discontinuity: false,
            gap: false,
            program_date_time: None,
            byterange: None,
            map_change: None,
        }
    }
}

impl Map {
    /// A whole resource as initialisation section.
    pub fn new(uri: impl Into<String>) -> Self {
        Self { uri: uri.into(), byterange: None }
    }
}
