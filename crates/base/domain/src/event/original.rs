//! Events of the original pipeline's producer: no `event_id`, no `type`, no `version`, an MD5 checksum, no stored bytes.

use super::{Envelope, Event, decode::Undecodable};
use crate::{EventId, StreamId, Timestamp};
use serde::{Deserialize, Serialize};

/// A video that the original's producer tells of. Field names are its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Announced {
    /// The video.
    pub stream_id: StreamId,
    /// The title.
    #[serde(default)]
    pub title: String,
    /// The length, in milliseconds.
    #[serde(default)]
    pub duration_ms: u64,
    /// `WIDTHxHEIGHT`.
    #[serde(default)]
    pub resolution: String,
    /// The size of the file that the metadata is about.
    #[serde(default)]
    pub size_bytes: u64,
    /// A name for the sound.
    #[serde(default)]
    pub audio_track_id: Option<String>,
}

#[derive(Deserialize)]
struct Kind {
    stream_type: String,
}

/// Reads an event of the original's producer. It has no version: this is all it ever sent.
pub(super) fn decode(bytes: &[u8]) -> Result<Envelope, Undecodable> {
    let kind: Kind = serde_json::from_slice(bytes)?;
    if kind.stream_type != "vod" {
        let shown: String = kind.stream_type.chars().take(64).collect();
        return Err(Undecodable::Kind(shown));
    }
    let announced: Announced = serde_json::from_slice(bytes)?;
    let event_id = EventId::derive(announced.stream_id.as_str(), "announced");
    // Its own time is of no use: some of its producers wrote a local one without saying where.
    let timestamp = Timestamp::from_millis(0);
    Ok(Envelope { event_id, version: super::VERSION, timestamp, event: Event::Announced(announced) })
}
