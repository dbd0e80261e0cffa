//! What every handler of a request may use.

use crate::{Config, bell::Bell, metrics::Metrics, playback::Tokens, problem::Problem};
use domain::{StreamId, job::Job, letter::Letter, video::Video};
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
    pub(crate) letters: Collection<Letter>,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) relay: Relay,
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) tokens: Tokens,
    pub(crate) bell: Bell,
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
        self.videos.get(stream.as_str()).await?.ok_or_else(|| Problem::no_video(id))
    }
}

impl std::ops::Deref for State {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
