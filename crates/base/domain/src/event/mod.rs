//! Events: what the services tell each other, as JSON, with an id, a type and a version.

mod decode;
mod live;
mod original;

pub use decode::{Undecodable, decode};
pub use live::{LiveSegment, PublishedPlaylist};
pub use original::Announced;

use crate::{EventId, JobId, StreamId, Timestamp, job::JobState};
use serde::{Deserialize, Serialize};

/// The version that this code writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// A topic of the event log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// A source is ready to process, or was deleted. Key: the video.
    VodChunks,
    /// A doorbell for workers: there is something to claim. Key: a job.
    TranscodeTasks,
    /// A job has ended. Key: its video.
    TranscodeResults,
    /// A live segment is stored, or a live stream ends. Key: the stream.
    LiveChunks,
    /// The newest playlist of each live stream; compacted. Key: the stream.
    LivePlaylists,
    /// What an encoder is asked: to send a segment again. Key: the stream.
    LiveControl,
    /// What could not be handled, with its reason and origin.
    DeadLetters,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 7] = [
        Self::VodChunks,
        Self::TranscodeTasks,
        Self::TranscodeResults,
        Self::LiveChunks,
        Self::LivePlaylists,
        Self::LiveControl,
        Self::DeadLetters,
    ];

    /// The topic's default name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::VodChunks => "vod-chunks",
            Self::TranscodeTasks => "transcode-tasks",
            Self::TranscodeResults => "transcode-results",
            Self::LiveChunks => "live-chunks",
            Self::LivePlaylists => "live-playlists",
            Self::LiveControl => "live-control",
            Self::DeadLetters => "dead-letters",
        }
    }

    /// Into how many partitions it is cut.
    #[must_use]
    pub fn partitions(self) -> u32 {
        match self {
            Self::VodChunks | Self::LiveControl | Self::DeadLetters => 3,
            Self::TranscodeTasks => 12,
            Self::TranscodeResults | Self::LiveChunks | Self::LivePlaylists => 6,
        }
    }

    /// Whether only the newest record of each key matters, so that older ones may go.
    #[must_use]
    pub fn is_compacted(self) -> bool {
        self == Self::LivePlaylists
    }
}

/// An event with what every event has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// Its effects happen once per id.
    pub event_id: EventId,
    /// The version of its fields.
    pub version: u32,
    /// When it was caused.
    pub timestamp: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Event {
    /// A source is complete in the object store, or is to be made.
    #[serde(rename = "vod.uploaded")]
    Uploaded(Uploaded),
    /// The original pipeline's producer tells of a video of which it stored no bytes.
    #[serde(rename = "vod.announced")]
    Announced(Announced),
    /// A video is to be removed with everything it had.
    #[serde(rename = "vod.deleted")]
    Deleted {
        /// The video.
        stream_id: StreamId,
    },
    /// There is something to claim: a hint.
    #[serde(rename = "job.queued")]
    JobQueued {
        /// One of the jobs.
        job_id: JobId,
        /// Its video.
        stream_id: StreamId,
    },
    /// A job has ended.
    #[serde(rename = "job.ended")]
    JobEnded {
        /// The job.
        job_id: JobId,
        /// Its video.
        stream_id: StreamId,
        /// How it ended: `done`, `dead` or `rejected`.
        state: JobState,
    },
    /// A live segment is stored.
    #[serde(rename = "live.segment")]
    LiveSegment(LiveSegment),
    /// A live stream ends: nothing that is published after this belongs to it.
    #[serde(rename = "live.ended")]
    LiveEnded {
        /// The stream.
        stream_id: StreamId,
    },
    /// A live segment is missing or its bytes are not what its event says: its encoder is to send it again.
    #[serde(rename = "live.resend")]
    LiveResend {
        /// The stream.
        stream_id: StreamId,
        /// The segment's number.
        sequence_number: u32,
    },
    /// A live stream has another playlist.
    #[serde(rename = "live.playlist")]
    LivePlaylist(PublishedPlaylist),
    /// A job is dead: it goes to the dead letters, from where it can be asked for again.
    #[serde(rename = "job.dead")]
    JobDead {
        /// The job.
        job_id: JobId,
        /// Its video.
        stream_id: StreamId,
        /// Its part's name within the video, such as `chunk-3`.
        part: String,
        /// One line that says what happened.
        reason: String,
        /// The end of what the encoder printed, at most 64 KiB.
        stderr: String,
    },
}

/// A source that was uploaded. Field names are those of the original pipeline's events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Uploaded {
    /// The video.
    pub stream_id: StreamId,
    /// Always `vod`.
    pub stream_type: String,
    /// A source is one piece: 0.
    pub chunk_index: u32,
    /// A source is one piece: 0.
    pub sequence_number: u64,
    /// The source's size.
    pub size_bytes: u64,
    /// The source's SHA-256, lower-case hex.
    pub checksum: String,
    /// The length that the uploader claims, in milliseconds; 0 when unknown.
    pub duration_ms: u64,
    /// The resolution that the uploader claims, such as `1920x1080`; empty when unknown.
    pub resolution: String,
    /// The title.
    pub title: String,
    /// Where the source is: `/bucket/key`.
    pub raw_path: String,
    /// A source begins with a keyframe.
    pub keyframe_aligned: bool,
    /// The uploader's own name for the sound, if given.
    pub audio_track_id: Option<String>,
}

/// An event with the address it is to be published under.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outgoing {
    /// The topic.
    pub topic: Topic,
    /// The key, which fixes the partition and with it the order.
    pub key: String,
    /// The event.
    #[serde(flatten)]
    pub event: Envelope,
}

impl Envelope {
    /// The event that `subject` causes by reaching `state`.
    #[must_use]
    pub fn new(subject: &str, state: &str, now: Timestamp, event: Event) -> Self {
        Self { event_id: EventId::derive(subject, state), version: VERSION, timestamp: now, event }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What version 1 looks like on the log: it decodes for ever, and is written just so.
    const FROZEN: &str = r#"{"event_id":"e1","version":1,"timestamp":"2026-01-02T03:04:05.678Z","type":"vod.uploaded","stream_id":"vod-0123456789ab","stream_type":"vod","chunk_index":0,"sequence_number":0,"size_bytes":7,"checksum":"aa","duration_ms":0,"resolution":"","title":"T","raw_path":"/vod-raw/vod-0123456789ab/source","keyframe_aligned":true,"audio_track_id":null}"#;

    /// The same of the events of live streams.
    const FROZEN_LIVE: [&str; 4] = [
        r#"{"event_id":"e1","version":1,"timestamp":"2026-01-02T03:04:05.678Z","type":"live.segment","stream_id":"live-0123456789","stream_type":"live","chunk_index":7,"sequence_number":7,"size_bytes":1316,"checksum":"aa","duration_ms":500,"duration_us":500500,"program_date_time":"2026-01-02T03:04:05.000Z","first_pts":90000,"encoder":"e","keyframe_aligned":true,"resolution":"320x180","codecs":"avc1.64000d,mp4a.40.2","frame_rate":25.0,"audio_track_id":null,"video_track_id":null,"raw_path":"/live-streams/live-0123456789/chunks/7.ts","match_home":null,"match_away":null,"competition":null}"#,
        r#"{"event_id":"e1","version":1,"timestamp":"2026-01-02T03:04:05.678Z","type":"live.ended","stream_id":"live-0123456789"}"#,
        r#"{"event_id":"e1","version":1,"timestamp":"2026-01-02T03:04:05.678Z","type":"live.resend","stream_id":"live-0123456789","sequence_number":7}"#,
        r##"{"event_id":"e1","version":1,"timestamp":"2026-01-02T03:04:05.678Z","type":"live.playlist","stream_id":"live-0123456789","epoch":1,"playlist_version":2,"playlist":"#EXTM3U\n"}"##,
    ];

    #[test]
    fn version_1_is_frozen() {
        for frozen in [FROZEN].iter().chain(&FROZEN_LIVE) {
            let event: Envelope = serde_json::from_str(frozen).unwrap();
            assert_eq!(serde_json::to_string(&event).unwrap(), *frozen);
        }
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let newer = FROZEN.replacen('{', r#"{"shoe_size":43,"#, 1);
        assert!(serde_json::from_str::<Envelope>(&newer).is_ok());
    }
}
