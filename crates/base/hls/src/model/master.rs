//! The master playlist: the variants of one presentation and the renditions that they share.

use crate::{FrameRate, StartOffset};

/// A master playlist, called multivariant playlist since 8216bis (RFC 8216 4.3.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MasterPlaylist {
    /// Every segment of every playlist decodes by itself (RFC 8216 4.3.5.1).
    pub independent_segments: bool,
    /// Where players begin (RFC 8216 4.3.5.2).
    pub start: Option<StartOffset>,
    /// Audio and subtitle renditions, by group.
    pub media: Vec<MediaRendition>,
    /// The variants; players begin with the first.
    pub variants: Vec<Variant>,
    /// The playlists of single pictures, for seeking by sight.
    pub frames: Vec<FramesVariant>,
}

/// A playlist of single pictures: EXT-X-I-FRAME-STREAM-INF (RFC 8216 4.3.4.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FramesVariant {
    /// Its media playlist. Not empty.
    pub uri: String,
    /// The peak rate of its pictures when each shows for its time, in bits per second.
    pub bandwidth: u64,
    /// The average rate, in bits per second.
    pub average_bandwidth: Option<u64>,
    /// Every format in it (RFC 6381).
    pub codecs: Vec<String>,
    /// The size of its pictures.
    pub resolution: Option<Resolution>,
}

/// A rendition that variants refer to by its group: EXT-X-MEDIA (RFC 8216 4.3.4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaRendition {
    /// What it is, with what only that kind has.
    pub kind: RenditionKind,
    /// The group that variants name.
    pub group_id: String,
    /// What people read in a menu; unique in its group.
    pub name: String,
    /// A language tag (RFC 5646).
    pub language: Option<String>,
    /// When players take it.
    pub selection: Selection,
}

/// The kinds of rendition that the project makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RenditionKind {
    /// TYPE=AUDIO.
    Audio {
        /// How many channels: CHANNELS (RFC 8216 4.3.4.1).
        channels: Option<u32>,
        /// Its media playlist; none if the variant's own segments carry it.
        uri: Option<String>,
    },
    /// TYPE=SUBTITLES, which always have a playlist.
    Subtitles {
        /// Its media playlist.
        uri: String,
        /// Only what has to be read to follow the film: FORCED.
        forced: bool,
        /// It tells sounds too, for those who cannot hear them: CHARACTERISTICS.
        for_deaf: bool,
    },
}

/// DEFAULT and AUTOSELECT in one, since DEFAULT=YES with AUTOSELECT=NO is illegal (RFC 8216 4.3.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Selection {
    /// Played unless the viewer says otherwise.
    Default,
    /// Played if it fits the viewer's settings.
    Auto,
    /// Played if the viewer picks it.
    Manual,
}

/// One encoding of the presentation: EXT-X-STREAM-INF (RFC 8216 4.3.4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its media playlist. Not empty.
    pub uri: String,
    /// The peak segment rate of it and its renditions, in bits per second.
    pub bandwidth: u64,
    /// The average rate of it and its renditions, in bits per second.
    pub average_bandwidth: Option<u64>,
    /// Every format in it (RFC 6381).
    pub codecs: Vec<String>,
    /// The size of its pictures; none without video.
    pub resolution: Option<Resolution>,
    /// Its highest frame rate; none without video.
    pub frame_rate: Option<FrameRate>,
    /// The dynamic range of its pictures (RFC 8216bis 4.4.6.2).
    pub video_range: Option<VideoRange>,
    /// The group of its audio renditions.
    pub audio: Option<String>,
    /// The group of its subtitles.
    pub subtitles: Option<String>,
}

/// The size of pictures, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Resolution {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// VIDEO-RANGE (RFC 8216bis 4.4.6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VideoRange {
    /// Standard range.
    Sdr,
    /// Hybrid log-gamma.
    Hlg,
    /// Perceptual quantiser.
    Pq,
}

impl MasterPlaylist {
    /// The protocol version that the features used ask for (RFC 8216 7): 4 where renditions are, as advised
    /// for them.
    pub fn version(&self) -> u8 {
        if self.media.is_empty() { 1 } else { 4 }
    }
}

impl VideoRange {
    /// As written in a playlist.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sdr => "SDR",
            Self::Hlg => "HLG",
            Self::Pq => "PQ",
        }
    }
}
