//! The recording of a live stream: a video that was never uploaded, and needs no encoding.

use super::{MeasuredRate, Video, VideoStatus};
use crate::{
    Timestamp,
    document::{Outbox, Unknown},
    index_set::IndexSet,
    live::{RENDITION, Stream},
    object::ObjectKey,
    rejection::{Rejection, RejectionCode},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a recording consists of. Its media playlist is the object `ObjectKey::Recording`; its segments are the stream's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// How many places its playlist has, gaps included.
    pub segments: u32,
    /// How many of them are gaps.
    pub gaps: u32,
    /// How long it is, in microseconds, gaps included.
    pub duration_us: u64,
    /// Codecs (RFC 6381), separated by commas, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codecs: Option<String>,
    /// Pictures per second, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_rate: Option<f64>,
}

impl Video {
    /// The recording of a stream that has ended, under the stream's own id: ready at once, unless nothing was recorded.
    #[must_use]
    pub fn recorded(stream: &Stream, recording: Recording, rate: MeasuredRate, now: Timestamp) -> Self {
        let stream_id = stream.stream_id.clone();
        let empty = recording.segments == recording.gaps;
        let reason = || Rejection::new(RejectionCode::NothingDecodes, "No segment of the live stream came.");
        let path = |key: ObjectKey| key.to_string();
        let playlist = ObjectKey::Playlist { stream: stream_id.clone(), rendition: RENDITION.to_owned() };
        Self {
            title: stream.title(),
            status: if empty { VideoStatus::Rejected } else { VideoStatus::Ready },
            reason: empty.then(reason),
            uploader: "live".to_owned(),
            resolution: stream.format.resolution.clone(),
            file_size_bytes: rate.bytes,
            checksum: String::new(),
            duration_seconds: recording.duration_us as f64 / 1e6,
            audio_track_id: stream.format.audio_track_id.clone(),
            raw_path: path(ObjectKey::Recording { stream: stream_id.clone() }),
            keyframe_aligned: true,
            test_source: None,
            created_at: stream.created_at,
            processing_started_at: stream.ended_at,
            transcoding_started_at: None,
            playable_at: Some(now),
            completed_at: Some(now),
            processing_latency_ms: stream.ended_at.map(|ended| now.millis_since(ended)),
            variants_generated: vec![RENDITION.to_owned()],
            variant_paths: BTreeMap::from([(RENDITION.to_owned(), path(playlist))]),
            manifest_path: Some(path(ObjectKey::Master { stream: stream_id.clone() })),
            media: None,
            plan: None,
            parts_done: IndexSet::default(),
            progress_percent: 100,
            inits: BTreeMap::new(),
            rates: BTreeMap::from([(RENDITION.to_owned(), rate)]),
            keyframe_rates: BTreeMap::new(),
            recording: Some(recording),
            outbox: Outbox::default(),
            unknown: Unknown::new(),
            stream_id,
        }
    }
}
