//! Events of the original pipeline's producer: no `event_id`, no `type`, no `version`, an MD5 checksum, no stored bytes.

use super::{Envelope, Event, LiveSegment, decode::Undecodable};
use crate::{EventId, StreamId, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};

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
    match kind.stream_type.as_str() {
        "vod" => {
            let announced: Announced = serde_json::from_slice(bytes)?;
            Ok(envelope(announced.stream_id.as_str(), "announced", 0, Event::Announced(announced.clone())))
        }
        "live" => live_segment(bytes),
        other => Err(Undecodable::Kind(other.chars().take(64).collect())),
    }
}

/// A live segment of which no bytes are stored: its checksum is an MD5, so nobody looks for them.
fn live_segment(bytes: &[u8]) -> Result<Envelope, Undecodable> {
    let segment: LiveSegment = serde_json::from_slice(bytes)?;
    let Clocked { timestamp } = serde_json::from_slice(bytes)?;
    let state = format!("segment {}", segment.sequence_number);
    let millis = timestamp.unwrap_or(0.0) * 1000.0;
    Ok(envelope(segment.stream_id.as_str(), &state, millis as i64, Event::LiveSegment(segment.clone())))
}

/// Seconds since the Unix epoch, where the producer wrote a number. Some wrote a local time without saying where: of no
/// use.
#[derive(Deserialize)]
struct Clocked {
    #[serde(default, deserialize_with = "number")]
    timestamp: Option<f64>,
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Ok(serde_json::Value::deserialize(deserializer)?.as_f64())
}

fn envelope(subject: &str, state: &str, millis: i64, event: Event) -> Envelope {
    let event_id = EventId::derive(subject, state);
    Envelope { event_id, version: super::VERSION, timestamp: Timestamp::from_millis(millis), event }
}
