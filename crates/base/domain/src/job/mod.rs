//! A job: the unit of work that is claimed, leased, fenced and retried.

mod transition;

pub use transition::JobRefusal;

use crate::{
    JobId, StreamId, Timestamp,
    collection::Kind,
    document::{Document, Outbox, Unknown},
    object::ObjectKey,
    plan::Part,
    retry::FailureClass,
    task::{EncodeTask, TrackKind},
};
use serde::{Deserialize, Serialize};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Whoever is free may claim it.
    Queued,
    /// It failed and waits before it is queued again.
    Backoff,
    /// A worker holds it.
    Leased,
    /// Its output is recorded.
    Done,
    /// It failed too often; it runs again only when asked.
    Dead,
    /// Its source cannot be encoded.
    Rejected,
}

impl JobState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Backoff, Self::Leased, Self::Done, Self::Dead, Self::Rejected];

    /// The state as documents and events write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Backoff => "backoff",
            Self::Leased => "leased",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Rejected => "rejected",
        }
    }

    /// Nothing more happens to it by itself.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Dead | Self::Rejected)
    }
}

/// A job's document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its id, derived from what it makes.
    pub job_id: JobId,
    /// Its video.
    pub stream_id: StreamId,
    /// Its part's name within the video, such as `chunk-3`.
    pub part: String,
    /// Its part's position in the plan; 0 for a job outside one.
    pub position: u32,
    /// What the encoder is asked.
    pub task: EncodeTask,
    /// Where it stands.
    pub state: JobState,
    /// 0 for the beginning of a video, 1 for what follows: all beginnings come first.
    pub lane: u8,
    /// Its place in the lane: lower is earlier.
    pub turn: i64,
    /// Who uploaded the video: turns are fair between uploaders.
    pub uploader: String,
    /// How often it was claimed: fences every write of an earlier holder.
    pub epoch: u32,
    /// Raised by the holder as long as it works.
    pub heartbeat: u64,
    /// The worker that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// Attempts that count: a lost lease or a worker's orderly stop does not.
    pub attempts: u32,
    /// Leases that were lost.
    pub losses: u32,
    /// When it is queued again, while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The newest wish of a viewer who waits for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted_at: Option<Timestamp>,
    /// When it was planned.
    pub created_at: Timestamp,
    /// When it was last claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// What it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Outputs>,
    /// Its last failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Events to publish.
    #[serde(flatten)]
    pub outbox: Outbox,
    /// Fields of other versions.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// What an attempt made and verified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outputs {
    /// The epoch under which it was made: part of the segments' keys.
    pub epoch: u32,
    /// How long the encoder ran, in milliseconds of wall time.
    pub encode_ms: u64,
    /// One entry per rendition; none for a job that makes a source.
    pub tracks: Vec<TrackOutput>,
    /// The source that was made, for a job that makes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceOutput>,
}

/// One rendition's share of a job's output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackOutput {
    /// The rendition's name.
    pub rendition: String,
    /// What its segments are.
    #[serde(default)]
    pub kind: TrackKind,
    /// SHA-256 of its initialization segment, lower-case hex: the same from every job. Only media have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_sha256: Option<String>,
    /// Its segments, in order.
    pub segments: Vec<SegmentOutput>,
}

impl TrackOutput {
    /// The key of one of its segments.
    #[must_use]
    pub fn segment_key(&self, stream: &StreamId, epoch: u32, index: u32) -> ObjectKey {
        let (stream, rendition) = (stream.clone(), self.rendition.clone());
        match self.kind {
            TrackKind::Media => ObjectKey::Segment { stream, rendition, epoch, index },
            TrackKind::Text => ObjectKey::Subtitles { stream, rendition, epoch, index },
            TrackKind::Stills => ObjectKey::Still { stream, rendition, epoch, index },
        }
    }
}

/// A media segment that is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentOutput {
    /// Its number in the presentation.
    pub index: u32,
    /// Its size.
    pub size_bytes: u64,
    /// SHA-256 of its bytes, lower-case hex.
    pub sha256: String,
    /// How long it plays, in microseconds.
    pub duration_us: u64,
    /// Where in it the pictures are that need no other, each with what a decoder needs before it; empty for sound.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keyframes: Vec<Span>,
}

/// A part of an object, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// From which byte.
    pub offset: u64,
    /// How many bytes.
    pub length: u64,
}

/// A source that a job made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceOutput {
    /// Its size.
    pub size_bytes: u64,
    /// SHA-256 of its bytes, lower-case hex.
    pub sha256: String,
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The class, which decides what follows.
    pub class: FailureClass,
    /// One line that says what happened.
    pub text: String,
    /// The end of what the encoder printed, at most 64 KiB.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stderr: String,
}

impl Job {
    /// A new job for a part of a planned video.
    #[must_use]
    pub fn planned(
        id: JobId,
        stream_id: StreamId,
        position: u32,
        part: Part,
        turn: i64,
        uploader: &str,
        now: Timestamp,
    ) -> Self {
        let lane = u8::from(!part.first);
        Self::new(id, stream_id, part.name, position, part.task, (lane, turn), uploader, now)
    }

    /// A new job that makes a video's source.
    #[must_use]
    pub fn test_source(
        id: JobId,
        stream_id: StreamId,
        task: EncodeTask,
        turn: i64,
        uploader: &str,
        now: Timestamp,
    ) -> Self {
        Self::new(id, stream_id, "test-source".to_owned(), 0, task, (0, turn), uploader, now)
    }

    #[expect(clippy::too_many_arguments, reason = "the one place where every field of a new job is named")]
    fn new(
        job_id: JobId,
        stream_id: StreamId,
        part: String,
        position: u32,
        task: EncodeTask,
        (lane, turn): (u8, i64),
        uploader: &str,
        now: Timestamp,
    ) -> Self {
        Self {
            job_id,
            stream_id,
            part,
            position,
            task,
            state: JobState::Queued,
            lane,
            turn,
            uploader: uploader.to_owned(),
            epoch: 0,
            heartbeat: 0,
            holder: None,
            attempts: 0,
            losses: 0,
            not_before: None,
            wanted_at: None,
            created_at: now,
            started_at: None,
            ended_at: None,
            outputs: None,
            failure: None,
            outbox: Outbox::default(),
            unknown: Unknown::new(),
        }
    }
}

impl Document for Job {
    const KIND: Kind = Kind::Job;

    fn id(&self) -> &str {
        self.job_id.as_str()
    }

    fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    fn outbox_mut(&mut self) -> &mut Outbox {
        &mut self.outbox
    }
}

#[cfg(test)]
mod tests;
