//! Queueing the jobs of a plan: turns that are fair between uploaders, and the doorbell.

use crate::handlers::{ProcessError, Processor};
use domain::{
    JobId, StreamId,
    collection::{JOBS_BY_TURN, JOBS_BY_UPLOADER},
    event::{Envelope, Event, Topic},
    fair,
    job::{Job, JobState},
    media::MediaInfo,
    plan::Plan,
    task::EncodeTask,
    video::Video,
};
use ports::{DocumentError, Query};

impl Processor {
    /// The jobs of a planned video, each with its id and turn.
    pub(crate) async fn jobs_of(
        &self,
        video: &Video,
        plan: &Plan,
        media: &MediaInfo,
    ) -> Result<Vec<Job>, ProcessError> {
        let first_turn = self.next_turn(&video.uploader).await?;
        let now = self.clock.now();
        let parts = (0u32..).zip(plan.parts(media));
        let job = |(position, part): (u32, domain::plan::Part)| {
            let id = plan.job_id(&video.stream_id, &video.checksum, position);
            // Sound costs little, and pictures do not play without it: it goes just before them.
            let sound_first = i64::from(matches!(part.task, EncodeTask::Chunk(_)));
            let turn = first_turn
                .saturating_add(i64::try_from(part.at_ms).unwrap_or(i64::MAX))
                .saturating_add(sound_first);
            let mut job =
                Job::planned(id, video.stream_id.clone(), position, part, turn, &video.uploader, now);
            job.outbox.traceparent.clone_from(&video.outbox.traceparent);
            job
        };
        Ok(parts.map(job).collect())
    }

    /// The turn of an uploader's next job.
    pub(crate) async fn next_turn(&self, uploader: &str) -> Result<i64, DocumentError> {
        let queued = JobState::Queued.name();
        let front = Query::of(JOBS_BY_TURN, vec![queued.into(), 1.into()], 1);
        let last = Query::of(JOBS_BY_UPLOADER, vec![queued.into(), uploader.into()], 1).descending();
        let turn = |jobs: Vec<Job>| jobs.first().map(|job| job.turn);
        let front = turn(self.jobs.find(&front).await?.documents);
        let last = turn(self.jobs.find(&last).await?.documents);
        Ok(fair::next_turn(front, last))
    }

    /// Tells workers that there is something to claim. Only a hint: they look by themselves too.
    pub(crate) async fn ring(&self, job: &JobId, stream: &StreamId) {
        let event = Event::JobQueued { job_id: job.clone(), stream_id: stream.clone() };
        let event = Envelope::new(job.as_str(), "queued", self.clock.now(), event);
        if let Err(error) = self.relay.publish(Topic::TranscodeTasks, job.as_str(), &event).await {
            tracing::debug!(%error, "the doorbell did not ring");
        }
    }
}
