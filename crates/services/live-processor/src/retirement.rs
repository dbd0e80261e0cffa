//! Letting go of the playlists of streams that ended long ago: a tombstone lets the compacted topic, and everybody who follows
//! it, forget them. The catalog keeps what they say.

use crate::shared::{LiveError, Shared, unless_refused};
use domain::{
    collection::STREAMS_BY_STATUS,
    event::Topic,
    live::{Stream, StreamStatus},
};
use futures::TryStreamExt;
use ports::{Query, Record};
use service_kit::repeat;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Viewers may hold a live playlist open for so long after its end.
const KEPT: Duration = Duration::from_secs(6 * 3600);
const LOOK_EVERY: Duration = Duration::from_secs(3600);
/// Streams that were started earlier were looked at often enough.
const LOOK_BACK: Duration = Duration::from_secs(30 * 24 * 3600);
const PAGE: u32 = 100;

/// Looks every hour until told to stop.
pub(crate) async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    repeat(LOOK_EVERY, &*shared.clock, &stop, || async {
        if let Err(error) = retire_all(&shared).await {
            tracing::warn!(%error, "old playlists could not be let go");
        }
    })
    .await;
}

async fn retire_all(shared: &Shared) -> Result<(), LiveError> {
    let now = shared.clock.now();
    let ended = Query::of(STREAMS_BY_STATUS, vec![StreamStatus::Vod.name().into()], PAGE);
    let mut streams = shared.streams.every(ended.at_least((now - LOOK_BACK).to_string().into()));
    while let Some(stream) = streams.try_next().await? {
        let old = stream.completed_at.is_some_and(|completed| completed + KEPT < now);
        if !old || stream.playlist_retired_at.is_some() {
            continue;
        }
        let tombstone = Record { key: stream.stream_id.to_string(), payload: None, headers: Vec::new() };
        shared.log.publish(Topic::LivePlaylists, tombstone).await?;
        let step = |stream: Stream| stream.retire_playlist(now);
        unless_refused(shared.streams.change(stream.stream_id.as_str(), step).await)?;
    }
    Ok(())
}
