//! A live stream's document.

use super::{StreamStatus, TARGET_DURATION, Timeline};
use crate::{
    StreamId, Timestamp,
    collection::Kind,
    document::{Document, Outbox, Unknown},
    object::ObjectKey,
};
use serde::{Deserialize, Serialize};

/// A live stream's document. Field names are those of the original pipeline where it had them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stream {
    /// Its id.
    pub stream_id: StreamId,
    /// Where it stands.
    pub status: StreamStatus,
    /// The caller's own name for it, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_id: Option<String>,
    /// The home team.
    pub home_team: String,
    /// The visiting team.
    pub away_team: String,
    /// The competition.
    pub competition: String,
    /// The longest that a rounded segment may be, in whole seconds: fixed for the stream's life.
    pub target_duration: u32,
    /// When it was started.
    pub created_at: Timestamp,
    /// When somebody ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// When its recording became a video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// When servers of viewers were told to forget its playlist, which the catalog still has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playlist_retired_at: Option<Timestamp>,
    /// Where the archived playlist is: `/bucket/key`.
    pub manifest_path: String,
    /// When its playlist last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest_updated_at: Option<Timestamp>,
    /// The number of the oldest segment that viewers can go back to.
    #[serde(default)]
    pub dvr_window_start: u32,
    /// From the newest segment's event to its decision, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processing_latency_ms: Option<u64>,
    /// What its segments are made of, as far as known.
    #[serde(default)]
    pub format: Format,
    /// What is decided about its segments.
    #[serde(default)]
    pub timeline: Timeline,
    /// Events to publish.
    #[serde(flatten)]
    pub outbox: Outbox,
    /// Fields of other versions.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// What segments are made of. Another format than that of the segment before is a discontinuity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Format {
    /// `WIDTHxHEIGHT`; empty when unknown.
    #[serde(default)]
    pub resolution: String,
    /// Codecs (RFC 6381), separated by commas, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codecs: Option<String>,
    /// Pictures per second, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_rate: Option<f64>,
    /// The encoder's own name for the sound, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_track_id: Option<String>,
    /// The encoder's own name for the pictures, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_track_id: Option<String>,
}

/// What is said of a stream when it is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStream {
    /// The id that was chosen for it: [`StreamId::live`], or [`StreamId::live_of_match`] when it has a match id.
    pub stream_id: StreamId,
    /// The caller's own name for it, if given.
    pub match_id: Option<String>,
    /// The home team.
    pub home_team: String,
    /// The visiting team.
    pub away_team: String,
    /// The competition.
    pub competition: String,
    /// The longest that a rounded segment may be, in whole seconds; [`TARGET_DURATION`] when not given.
    pub target_duration: Option<u32>,
}

impl Stream {
    /// A new stream.
    #[must_use]
    pub fn started(new: NewStream, now: Timestamp) -> Self {
        let manifest_path = ObjectKey::LivePlaylist { stream: new.stream_id.clone() }.to_string();
        Self {
            stream_id: new.stream_id,
            status: StreamStatus::Live,
            match_id: new.match_id,
            home_team: new.home_team,
            away_team: new.away_team,
            competition: new.competition,
            target_duration: new.target_duration.unwrap_or(TARGET_DURATION),
            created_at: now,
            ended_at: None,
            completed_at: None,
            playlist_retired_at: None,
            manifest_path,
            manifest_updated_at: None,
            dvr_window_start: 0,
            processing_latency_ms: None,
            format: Format::default(),
            timeline: Timeline::default(),
            outbox: Outbox::default(),
            unknown: Unknown::new(),
        }
    }

    /// The title of its recording.
    #[must_use]
    pub fn title(&self) -> String {
        let teams = format!("{} - {}", self.home_team, self.away_team);
        if self.competition.is_empty() { teams } else { format!("{}: {teams}", self.competition) }
    }
}

impl Document for Stream {
    const KIND: Kind = Kind::Stream;

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
