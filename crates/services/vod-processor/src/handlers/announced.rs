//! The original's producer tells of a video: a test card stands in for the bytes that it never stored.

use super::{ProcessError, Processor};
use domain::{
    event::Announced,
    video::{NewSource, NewVideo, TestSource, Video, claimed_resolution},
};

/// The uploader of videos that came by an event: they share one turn.
const UPLOADER: &str = "events";

impl Processor {
    /// Records the video, unless there is one of this id; the rest goes its ordinary way.
    pub(crate) async fn on_announced(&self, announced: Announced) -> Result<(), ProcessError> {
        let seconds = announced.duration_ms as f64 / 1000.0;
        let claimed = claimed_resolution(&announced.resolution).unwrap_or((1920, 1080));
        let card = TestSource::claimed(claimed, seconds, self.simulated_source_max_ms);
        let new = NewVideo {
            stream_id: announced.stream_id,
            title: announced.title,
            uploader: UPLOADER.to_owned(),
            resolution: announced.resolution,
            duration_seconds: seconds,
            audio_track_id: announced.audio_track_id,
            source: NewSource::TestCard { card, claimed_bytes: announced.size_bytes },
        };
        self.videos.insert(&Video::uploaded(new, self.clock.now())).await?;
        Ok(())
    }
}
