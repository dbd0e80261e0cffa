//! Finding streams that have gone silent. A stream is stalled when its playlist has not changed for long by this process's own
//! steady clock; no two machines' clocks are compared.

use crate::shared::{LiveError, Shared, unless_refused};
use domain::{
    StreamId,
    collection::STREAMS_BY_STATUS,
    live::{Stream, StreamStatus},
};
use futures::TryStreamExt;
use ports::{Monotonic, Query};
use std::{collections::HashMap, sync::Arc};
use tokio_util::sync::CancellationToken;

const PAGE: u32 = 100;

/// The version of each live stream, and since when it is that.
type Seen = HashMap<StreamId, (u64, Monotonic)>;

/// Looks until told to stop.
pub(crate) async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    let mut seen = Seen::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = shared.clock.sleep(shared.config.stalled_after / 4) => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            looked = look(&shared, &mut seen) => if let Err(error) = looked {
                tracing::warn!(%error, "silent streams could not be looked for");
            },
        }
    }
}

async fn look(shared: &Shared, seen: &mut Seen) -> Result<(), LiveError> {
    let mut live = Seen::new();
    let of_status = Query::of(STREAMS_BY_STATUS, vec![StreamStatus::Live.name().into()], PAGE);
    let mut streams = shared.streams.every(of_status);
    while let Some(stream) = streams.try_next().await? {
        let now = shared.clock.monotonic();
        let version = stream.timeline.version;
        let same = seen.get(&stream.stream_id).filter(|(known, _)| *known == version);
        let since = same.map_or(now, |(_, since)| *since);
        if now.since(since) >= shared.config.stalled_after {
            stall(shared, &stream).await?;
        } else {
            live.insert(stream.stream_id, (version, since));
        }
    }
    shared
        .metrics
        .active
        .with_label_values(&[] as &[&str])
        .set(i64::try_from(live.len()).unwrap_or(i64::MAX));
    *seen = live;
    Ok(())
}

async fn stall(shared: &Shared, silent: &Stream) -> Result<(), LiveError> {
    let version = silent.timeline.version;
    let step = |stream: Stream| {
        // Something may have come since the look.
        if stream.timeline.version == version { stream.stall() } else { Ok(stream) }
    };
    let id = silent.stream_id.as_str();
    if unless_refused(shared.streams.change(id, step).await)?
        .is_some_and(|stream| stream.status == StreamStatus::Stalled)
    {
        tracing::info!(stream_id = id, "stalled: nothing has come for {:?}", shared.config.stalled_after);
    }
    Ok(())
}
