//! A live segment's document.

use crate::{
    StreamId, Timestamp,
    collection::Kind,
    document::{Document, Outbox, Unknown},
};
use serde::{Deserialize, Serialize};

/// What became of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listing {
    /// It is in the live playlist and in the recording.
    Listed,
    /// It did not come: its place is a gap in both.
    Gap,
    /// It came when its place was a gap already, or does not fit the live playlist: it is in the recording only.
    RecordingOnly,
}

impl Listing {
    /// The listing as documents and answers write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::Gap => "gap",
            Self::RecordingOnly => "recording_only",
        }
    }
}

/// A live segment's document. Field names are those of the original pipeline where it had them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveSegmentRecord {
    /// Its id: `{stream}-{number}`.
    pub segment_id: String,
    /// Its stream.
    pub stream_id: StreamId,
    /// Its number: unique in the stream.
    pub chunk_index: u32,
    /// Its number again, as the original has it.
    pub sequence_number: u32,
    /// What became of it.
    pub status: Listing,
    /// How long its place is, in microseconds.
    pub duration_us: u64,
    /// The same in whole milliseconds, as the original has it.
    pub duration_ms: u64,
    /// When its place starts, in microseconds since the Unix epoch.
    pub starts_at_us: i64,
    /// It does not continue the segment before.
    pub discontinuity: bool,
    /// Its size; 0 for a gap.
    pub size_bytes: u64,
    /// Its SHA-256, lower-case hex; empty for a gap.
    pub checksum: String,
    /// `WIDTHxHEIGHT`; empty when unknown.
    pub resolution: String,
    /// It begins with a keyframe.
    pub keyframe_aligned: bool,
    /// The encoder's own name for the sound, if given.
    #[serde(default)]
    pub audio_track_id: Option<String>,
    /// Where it is: `/bucket/key`.
    pub raw_path: String,
    /// When it was decided.
    pub created_at: Timestamp,
    /// From its event to the decision, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processing_latency_ms: Option<u64>,
    /// Events to publish: none at present.
    #[serde(flatten)]
    pub outbox: Outbox,
    /// Fields of other versions.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl LiveSegmentRecord {
    /// The id of the document of a stream's segment.
    #[must_use]
    pub fn id_of(stream: &StreamId, number: u32) -> String {
        format!("{stream}-{number}")
    }
}

impl Document for LiveSegmentRecord {
    const KIND: Kind = Kind::LiveSegment;

    fn id(&self) -> &str {
        &self.segment_id
    }

    fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    fn outbox_mut(&mut self) -> &mut Outbox {
        &mut self.outbox
    }
}
