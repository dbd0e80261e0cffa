//! The census: counts now and then what the catalog has of everything that is not finished, for whoever watches the queue.
//! Every replica counts the same catalog: whoever reads the numbers takes the highest, not their sum.

use crate::{
    handlers::Processor,
    metrics::{Census, OPEN_JOBS, OPEN_VIDEOS},
};
use domain::{
    Timestamp,
    collection::{
        Index, JOBS_BY_AGE, JOBS_BY_OUTBOX, JOBS_BY_TURN, LETTERS_BY_STATUS, VIDEOS_BY_OUTBOX,
        VIDEOS_BY_STATUS,
    },
    document::Document,
    job::JobState,
    letter::LetterStatus,
};
use ports::{DocumentError, Query};
use service_kit::{Collection, repeat};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Counts every few seconds until told to stop.
pub(crate) async fn run(processor: Arc<Processor>, stop: CancellationToken) {
    repeat(LOOK_EVERY, &*processor.clock, &stop, || async {
        if let Err(error) = take(&processor, &processor.metrics.census).await {
            tracing::warn!(%error, "the census could not be taken");
        }
    })
    .await;
}

async fn take(processor: &Processor, census: &Census) -> Result<(), DocumentError> {
    let now = processor.clock.now();
    let Processor { jobs, videos, letters, .. } = processor;
    for state in OPEN_JOBS {
        let count = count(jobs, JOBS_BY_TURN, state.name()).await?;
        census.jobs.with_label_values(&[state.name()]).set(count);
    }
    let queued = Query::of(JOBS_BY_AGE, vec![JobState::Queued.name().into()], 1);
    let oldest = jobs.find(&queued).await?.documents.first().map(|job| job.created_at);
    census.oldest_job.set(age(now, oldest));

    let mut oldest = None;
    for status in OPEN_VIDEOS {
        let count = count(videos, VIDEOS_BY_STATUS, status.name()).await?;
        census.videos.with_label_values(&[status.name()]).set(count);
        let first = Query::of(VIDEOS_BY_STATUS, vec![status.name().into()], 1);
        let created = videos.find(&first).await?.documents.first().map(|video| video.created_at);
        oldest = oldest.into_iter().chain(created).min();
    }
    census.oldest_video.set(age(now, oldest));

    let parked = count(letters, LETTERS_BY_STATUS, LetterStatus::Parked.name()).await?;
    census.letters.with_label_values(&[] as &[&str]).set(parked);
    census.video_outbox.set(age(now, waiting_since(videos, VIDEOS_BY_OUTBOX).await?));
    census.job_outbox.set(age(now, waiting_since(jobs, JOBS_BY_OUTBOX).await?));
    Ok(())
}

async fn count<D: Document>(
    collection: &Collection<D>,
    index: Index,
    value: &str,
) -> Result<i64, DocumentError> {
    let counted = collection.count(&Query::of(index, vec![value.into()], 1)).await?;
    Ok(i64::try_from(counted).unwrap_or(i64::MAX))
}

/// Since when the oldest event of a collection waits in its outbox.
async fn waiting_since<D: Document>(
    collection: &Collection<D>,
    index: Index,
) -> Result<Option<Timestamp>, DocumentError> {
    let oldest = collection.find(&Query::of(index, Vec::new(), 1).at_least("".into())).await?;
    Ok(oldest.documents.first().and_then(|document| document.outbox().outbox_since))
}

/// Seconds since then; 0 when there is nothing to wait for.
fn age(now: Timestamp, since: Option<Timestamp>) -> f64 {
    since.map_or(0.0, |since| now.seconds_since(since))
}
