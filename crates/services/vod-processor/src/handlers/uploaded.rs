//! A source is there, or is to be made: look into it, refuse it or plan it, and queue its jobs.

use super::{ProcessError, Processor};
use domain::{
    JobId, StreamId,
    job::Job,
    media::MediaInfo,
    object::ObjectKey,
    plan::{self, Plan, RECIPE},
    rejection::Rejection,
    task::{EncodeTask, TestSourceTask},
    video::{Video, VideoStatus},
};
use service_kit::trace;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};
use tracing::Instrument;

impl Processor {
    /// Brings a video from `uploaded` to `transcoding` or `rejected`; does nothing twice.
    pub(crate) async fn on_uploaded(&self, stream: &StreamId) -> Result<(), ProcessError> {
        let Some(_probing) = Probing::begin(&self.probing, stream) else { return Ok(()) };
        let Some(video) = self.videos.get(stream.as_str()).await? else { return Ok(()) };
        match video.status {
            VideoStatus::Uploaded if !video.has_source() => self.make_source(&video).await,
            VideoStatus::Uploaded | VideoStatus::Processing => self.look_into(stream).await,
            // The plan was written and the jobs perhaps not: they are the same however often they are added.
            VideoStatus::Transcoding => match (&video.plan, &video.media) {
                (Some(plan), Some(media)) => self.queue_parts(&video, plan, media).await,
                _ => Ok(()),
            },
            VideoStatus::Ready | VideoStatus::Failed | VideoStatus::Rejected | VideoStatus::Deleted => Ok(()),
        }
    }

    async fn make_source(&self, video: &Video) -> Result<(), ProcessError> {
        let Some(card) = video.test_source else { return Ok(()) };
        self.change_video(&video.stream_id, Video::begin_source).await?;
        let task = EncodeTask::TestSource(TestSourceTask {
            width: card.width,
            height: card.height,
            duration_ms: card.duration_ms.min(self.simulated_source_max_ms),
        });
        let id = JobId::derive(&video.stream_id, "", RECIPE, "test-source");
        let turn = self.next_turn(&video.uploader).await?;
        let mut job = Job::test_source(
            id.clone(),
            video.stream_id.clone(),
            task,
            turn,
            &video.uploader,
            self.clock.now(),
        );
        job.outbox.traceparent.clone_from(&video.outbox.traceparent);
        self.jobs.append_new(&[job]).await?;
        self.ring(&id, &video.stream_id).await;
        Ok(())
    }

    async fn look_into(&self, stream: &StreamId) -> Result<(), ProcessError> {
        let now = self.clock.now();
        let Some(video) = self.change_video(stream, |video| video.begin_processing(now)).await? else {
            return Ok(());
        };
        let probing = tracing::info_span!(target: trace::TRACE, "look into the source", stream_id = %stream);
        let planned = match self.looks.look_into(stream).instrument(probing).await? {
            Ok(media) => plan::for_source(&media).map(|plan| (plan, media)),
            Err(rejection) => Err(rejection),
        };
        let (plan, media) = match planned {
            Ok(planned) => planned,
            Err(rejection) => return self.reject(stream, rejection).await,
        };
        let now = self.clock.now();
        let step = |video: Video| video.planned(media.clone(), plan.clone(), now);
        let Some(video) = self.change_video(&video.stream_id, step).await? else { return Ok(()) };
        self.metrics.sources.with_label_values(&["planned"]).inc();
        let seconds = now.seconds_since(video.created_at);
        self.metrics.latency.observe(seconds);
        tracing::info!(stream_id = %stream, parts = plan.part_count(), renditions = plan.renditions.len(), seconds = video.duration_seconds, "planned");
        self.queue_parts(&video, &plan, &media).await
    }

    /// Refuses a source: it can never be played, so its bytes go too.
    async fn reject(&self, stream: &StreamId, rejection: Rejection) -> Result<(), ProcessError> {
        tracing::info!(stream_id = %stream, code = ?rejection.code, reason = rejection.text, "rejected");
        let now = self.clock.now();
        let rejected = self.change_video(stream, |video| video.give_up(rejection.clone(), now)).await?;
        if rejected.is_some() {
            self.metrics.sources.with_label_values(&["rejected"]).inc();
            self.objects.remove(&ObjectKey::Source { stream: stream.clone() }).await?;
        }
        Ok(())
    }

    async fn queue_parts(&self, video: &Video, plan: &Plan, media: &MediaInfo) -> Result<(), ProcessError> {
        let queueing =
            tracing::info_span!(target: trace::TRACE, "queue the jobs", stream_id = %video.stream_id);
        let queued = async {
            let jobs = self.jobs_of(video, plan, media).await?;
            self.jobs.append_new(&jobs).await?;
            Ok::<_, ProcessError>(jobs)
        };
        let jobs = queued.instrument(queueing).await?;
        if let Some(first) = jobs.first() {
            self.ring(&first.job_id, &video.stream_id).await;
        }
        Ok(())
    }
}

/// A mark that a video is being looked into, as long as this lives.
struct Probing<'a> {
    all: &'a Arc<Mutex<HashSet<StreamId>>>,
    stream: StreamId,
}

impl<'a> Probing<'a> {
    fn begin(all: &'a Arc<Mutex<HashSet<StreamId>>>, stream: &StreamId) -> Option<Self> {
        let new = all.lock().unwrap_or_else(PoisonError::into_inner).insert(stream.clone());
        new.then(|| Self { all, stream: stream.clone() })
    }
}

impl Drop for Probing<'_> {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.stream);
    }
}
