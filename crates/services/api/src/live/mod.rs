//! Live streams: started, ended, watched. Their playlists come from the log and are answered from memory.

pub(crate) mod catalog;
pub(crate) mod end;
mod filler;
mod freshness;
mod listing;
pub(crate) mod play;
mod playlists;
mod recent;
mod recordings;
pub(crate) mod start;
pub(crate) mod uploads;
pub(crate) mod view;

pub(crate) use freshness::watch as watch_freshness;
pub(crate) use playlists::Playlists;
pub(crate) use recent::Recent;
pub(crate) use recordings::Recordings;

use crate::{
    problem::{Code, Problem},
    state::State,
};
use domain::{StreamId, live::Stream};
use std::sync::Arc;

impl State {
    /// A live stream of an id from outside, as it is now.
    async fn stream(&self, id: &str) -> Result<Stream, Problem> {
        let stream = live_id(id)?;
        self.streams.get(stream.as_str()).await?.ok_or_else(|| no_stream(id))
    }

    /// The same, as it was within the last second: one read for all who ask.
    async fn recent_stream(&self, id: &StreamId) -> Result<Arc<Stream>, Problem> {
        self.recent.get(&self.streams, &*self.clock, id).await?.ok_or_else(|| no_stream(id.as_str()))
    }
}

fn live_id(id: &str) -> Result<StreamId, Problem> {
    id.parse::<StreamId>().ok().filter(StreamId::is_live).ok_or_else(|| no_stream(id))
}

fn no_stream(id: &str) -> Problem {
    let shown: String = id.chars().take(64).collect();
    Problem::new(
        Code::NotFound,
        format!("There is no live stream {shown:?}. GET /streams lists what there is."),
    )
}
