//! The thread that uploads.

use crate::{Config, client::Client, journal::Journal, media::Episode, metrics::Metrics};
use domain::{StreamId, event::Topic};
use ports::Clock;
use service_kit::until_available;
use std::{ops::RangeInclusive, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Uploads episodes, and deletes the oldest of its own.
pub(crate) struct Uploader {
    pub(crate) client: Client,
    pub(crate) journal: Arc<Journal>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Metrics,
    pub(crate) config: Config,
}

impl Uploader {
    /// Uploads until told to stop.
    pub(crate) async fn run(self, episodes: Vec<Episode>, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.upload_forever(&episodes) => {}
        }
    }

    async fn upload_forever(&self, episodes: &[Episode]) {
        loop {
            let Some(episode) = one_of(episodes, self.clock.chance()) else { return };
            self.upload(episode).await;
            self.tidy_up().await;
            self.clock.sleep(between(&self.config.upload_interval, self.clock.chance())).await;
        }
    }

    async fn upload(&self, episode: &Episode) {
        let mut random = [0; 6];
        self.clock.random(&mut random);
        let id = StreamId::vod(random);
        // Before it is there: what a crash leaves behind is known.
        self.journal.note(|entries| entries.videos.push_back(id.clone()));
        let active = self.metrics.active_streams.with_label_values(&["vod"]);
        active.set(1);
        let uploading = || self.client.upload(&id, episode);
        let uploaded = until_available(&*self.clock, "uploading a video", uploading).await;
        active.set(0);
        match uploaded {
            Ok(()) => {
                self.metrics.messages.with_label_values(&["vod", Topic::VodChunks.name()]).inc();
                self.metrics.bytes.with_label_values(&["vod"]).inc_by(episode.bytes.len() as u64);
                tracing::debug!(stream_id = %id, title = episode.title, "uploaded");
            }
            Err(error) => tracing::warn!(stream_id = %id, %error, "a video was not uploaded"),
        }
    }

    async fn tidy_up(&self) {
        let keep = self.config.keep_videos;
        while let Some(oldest) = surplus(&self.journal.entries().videos, keep) {
            let deleting = || self.client.delete(&oldest);
            if let Err(error) = until_available(&*self.clock, "deleting a video", deleting).await {
                tracing::warn!(stream_id = %oldest, %error, "a video stays");
            }
            self.journal.note(|entries| entries.videos.retain(|id| *id != oldest));
        }
    }
}

/// The oldest of more than are to be kept; 0 keeps all.
pub(crate) fn surplus(own: &std::collections::VecDeque<StreamId>, keep: usize) -> Option<StreamId> {
    (keep > 0 && own.len() > keep).then(|| own.front().cloned()).flatten()
}

/// One of some, by a number in 0..1.
fn one_of(episodes: &[Episode], chance: f64) -> Option<&Episode> {
    episodes.get((chance * episodes.len() as f64) as usize)
}

/// A time in this range, by a number in 0..1.
fn between(range: &RangeInclusive<Duration>, chance: f64) -> Duration {
    *range.start() + (*range.end() - *range.start()).mul_f64(chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_when_there_are_too_many() {
        let own: std::collections::VecDeque<_> = (0..3).map(|n| StreamId::vod([n; 6])).collect();
        assert_eq!(surplus(&own, 2), Some(StreamId::vod([0; 6])));
        assert_eq!((surplus(&own, 3), surplus(&own, 0)), (None, None));
    }

    #[test]
    fn times_lie_in_their_range() {
        let range = Duration::from_secs(10)..=Duration::from_secs(20);
        assert_eq!(between(&range, 0.0), Duration::from_secs(10));
        assert_eq!(between(&range, 0.5), Duration::from_secs(15));
        assert!(between(&range, 0.999_999) < Duration::from_secs(20));
    }
}
