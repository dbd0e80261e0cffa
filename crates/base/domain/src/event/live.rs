//! Events of live streams. Field names are those of the original pipeline's events.

use crate::{StreamId, Timestamp};
use serde::{Deserialize, Serialize};

/// A live segment that is stored under `ObjectKey::LiveSegment`. Numbers of a stream rise and never repeat: an encoder that
/// restarts goes on counting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveSegment {
    /// The stream.
    pub stream_id: StreamId,
    /// Always `live`.
    pub stream_type: String,
    /// The segment's number again, as the original has it.
    pub chunk_index: u32,
    /// The segment's number in the stream: one more than its predecessor's.
    pub sequence_number: u32,
    /// Its size.
    pub size_bytes: u64,
    /// Its SHA-256, lower-case hex; an MD5 in the original's events.
    pub checksum: String,
    /// How long it plays, in whole milliseconds.
    pub duration_ms: u64,
    /// How long it plays, in microseconds: whole milliseconds drift at 29.97 pictures a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_us: Option<u64>,
    /// The wall-clock time of its first picture; without it, that of the event less its duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program_date_time: Option<Timestamp>,
    /// The presentation timestamp of its first picture, in 1/90000 s modulo 2^33 (ISO/IEC 13818-1 2.4.3.6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_pts: Option<u64>,
    /// What made it: another text means that the encoder was restarted and its timestamps begin anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<String>,
    /// It begins with a keyframe.
    #[serde(default = "yes")]
    pub keyframe_aligned: bool,
    /// `WIDTHxHEIGHT`; empty when unknown.
    #[serde(default)]
    pub resolution: String,
    /// Its codecs (RFC 6381), separated by commas, such as `avc1.64001f,mp4a.40.2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codecs: Option<String>,
    /// Pictures per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_rate: Option<f64>,
    /// The encoder's own name for the sound.
    #[serde(default)]
    pub audio_track_id: Option<String>,
    /// The encoder's own name for the pictures.
    #[serde(default)]
    pub video_track_id: Option<String>,
    /// Where it is: `/bucket/key`.
    #[serde(default)]
    pub raw_path: String,
    /// The home team.
    #[serde(default)]
    pub match_home: Option<String>,
    /// The visiting team.
    #[serde(default)]
    pub match_away: Option<String>,
    /// The competition.
    #[serde(default)]
    pub competition: Option<String>,
}

impl LiveSegment {
    /// How long it plays, in microseconds, as exactly as the event says it.
    #[must_use]
    pub fn duration_us(&self) -> u64 {
        self.duration_us.unwrap_or_else(|| self.duration_ms.saturating_mul(1000))
    }
}

/// A live stream's playlist as it is from now on. Of two, the one with the higher `(epoch, playlist_version)` is the newer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedPlaylist {
    /// The stream.
    pub stream_id: StreamId,
    /// Rises with each owner of the stream.
    pub epoch: u64,
    /// Rises with each change of the playlist; `version` is that of the event's fields.
    pub playlist_version: u64,
    /// The media playlist, with segments as `{n}.ts`.
    pub playlist: String,
}

fn yes() -> bool {
    true
}
