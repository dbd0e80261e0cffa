//! A video is deleted: its jobs and objects go, a tombstone document stays.

use super::{ProcessError, Processor};
use domain::{
    StreamId,
    collection::{JOBS_BY_STREAM, LIVE_SEGMENTS_BY_NUMBER},
    object::{Bucket, Prefix},
};
use ports::Query;

const PAGE: u32 = 200;

impl Processor {
    /// Removes what a video had. A worker that still encodes for it loses its lease with the job, and stops.
    pub(crate) async fn on_deleted(&self, stream: &StreamId) -> Result<(), ProcessError> {
        loop {
            let jobs = self
                .jobs
                .find(&Query::of(JOBS_BY_STREAM, vec![stream.as_str().into()], PAGE))
                .await?
                .documents;
            if jobs.is_empty() {
                break;
            }
            for job in jobs {
                self.jobs.remove(job.job_id.as_str()).await?;
            }
        }
        if stream.is_live() {
            self.forget_segments(stream).await?;
        }
        for bucket in [Bucket::VodRaw, Bucket::VodVariants, Bucket::Live, Bucket::Manifests] {
            self.objects.remove_all(&Prefix::stream(bucket, stream)).await?;
        }
        tracing::info!(stream_id = %stream, "deleted");
        Ok(())
    }

    /// Removes the records of a live stream's segments: its recording is gone.
    async fn forget_segments(&self, stream: &StreamId) -> Result<(), ProcessError> {
        let all = Query::of(LIVE_SEGMENTS_BY_NUMBER, vec![stream.as_str().into()], PAGE);
        loop {
            let segments = self.live_segments.find(&all).await?.documents;
            if segments.is_empty() {
                return Ok(());
            }
            for segment in segments {
                self.live_segments.remove(&segment.segment_id).await?;
            }
        }
    }
}
