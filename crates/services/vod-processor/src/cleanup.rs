//! Removing what nobody needs: jobs of a failed video, sources whose upload never became a video.

use crate::handlers::{ProcessError, Processor};
use domain::{
    StreamId,
    collection::JOBS_BY_STREAM,
    job::JobState,
    object::{Bucket, ObjectKey, Prefix},
};
use futures::StreamExt;
use ports::Query;
use service_kit::repeat;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

const PAGE: u32 = 200;
/// An upload may take hours; what has had no document for longer was cut off by a crash.
const ORPHAN_AFTER: Duration = Duration::from_secs(24 * 3600);
const LOOK_EVERY: Duration = Duration::from_secs(3600);

/// Removes those of a video's jobs that wait. They can be planned again from its document.
pub(crate) async fn drop_waiting_jobs(processor: &Processor, stream: &StreamId) -> Result<(), ProcessError> {
    for state in [JobState::Queued, JobState::Backoff] {
        loop {
            let waiting = Query::of(JOBS_BY_STREAM, vec![stream.as_str().into(), state.name().into()], PAGE);
            let jobs = processor.jobs.find(&waiting).await?.documents;
            if jobs.is_empty() {
                break;
            }
            for job in jobs {
                processor.jobs.remove(job.job_id.as_str()).await?;
            }
        }
    }
    Ok(())
}

/// Removes, every hour, sources that have no document: a crash came between the two.
pub(crate) async fn sweep_orphans(processor: Arc<Processor>, stop: CancellationToken) {
    repeat(LOOK_EVERY, &*processor.clock, &stop, || async {
        if let Err(error) = remove_orphans(&processor).await {
            tracing::warn!(%error, "orphaned sources could not be looked for");
        }
    })
    .await;
}

async fn remove_orphans(processor: &Processor) -> Result<(), ProcessError> {
    let mut sources = processor.objects.list(&Prefix::bucket(Bucket::VodRaw)).await?;
    let old = processor.clock.now() - ORPHAN_AFTER;
    while let Some(source) = sources.next().await {
        let (path, meta) = source?;
        let stream = path.split('/').next().and_then(|id| id.parse::<StreamId>().ok());
        let Some(stream) = stream.filter(|_| meta.modified < old) else { continue };
        if processor.videos.get(stream.as_str()).await?.is_none() {
            tracing::info!(stream_id = %stream, "removed the source of an upload that was cut off");
            processor.objects.remove(&ObjectKey::Source { stream }).await?;
        }
    }
    Ok(())
}
