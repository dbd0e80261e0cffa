//! A video: its document.

mod new;
mod rates;
mod recording;
mod status;
mod test_source;
mod transition;

pub use new::{NewSource, NewVideo};
pub use rates::{MeasuredRate, Piece};
pub use recording::Recording;
pub use status::VideoStatus;
pub use test_source::{TestSource, claimed_resolution};
pub use transition::VideoRefusal;

use crate::{
    StreamId, Timestamp,
    collection::Kind,
    document::{Document, Outbox, Unknown},
    index_set::IndexSet,
    media::MediaInfo,
    plan::Plan,
    rejection::Rejection,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A video's document. Field names are those of the original pipeline where it had them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Video {
    /// Its id.
    pub stream_id: StreamId,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub status: VideoStatus,
    /// Why it failed or was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Rejection>,
    /// Who uploaded it: turns in the queue are fair between uploaders.
    pub uploader: String,
    /// `WIDTHxHEIGHT`: as claimed at first, as found later.
    pub resolution: String,
    /// The source's size.
    pub file_size_bytes: u64,
    /// The source's SHA-256, lower-case hex; empty while the source has yet to be made.
    pub checksum: String,
    /// The length in seconds: as claimed at first, as found later.
    pub duration_seconds: f64,
    /// The uploader's own name for the sound, if given.
    #[serde(default)]
    pub audio_track_id: Option<String>,
    /// Where the source is: `/bucket/key`.
    pub raw_path: String,
    /// Every segment begins with a keyframe.
    pub keyframe_aligned: bool,
    /// The test card to make as its source, when only metadata was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_source: Option<TestSource>,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// When its source was first looked into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processing_started_at: Option<Timestamp>,
    /// When it was planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcoding_started_at: Option<Timestamp>,
    /// When its beginning was encoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playable_at: Option<Timestamp>,
    /// When it ended, however it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// From the upload to `ready`, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processing_latency_ms: Option<u64>,
    /// Renditions that it has, by name.
    #[serde(default)]
    pub variants_generated: Vec<String>,
    /// Where each rendition's archived playlist is: `/bucket/key`.
    #[serde(default)]
    pub variant_paths: BTreeMap<String, String>,
    /// Where the archived multivariant playlist is: `/bucket/key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest_path: Option<String>,
    /// What was found in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<MediaInfo>,
    /// What was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// The parts that are done, by position in the plan.
    #[serde(default)]
    pub parts_done: IndexSet,
    /// Share of the parts that are done, in percent.
    pub progress_percent: u8,
    /// SHA-256 of each rendition's initialization segment, from the first part that made one.
    #[serde(default)]
    pub inits: BTreeMap<String, String>,
    /// What each rendition's segments measure so far.
    #[serde(default)]
    pub rates: BTreeMap<String, MeasuredRate>,
    /// What the keyframes of each rendition measure, as they would be played by themselves.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keyframe_rates: BTreeMap<String, MeasuredRate>,
    /// What it consists of, when it is the recording of a live stream: such a video has no plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<Recording>,
    /// Events to publish.
    #[serde(flatten)]
    pub outbox: Outbox,
    /// Fields of other versions.
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Document for Video {
    const KIND: Kind = Kind::Video;

    fn id(&self) -> &str {
        self.stream_id.as_str()
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
