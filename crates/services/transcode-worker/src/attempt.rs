//! One attempt at a job: encode, verify, store, record. Whatever ends it, the lease is settled and nothing stays behind.

use crate::{claim::Claimed, lease, metrics::Metrics, recover, store::Store};
use domain::{
    job::{Failure, Job, JobRefusal, Outputs},
    object::{Bucket, ObjectKey, Prefix},
    retry::FailureClass,
    task::EncodeTask,
    video::{Video, VideoRefusal, VideoStatus},
};
use ports::{Clock, Encoder, MediaError, ObjectError, ObjectStore, Progress, Urgency};
use service_kit::{ChangeError, Collection, OpenSource, Sources, trace, until_available};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// The share of an encode of pictures after which the next one begins: the last ones leave the encoders one by one, and a
/// process that starts fills the cores that this leaves idle.
const NEARLY_DONE: f64 = 0.85;
/// The pause after the machine was at fault.
const PAUSE: Duration = Duration::from_secs(2);

/// What attempts need.
pub(crate) struct Attempts {
    pub(crate) jobs: Collection<Job>,
    pub(crate) videos: Collection<Video>,
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) sources: Sources,
    pub(crate) encoder: Arc<dyn Encoder>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) scratch: PathBuf,
    pub(crate) metrics: Metrics,
}

/// How an attempt ended.
enum Outcome {
    /// Everything is stored.
    Made(Outputs),
    /// The job or its source is at fault.
    Failed(Failure),
    /// The machine is at fault, or the worker stops: no attempt at all.
    GivenBack(String),
    /// Nobody needs it any more, or somebody else has it.
    Lost(String),
}

impl Attempts {
    /// Attempts a claimed job, as part of its upload's trace.
    pub(crate) async fn run(
        &self,
        claimed: Claimed,
        turn: Option<OwnedSemaphorePermit>,
        stop: &CancellationToken,
        grace: Duration,
    ) {
        let job = &claimed.job;
        let trace = job.outbox.traceparent.as_deref();
        let span = tracing::info_span!(
            target: trace::TRACE,
            "job",
            otel.name = format!("job {}", job.part),
            job_id = %job.job_id,
            stream_id = %job.stream_id,
            epoch = job.epoch,
            trace_id = tracing::field::Empty,
        );
        if job.epoch == 1 {
            trace::waited("wait for a worker", trace, job.created_at, self.clock.now());
        }
        let span = trace::continuing(span, trace);
        self.claimed(claimed, turn, stop, grace).instrument(span).await;
    }

    /// Attempts a claimed job and settles its lease; gives up its `turn` when the encode leaves cores idle. At `stop` it
    /// goes on for `grace`, then gives the job back.
    async fn claimed(
        &self,
        claimed: Claimed,
        turn: Option<OwnedSemaphorePermit>,
        stop: &CancellationToken,
        grace: Duration,
    ) {
        let (job, urgency) = (claimed.job, if claimed.urgent { Urgency::Now } else { Urgency::Background });
        let name = if claimed.urgent { "now" } else { "background" };
        let running = self.metrics.running.with_label_values(&[name]);
        if job.epoch == 1 {
            let waited = self.clock.now().seconds_since(job.created_at);
            self.metrics.queue_wait.with_label_values(&[name]).observe(waited);
        }
        running.inc();
        let outcome = tokio::select! {
            outcome = self.attempt(&job, urgency, turn) => outcome,
            why = lease::keep(&self.jobs, &self.clock, &job) => Outcome::Lost(why),
            () = self.out_of_grace(stop, grace) => Outcome::GivenBack("the worker stops".to_owned()),
        };
        running.dec();
        let given_back = matches!(outcome, Outcome::GivenBack(_));
        self.settle(&job, outcome).instrument(tracing::info_span!(target: trace::TRACE, "settle")).await;
        if given_back && !stop.is_cancelled() {
            // What ails the machine would end the next attempt as fast as this one.
            self.clock.sleep(PAUSE).await;
        }
    }

    async fn out_of_grace(&self, stop: &CancellationToken, grace: Duration) {
        stop.cancelled().await;
        self.clock.sleep(grace).await;
    }

    async fn attempt(&self, job: &Job, urgency: Urgency, turn: Option<OwnedSemaphorePermit>) -> Outcome {
        if job.epoch > 1 {
            let found = || async { recover::finished_before(&*self.objects, job).await };
            match until_available(&*self.clock, "looking for finished output", found).await {
                Ok(Some(outputs)) => {
                    self.metrics.recovered.with_label_values(&[] as &[&str]).inc();
                    return self.promised(job, outputs).await;
                }
                Ok(None) => {}
                Err(error) => return Outcome::GivenBack(error.to_string()),
            }
        }
        match self.encode(job, urgency, turn).await {
            Ok(outputs) => self.promised(job, outputs).await,
            Err(outcome) => outcome,
        }
    }

    async fn encode(
        &self,
        job: &Job,
        urgency: Urgency,
        turn: Option<OwnedSemaphorePermit>,
    ) -> Result<Outputs, Outcome> {
        let machine = |error: std::io::Error| Outcome::GivenBack(format!("the scratch folder: {error}"));
        let scratch = tempfile::Builder::new()
            .prefix(job.job_id.as_str())
            .tempdir_in(&self.scratch)
            .map_err(machine)?;
        let opened = match &job.task {
            EncodeTask::TestSource(_) => None,
            EncodeTask::Chunk(_) | EncodeTask::Span(_) | EncodeTask::Subtitles(_) | EncodeTask::Stills(_) => {
                let opening = tracing::info_span!(target: trace::TRACE, "open the source");
                Some(self.source(job).instrument(opening).await?)
            }
        };
        let source = opened.as_ref().map(OpenSource::source);
        let (progress, seen) = watch::channel(Progress::default());
        let began = self.clock.monotonic();
        let encoding = self.encoder.encode(source.as_ref(), &job.task, urgency, scratch.path(), &progress);
        let encoding = encoding.instrument(tracing::info_span!(target: trace::TRACE, "encode"));
        let encoding = handing_over(encoding, turn, leaves_cores_idle(seen, &job.task));
        let encoded = match &opened {
            Some(opened) => opened.read_by(encoding).await.map_err(|e| Outcome::GivenBack(e.to_string()))?,
            None => encoding.await,
        };
        let encoded = encoded.map_err(outcome_of)?;
        let took = self.clock.monotonic().since(began);
        let store = Store { objects: &*self.objects, clock: &*self.clock, job };
        let encode_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let stored = async {
            let outputs = store.all(encoded, encode_ms).await?;
            self.measure(job, took, &outputs);
            store.record(&outputs).await?;
            Ok(outputs)
        };
        let stored = stored.instrument(tracing::info_span!(target: trace::TRACE, "store"));
        stored.await.map_err(|error: ObjectError| Outcome::GivenBack(error.to_string()))
    }

    async fn source(&self, job: &Job) -> Result<OpenSource, Outcome> {
        let key = ObjectKey::Source { stream: job.stream_id.clone() };
        let open = || self.sources.open(&key);
        until_available(&*self.clock, "opening a source", open).await.map_err(|error| match error {
            ObjectError::Missing(_) => Outcome::Lost("its source is gone".to_owned()),
            error => Outcome::GivenBack(error.to_string()),
        })
    }

    /// Holds the initialization segments against those of other parts, before this one counts.
    async fn promised(&self, job: &Job, outputs: Outputs) -> Outcome {
        if outputs.tracks.is_empty() {
            return Outcome::Made(outputs);
        }
        let note = || self.videos.change(job.stream_id.as_str(), |video| video.with_inits(&outputs));
        match until_available(&*self.clock, "noting initialization segments", note).await {
            Ok(_) | Err(ChangeError::Refused(VideoRefusal::Already)) => Outcome::Made(outputs),
            Err(ChangeError::Refused(refusal @ VideoRefusal::InitDiffers { .. })) => {
                Outcome::Failed(Failure {
                    class: FailureClass::Unknown,
                    text: refusal.to_string(),
                    stderr: String::new(),
                })
            }
            Err(error) => Outcome::Lost(error.to_string()),
        }
    }

    async fn settle(&self, job: &Job, outcome: Outcome) {
        let (label, settled) = match outcome {
            Outcome::Made(outputs) => {
                let epoch = job.epoch;
                ("done", Some(self.change(job, |job, now| job.complete(epoch, outputs.clone(), now)).await))
            }
            Outcome::Failed(failure) => {
                tracing::warn!(job_id = %job.job_id, stream_id = %job.stream_id, part = job.part, class = ?failure.class, error = failure.text, "an attempt failed");
                self.metrics.failures.with_label_values(&[class_name(failure.class)]).inc();
                let (epoch, jitter) = (job.epoch, self.clock.chance());
                (
                    "failed",
                    Some(self.change(job, |job, now| job.fail(epoch, failure.clone(), jitter, now)).await),
                )
            }
            Outcome::GivenBack(why) => {
                tracing::warn!(job_id = %job.job_id, stream_id = %job.stream_id, part = job.part, why, "gave a job back");
                ("given_back", Some(self.change(job, |current, _| current.release(job.epoch)).await))
            }
            Outcome::Lost(why) => {
                tracing::warn!(job_id = %job.job_id, stream_id = %job.stream_id, part = job.part, why, "left a job");
                self.metrics.leases_lost.with_label_values(&[] as &[&str]).inc();
                // Given back, it would be claimed and left again at once, until whatever removes it has come so far. So its
                // lease runs out, which has a limit.
                ("lost", None)
            }
        };
        self.metrics.jobs.with_label_values(&[kind(&job.task), label]).inc();
        match settled {
            Some(Ok(job)) => {
                tracing::debug!(job_id = %job.job_id, part = job.part, state = job.state.name(), "settled a job");
                return;
            }
            Some(Err(error)) => {
                tracing::debug!(job_id = %job.job_id, %error, "a job was settled by somebody else");
            }
            None => {}
        }
        self.clear_if_deleted(job).await;
    }

    /// A deleted video leaves nothing: what this attempt has stored since its objects were removed goes, too.
    async fn clear_if_deleted(&self, job: &Job) {
        let stream = &job.stream_id;
        let video =
            until_available(&*self.clock, "reading a video", || self.videos.get(stream.as_str())).await;
        if !video.is_ok_and(|video| video.is_some_and(|video| video.status == VideoStatus::Deleted)) {
            return;
        }
        for bucket in [Bucket::VodRaw, Bucket::VodVariants, Bucket::Manifests] {
            let prefix = Prefix::stream(bucket, stream);
            let clear = || self.objects.remove_all(&prefix);
            if let Err(error) = until_available(&*self.clock, "clearing a deleted video", clear).await {
                tracing::warn!(stream_id = %stream, %error, "objects of a deleted video are left");
            }
        }
    }

    async fn change(
        &self,
        job: &Job,
        step: impl Fn(Job, domain::Timestamp) -> Result<Job, JobRefusal>,
    ) -> Result<Job, ChangeError<JobRefusal>> {
        let change = || self.jobs.change(job.job_id.as_str(), |current| step(current, self.clock.now()));
        until_available(&*self.clock, "recording how a job ended", change).await
    }

    fn measure(&self, job: &Job, took: Duration, outputs: &Outputs) {
        let seconds = took.as_secs_f64().max(1e-3);
        let (kind, speed) = (kind(&job.task), media_seconds(&job.task) / seconds);
        self.metrics.encode_seconds.with_label_values(&[kind]).observe(seconds);
        self.metrics.encode_speed.with_label_values(&[kind]).observe(speed);
        for track in &outputs.tracks {
            let rendition = track.rendition.as_str();
            let bytes = track.segments.iter().map(|segment| segment.size_bytes).sum();
            self.metrics.rendition_speed.with_label_values(&[rendition]).observe(speed);
            self.metrics.output_bytes.with_label_values(&[rendition]).inc_by(bytes);
        }
    }
}

/// Waits for an encode, and gives up its turn as soon as it leaves cores idle.
async fn handing_over<T>(
    encoding: impl Future<Output = T>,
    turn: Option<OwnedSemaphorePermit>,
    leaves_cores_idle: impl Future<Output = ()>,
) -> T {
    tokio::pin!(encoding);
    tokio::select! {
        encoded = &mut encoding => return encoded,
        () = leaves_cores_idle => drop(turn),
    }
    encoding.await
}

async fn leaves_cores_idle(mut progress: watch::Receiver<Progress>, task: &EncodeTask) {
    let share = match task {
        EncodeTask::Chunk(_) | EncodeTask::TestSource(_) => NEARLY_DONE,
        // One core is all that they use.
        EncodeTask::Span(_) | EncodeTask::Subtitles(_) | EncodeTask::Stills(_) => 0.0,
    };
    let enough = (media_seconds(task) * 1e6 * share) as u64;
    let reached = progress.wait_for(|progress| progress.done_us >= enough).await.is_ok();
    // Without an encode nothing is nearly done; the caller has its result then.
    if !reached {
        std::future::pending::<()>().await;
    }
}

fn outcome_of(error: MediaError) -> Outcome {
    match error {
        MediaError::Rejected(rejection) => Outcome::Failed(Failure {
            class: FailureClass::Permanent,
            text: rejection.text,
            stderr: String::new(),
        }),
        MediaError::Failed { class, text, stderr } => Outcome::Failed(Failure { class, text, stderr }),
        error @ MediaError::NeedsFile => Outcome::Failed(Failure {
            class: FailureClass::Unknown,
            text: error.to_string(),
            stderr: String::new(),
        }),
        MediaError::Unavailable(why) => Outcome::GivenBack(why),
    }
}

fn kind(task: &EncodeTask) -> &'static str {
    match task {
        EncodeTask::Chunk(_) => "chunk",
        EncodeTask::Span(_) => "span",
        EncodeTask::Subtitles(_) => "subtitles",
        EncodeTask::Stills(_) => "stills",
        EncodeTask::TestSource(_) => "test_source",
    }
}

fn class_name(class: FailureClass) -> &'static str {
    match class {
        FailureClass::Permanent => "permanent",
        FailureClass::Transient => "transient",
        FailureClass::Unknown => "unknown",
    }
}

fn media_seconds(task: &EncodeTask) -> f64 {
    match task {
        EncodeTask::Chunk(chunk) => f64::from(chunk.frames) / chunk.rate.per_second(),
        EncodeTask::Span(span) => {
            f64::from(span.segment_frames.iter().sum::<u32>()) / domain::audio::FRAME_RATE.per_second()
        }
        EncodeTask::Subtitles(task) => task.ends_us.last().map_or(0.0, |us| *us as f64 / 1e6),
        EncodeTask::Stills(task) => f64::from(task.stills.count) * task.stills.every_us as f64 / 1e6,
        EncodeTask::TestSource(card) => f64::from(card.duration_ms) / 1000.0,
    }
}

#[cfg(test)]
mod tests;
