//! The census: counts now and then the streams that have not ended, for whoever watches them. Every replica counts the same
//! catalog: whoever reads the numbers takes the highest, not their sum.

use crate::{
    metrics::OPEN,
    shared::{LiveError, Shared},
};
use domain::collection::{STREAMS_BY_OUTBOX, STREAMS_BY_STATUS};
use ports::Query;
use service_kit::repeat;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Counts every few seconds until told to stop.
pub(crate) async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    repeat(LOOK_EVERY, &*shared.clock, &stop, || async {
        if let Err(error) = take(&shared).await {
            tracing::warn!(%error, "the census of live streams could not be taken");
        }
    })
    .await;
}

async fn take(shared: &Shared) -> Result<(), LiveError> {
    for status in OPEN {
        let query = Query::of(STREAMS_BY_STATUS, vec![status.name().into()], 1);
        let count = i64::try_from(shared.streams.count(&query).await?).unwrap_or(i64::MAX);
        shared.metrics.streams.with_label_values(&[status.name()]).set(count);
    }
    let oldest = Query::of(STREAMS_BY_OUTBOX, Vec::new(), 1).at_least("".into());
    let oldest = shared.streams.find(&oldest).await?;
    let since = oldest.documents.first().and_then(|stream| stream.outbox.outbox_since);
    let now = shared.clock.now();
    shared.metrics.outbox.set(since.map_or(0.0, |since| now.seconds_since(since)));
    Ok(())
}
