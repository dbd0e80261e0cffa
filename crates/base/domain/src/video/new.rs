//! A new video: what an upload says of itself, and the document that it begins with.

use super::{TestSource, Video, VideoStatus};
use crate::{
    StreamId, Timestamp,
    document::{Outbox, Unknown},
    index_set::IndexSet,
    job::SourceOutput,
    object::ObjectKey,
};
use std::collections::BTreeMap;

/// What an upload says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct NewVideo {
    /// The id that was chosen for it.
    pub stream_id: StreamId,
    /// Its title.
    pub title: String,
    /// Who uploads it.
    pub uploader: String,
    /// The resolution that is claimed; empty when unknown.
    pub resolution: String,
    /// The length that is claimed, in seconds; 0 when unknown.
    pub duration_seconds: f64,
    /// The uploader's own name for the sound.
    pub audio_track_id: Option<String>,
    /// Where its bytes come from.
    pub source: NewSource,
}

/// Where a new video's bytes come from.
#[derive(Debug, Clone, PartialEq)]
pub enum NewSource {
    /// They were uploaded and are stored.
    Stored(SourceOutput),
    /// Only metadata was sent: a test card of the claimed size stands in.
    TestCard {
        /// The card to make.
        card: TestSource,
        /// The size that the uploader claims.
        claimed_bytes: u64,
    },
}

impl Video {
    /// A new video, with the event that tells of it.
    #[must_use]
    pub fn uploaded(new: NewVideo, now: Timestamp) -> Self {
        let raw_path = ObjectKey::Source { stream: new.stream_id.clone() }.to_string();
        let (file_size_bytes, checksum, test_source) = match new.source {
            NewSource::Stored(source) => (source.size_bytes, source.sha256, None),
            NewSource::TestCard { card, claimed_bytes } => (claimed_bytes, String::new(), Some(card)),
        };
        let mut video = Self {
            stream_id: new.stream_id,
            title: new.title,
            status: VideoStatus::Uploaded,
            reason: None,
            uploader: new.uploader,
            resolution: new.resolution,
            file_size_bytes,
            checksum,
            duration_seconds: new.duration_seconds,
            audio_track_id: new.audio_track_id,
            raw_path,
            keyframe_aligned: true,
            test_source,
            created_at: now,
            processing_started_at: None,
            transcoding_started_at: None,
            playable_at: None,
            completed_at: None,
            processing_latency_ms: None,
            variants_generated: Vec::new(),
            variant_paths: BTreeMap::new(),
            manifest_path: None,
            media: None,
            plan: None,
            parts_done: IndexSet::default(),
            progress_percent: 0,
            inits: BTreeMap::new(),
            rates: BTreeMap::new(),
            keyframe_rates: BTreeMap::new(),
            recording: None,
            outbox: Outbox::default(),
            unknown: Unknown::new(),
        };
        video.tell_uploaded(now);
        video
    }

    /// The source exists, byte for byte, in the object store.
    #[must_use]
    pub fn has_source(&self) -> bool {
        !self.checksum.is_empty()
    }
}
