//! What every handler of a request may use.

use crate::{
    Config,
    bell::Bell,
    live::{Playlists, Recent, Recordings},
    metrics::Metrics,
    playback::Tokens,
    problem::{Code, Problem},
};
use domain::{
    StreamId,
    job::Job,
    letter::Letter,
    live::{LiveSegmentRecord, Stream},
    video::Video,
};
use ports::{Clock, Documents, EventLog, ObjectStore};
use prometheus::Registry;
use service_kit::{Collection, Relay};
use std::sync::Arc;

/// The state of the API, shared by all requests.
#[derive(Clone)]
pub(crate) struct State(Arc<Shared>);

/// What is shared.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) documents: Arc<dyn Documents>,
    pub(crate) videos: Collection<Video>,
    pub(crate) jobs: Collection<Job>,
    pub(crate) streams: Collection<Stream>,
    pub(crate) segments: Collection<LiveSegmentRecord>,
    pub(crate) letters: Collection<Letter>,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) relay: Relay,
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) tokens: Tokens,
    pub(crate) bell: Bell,
    pub(crate) playlists: Playlists,
    pub(crate) recent: Recent,
    pub(crate) recordings: Recordings,
    pub(crate) metrics: Metrics,
    pub(crate) registry: Registry,
}

impl State {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// The video of an id from outside, which may be any text.
    pub(crate) async fn video(&self, id: &str) -> Result<Video, Problem> {
        let stream: StreamId = id.parse().map_err(|_| Problem::no_video(id))?;
        if let Some(video) = self.videos.get(stream.as_str()).await? {
            return Ok(video);
        }
        Err(match self.stream_of(id).await? {
            Some(stream) => Problem::new(
                Code::NotPlayableYet,
                format!(
                    "The stream is {}, and no recording yet: GET /streams/{id}/live.",
                    stream.status.name()
                ),
            ),
            None => Problem::no_video(id),
        })
    }

    /// The live stream of an id from outside, if there is one.
    pub(crate) async fn stream_of(&self, id: &str) -> Result<Option<Stream>, Problem> {
        match id.parse::<StreamId>().ok().filter(StreamId::is_live) {
            Some(stream) => Ok(self.streams.get(stream.as_str()).await?),
            None => Ok(None),
        }
    }
}

impl std::ops::Deref for State {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
