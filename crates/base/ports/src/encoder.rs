//! The encoder: looks into sources and makes segments.

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    job::Span,
    media::MediaInfo,
    programme::Programme,
    rejection::Rejection,
    retry::FailureClass,
    task::{EncodeTask, TrackKind},
};
use std::path::{Path, PathBuf};
use url::Url;

/// Where an encoder reads a source from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file on this machine, as an absolute path.
    File(PathBuf),
    /// An address on this machine's loopback (`http`) that serves the bytes of one object and nothing else, by ranges (RFC 9110
    /// section 14), for as long as the encode lasts. Where the object cannot be read any more the connection breaks, which an
    /// encoder may take for the end of the source: whoever serves the address knows of it, and lets nothing count that was made.
    Address(Url),
}

/// How much an encode matters beside others on the same machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Somebody waits for it.
    Now,
    /// It yields to what somebody waits for.
    Background,
}

/// How far an encode has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Microseconds of media that are encoded.
    pub done_us: u64,
}

/// Is told of progress.
pub type ProgressSink = tokio::sync::watch::Sender<Progress>;

/// What an encode made, verified against what was asked.
#[derive(Debug)]
pub enum Encoded {
    /// Segments, one entry per rendition.
    Tracks(Vec<EncodedTrack>),
    /// A whole file, inside the scratch folder.
    File(PathBuf),
}

/// One rendition's segments.
#[derive(Debug, Clone)]
pub struct EncodedTrack {
    /// The rendition's name.
    pub rendition: String,
    /// What its segments are.
    pub kind: TrackKind,
    /// The initialization segment (ISO/IEC 14496-12 `ftyp` and `moov`), of [`TrackKind::Media`] only.
    pub init: Option<Bytes>,
    /// The media segments, in order.
    pub segments: Vec<EncodedSegment>,
}

/// A media segment: `moof` and `mdat`, once or more, beginning with a keyframe; else a WebVTT file, or a JPEG.
#[derive(Debug, Clone)]
pub struct EncodedSegment {
    /// Its number in the presentation.
    pub index: u32,
    /// How long it plays, in microseconds.
    pub duration_us: u64,
    /// Where in it the pictures are that need no other, each from its `moof` to its end; empty for sound.
    pub keyframes: Vec<Span>,
    /// Its bytes.
    pub bytes: Bytes,
}

/// Coded frames that whoever asked packages by itself.
#[derive(Debug, Clone)]
pub struct EncodedFrames {
    /// H.264 access units (ITU-T H.264 Annex B), each with its delimiter, in the order in which they are decoded and shown; a
    /// keyframe carries its parameter sets.
    pub pictures: Vec<Bytes>,
    /// AAC frames, each with its ADTS header (ISO/IEC 13818-7 6.2): mono at [`domain::programme::SAMPLE_RATE`].
    pub sound: Vec<Bytes>,
}

/// Why a source was not read or an encode gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The source is at fault: trying again cannot help.
    #[error("{0}")]
    Rejected(#[from] Rejection),
    /// The attempt failed.
    #[error("{text}")]
    Failed {
        /// What may follow: never [`FailureClass::Permanent`], which is a rejection.
        class: FailureClass,
        /// One line that says what happened.
        text: String,
        /// The end of what the encoder printed, at most 64 KiB.
        stderr: String,
    },
    /// An address is not enough to look into the source: that takes reads at too many places, or more time than a line may need.
    /// A file of the same bytes may do.
    #[error("the source can only be looked into as a file")]
    NeedsFile,
    /// The machine is at fault, such as a full disk or a missing program: no attempt at all.
    #[error("the encoder is not available: {0}")]
    Unavailable(String),
}

/// Looks into sources and makes segments. Dropping a future ends whatever it had started, child processes included.
#[async_trait]
pub trait Encoder: Send + Sync {
    /// Looks into a source: its tracks, and when they play. How long that may take is measured with files, so none is refused
    /// for it that is read from an address.
    async fn probe(&self, source: &Source) -> Result<MediaInfo, MediaError>;
    /// Does a task. `scratch` is an empty folder of its own, which the caller removes. What it returns keeps every promise of
    /// the task: exactly the frames that were asked for, each segment beginning with a keyframe.
    async fn encode(
        &self,
        source: Option<&Source>,
        task: &EncodeTask,
        urgency: Urgency,
        scratch: &Path,
        progress: &ProgressSink,
    ) -> Result<Encoded, MediaError>;
    /// Makes a programme, as [`Urgency::Background`]: exactly its frames, each GOP beginning with a keyframe. Its end can be
    /// followed by its beginning, in picture and in sound. The captions are a file. `scratch` is as above.
    async fn make(
        &self,
        programme: &Programme,
        captions: &Source,
        scratch: &Path,
    ) -> Result<EncodedFrames, MediaError>;
}
