//! A job has ended: its video comes nearer to `ready`, or fails.

use super::{ProcessError, Processor};
use crate::{archive, cleanup};
use domain::{
    JobId,
    job::{Job, JobState, Outputs},
    rejection::{Rejection, RejectionCode},
    task::EncodeTask,
    video::{Video, VideoStatus},
};
use service_kit::trace;
use tracing::Instrument;

impl Processor {
    /// Counts what a job made, or gives its video up. The same end may come twice.
    pub(crate) async fn on_job_ended(&self, id: &JobId) -> Result<(), ProcessError> {
        let Some(job) = self.jobs.get(id.as_str()).await? else { return Ok(()) };
        match (job.state, &job.outputs) {
            (JobState::Done, Some(outputs)) => self.count(&job, outputs).await,
            (JobState::Dead | JobState::Rejected, _) => self.give_up(&job).await,
            _ => Ok(()),
        }
    }

    async fn count(&self, job: &Job, outputs: &Outputs) -> Result<(), ProcessError> {
        let now = self.clock.now();
        if let (EncodeTask::TestSource(_), Some(source)) = (&job.task, &outputs.source) {
            self.change_video(&job.stream_id, |video| video.source_made(source, now)).await?;
            return Ok(());
        }
        let before = self.videos.get(job.stream_id.as_str()).await?;
        let counted =
            self.change_video(&job.stream_id, |video| video.part_done(job.position, outputs, now)).await?;
        let Some(video) = counted else { return Ok(()) };
        let seconds = now.seconds_since(video.created_at);
        if video.playable_at == Some(now) && before.is_some_and(|before| before.playable_at.is_none()) {
            self.metrics.first_play.with_label_values(&[] as &[&str]).observe(seconds);
        }
        if video.status == VideoStatus::Ready {
            self.finish(&video, seconds).await?;
        }
        Ok(())
    }

    async fn finish(&self, video: &Video, seconds: f64) -> Result<(), ProcessError> {
        tracing::info!(stream_id = %video.stream_id, seconds, "ready");
        let none: &[&str] = &[];
        self.metrics.processed.with_label_values(none).inc();
        self.metrics.ready.with_label_values(none).observe(seconds);
        self.metrics.variants.with_label_values(none).inc_by(video.variants_generated.len() as u64);
        let archiving =
            tracing::info_span!(target: trace::TRACE, "archive the playlists", stream_id = %video.stream_id);
        archive::write(self, video).instrument(archiving).await
    }

    async fn give_up(&self, job: &Job) -> Result<(), ProcessError> {
        let why = job.failure.as_ref().map_or("no reason was recorded", |failure| &failure.text);
        let text = format!("{} could not be encoded: {why}", job.part);
        let reason = Rejection::new(RejectionCode::EncodeFailed, text);
        let now = self.clock.now();
        let failed = self.change_video(&job.stream_id, |video| video.give_up(reason.clone(), now)).await?;
        if failed.is_some() {
            self.metrics.failed.with_label_values(&[] as &[&str]).inc();
            tracing::warn!(stream_id = %job.stream_id, job_id = %job.job_id, part = job.part, why, "failed");
            cleanup::drop_waiting_jobs(self, &job.stream_id).await?;
        }
        Ok(())
    }
}
