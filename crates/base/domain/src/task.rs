//! What an encoder is asked to do: one self-contained order per kind of job, with no name or text of a user in it.

use crate::{ladder::Rendition, rate::Rate, stills::Stills, timeline::Untimed};
use serde::{Deserialize, Serialize};

/// An order for the encoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EncodeTask {
    /// The pictures of one chunk, in all renditions, from one decode.
    Chunk(ChunkTask),
    /// The sound of one span of one track.
    Span(SpanTask),
    /// The text of all subtitle tracks.
    Subtitles(SubtitlesTask),
    /// The poster and the storyboard.
    Stills(StillsTask),
    /// A test card that stands in for a source of which only metadata was sent.
    TestSource(TestSourceTask),
}

impl EncodeTask {
    /// The streams of a mended copy that is read instead of the source; empty: the source itself.
    #[must_use]
    pub fn mended(&self) -> &[u32] {
        match self {
            Self::Chunk(task) => &task.mended,
            Self::Span(task) => &task.mended,
            Self::Stills(task) => &task.mended,
            Self::Subtitles(_) | Self::TestSource(_) => &[],
        }
    }
}

/// The pictures of a chunk. It yields exactly the frames that are asked for, whatever the source does there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChunkTask {
    /// The picture track's number in the container.
    pub stream_index: u32,
    /// When the chunk's first picture shows, in microseconds of the source's own clock.
    pub start_us: i64,
    /// Where the demuxer is sent beforehand, in microseconds of the source's own clock; `None`: it starts at the beginning.
    pub seek_us: Option<i64>,
    /// What decoders have no time for, where the demuxer starts at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untimed: Option<Untimed>,
    /// Pictures per second of the grid.
    pub rate: Rate,
    /// The chunk's first frame on the grid: what its decode times begin at.
    pub first_frame: u64,
    /// Frames of the grid in this chunk.
    pub frames: u32,
    /// Frames of the grid in a closed GOP.
    pub gop_frames: u32,
    /// By how many frames of the grid everything is shown later than its place on it: room for pictures that are decoded
    /// before they are shown.
    pub delay_frames: u32,
    /// The number of the chunk's first segment.
    pub first_segment: u32,
    /// Frames of the grid in a segment.
    pub segment_frames: u32,
    /// Weave fields into frames first (`bwdif`).
    pub deinterlace: bool,
    /// Map HDR to SDR first.
    pub tone_map: bool,
    /// The streams of a copy of the source whose clock does not jump: what is read instead, as
    /// [`crate::media::MediaInfo::mended`] has it. Empty: the source itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mended: Vec<u32>,
    /// What comes out.
    pub renditions: Vec<Rendition>,
}

/// The sound of a span, as stereo AAC-LC at 48 kHz.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpanTask {
    /// The rendition's name: a folder in keys and addresses.
    pub rendition: String,
    /// The sound track's number in the container.
    pub stream_index: u32,
    /// When AAC frame 0 of the presentation sounds, in microseconds of the source's own clock.
    pub origin_us: i64,
    /// Where the demuxer is sent beforehand, in microseconds of the source's own clock; `None`: it starts at the beginning.
    pub seek_us: Option<i64>,
    /// The span's first AAC frame in the presentation.
    pub first_frame: u64,
    /// The number of the span's first segment.
    pub first_segment: u32,
    /// AAC frames in each of the span's segments.
    pub segment_frames: Vec<u32>,
    /// By how many microseconds everything sounds later than its place: as much as the pictures are shown later.
    pub delay_us: i64,
    /// The streams of a copy of the source whose clock does not jump: what is read instead, as
    /// [`crate::media::MediaInfo::mended`] has it. Empty: the source itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mended: Vec<u32>,
    /// The rate in kbit/s.
    pub kbps: u32,
}

/// Subtitles as WebVTT. A track in which nothing can be read yields empty segments: text never fails a video.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubtitlesTask {
    /// The tracks.
    pub sources: Vec<SubtitleSource>,
    /// When the presentation begins, in microseconds of the source's own clock.
    pub origin_us: i64,
    /// When each segment ends, in microseconds from the beginning of the presentation.
    pub ends_us: Vec<i64>,
    /// By how many microseconds everything is shown later than its place: as much as the pictures are.
    pub delay_us: i64,
}

/// A track of subtitles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubtitleSource {
    /// The rendition's name: a folder in keys and addresses.
    pub rendition: String,
    /// The track's number in the container.
    pub stream_index: u32,
}

/// A poster that is not black where the source is not, and sheets of thumbnails. Where no picture can be had there is none:
/// stills never fail a video.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StillsTask {
    /// The picture track's number in the container.
    pub stream_index: u32,
    /// When the presentation begins, in microseconds of the source's own clock.
    pub origin_us: i64,
    /// Keyframes are close enough to each other: nothing else has to be decoded.
    pub keyframes_only: bool,
    /// Weave fields into frames first (`bwdif`).
    pub deinterlace: bool,
    /// Map HDR to SDR first.
    pub tone_map: bool,
    /// The streams of a copy of the source whose clock does not jump: what is read instead, as
    /// [`crate::media::MediaInfo::mended`] has it. Empty: the source itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mended: Vec<u32>,
    /// What comes out.
    pub stills: Stills,
}

/// What a rendition's parts are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackKind {
    /// Pictures or sound, as media segments after an initialization segment.
    #[default]
    Media,
    /// Subtitles, as WebVTT.
    Text,
    /// Still pictures, as JPEG.
    Stills,
}

/// A test card with a counter and a tone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestSourceTask {
    /// Width in pixels, even.
    pub width: u32,
    /// Height in pixels, even.
    pub height: u32,
    /// Length in milliseconds.
    pub duration_ms: u32,
}
