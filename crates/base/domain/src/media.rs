//! What a look into a source finds: its tracks and when they play.

use crate::{note::Note, timeline::Timeline};
use serde::{Deserialize, Serialize};

/// A source as it was found, before anything is decided about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MediaInfo {
    /// The container's name as the demuxer calls it, such as `mov,mp4,m4a,3gp,3g2,mj2`.
    pub container: String,
    /// The demuxer can seek by an index of its own, to the keyframe at or before any time.
    pub indexed: bool,
    /// The picture, if there is one that moves (cover art is none).
    pub video: Option<VideoTrack>,
    /// The sound tracks that can be decoded, in the container's order.
    pub audio: Vec<AudioTrack>,
    /// The tracks of text subtitles, in the container's order.
    #[serde(default)]
    pub subtitles: Vec<SubtitleTrack>,
    /// How long the header says that it plays, in microseconds, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_us: Option<i64>,
    /// The source's clock jumps, and everything here is about a copy of it whose clock does not: of these streams, by their
    /// numbers in the container, in this order. Empty: it is about the source itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mended: Vec<u32>,
    /// What of the source does not come out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

impl MediaInfo {
    /// How long its longest track plays, in microseconds.
    #[must_use]
    pub fn length_us(&self) -> i64 {
        let shown = self.video.iter().map(|video| video.timeline.end_us - video.timeline.start_us);
        shown.chain(self.audio.iter().map(|track| track.end_us - track.start_us)).max().unwrap_or(0)
    }

    /// When its last track ends, in microseconds of the container's clock.
    #[must_use]
    pub fn end_us(&self) -> i64 {
        let shown = self.video.iter().map(|video| video.timeline.end_us);
        shown.chain(self.audio.iter().map(|track| track.end_us)).max().unwrap_or(0)
    }
}

/// A picture track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VideoTrack {
    /// The stream's number in the container.
    pub stream_index: u32,
    /// The codec's name, such as `h264`.
    pub codec: String,
    /// Width in pixels as displayed: after rotation, with square pixels.
    pub width: u32,
    /// Height in pixels as displayed.
    pub height: u32,
    /// The stream is flagged as interlaced.
    pub interlaced: bool,
    /// Transfer, matrix and primaries are all tagged and mean HDR, so that tone mapping knows what it maps.
    pub high_dynamic_range: bool,
    /// When its pictures show.
    pub timeline: Timeline,
}

/// A sound track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AudioTrack {
    /// The stream's number in the container.
    pub stream_index: u32,
    /// The codec's name, such as `aac`.
    pub codec: String,
    /// The language as tagged (ISO 639-2 or BCP 47), unless it is undetermined.
    pub language: Option<String>,
    /// Channels in the source; what comes out is stereo.
    pub channels: u32,
    /// When the first sample sounds, in microseconds of the source's own clock.
    pub start_us: i64,
    /// When the last sample has sounded, in microseconds of the source's own clock.
    pub end_us: i64,
}

/// A track of text subtitles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubtitleTrack {
    /// The stream's number in the container.
    pub stream_index: u32,
    /// The codec's name, such as `subrip`.
    pub codec: String,
    /// The language as tagged (ISO 639-2 or BCP 47), unless it is undetermined.
    pub language: Option<String>,
    /// The track's title as tagged.
    pub title: Option<String>,
    /// Shown unless the viewer says otherwise.
    #[serde(default)]
    pub default: bool,
    /// Only what has to be read to follow the film, such as a foreign dialogue.
    #[serde(default)]
    pub forced: bool,
    /// It tells sounds too, for those who cannot hear them.
    #[serde(default)]
    pub hearing_impaired: bool,
}
