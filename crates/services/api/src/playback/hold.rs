//! Holding: a request for what is not encoded yet waits until it is, and says that somebody waits for it.
//!
//! Players take a late answer well and a refusal badly: VLC stops for good at a 503, ffmpeg skips the segment.

use crate::{
    problem::{Code, Problem},
    state::State,
};
use domain::{
    JobId, StreamId, Timestamp,
    event::{Envelope, Event, Topic},
    job::{Job, JobState},
    object::ObjectKey,
    plan::Plan,
    task::TrackKind,
    video::{Video, VideoStatus},
};
use ports::Monotonic;
use std::time::Duration;

/// What a player asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A rendition's initialization segment.
    Init,
    /// A media segment, by its number.
    Segment(u32),
    /// A segment of subtitles, by its number.
    Subtitles(u32),
    /// A still picture, by its number.
    Still(u32),
}

impl Wanted {
    /// What the rendition has to consist of.
    fn kind(self) -> TrackKind {
        match self {
            Self::Init | Self::Segment(_) => TrackKind::Media,
            Self::Subtitles(_) => TrackKind::Text,
            Self::Still(_) => TrackKind::Stills,
        }
    }

    /// The number of the part that it is, or comes with.
    fn number(self) -> u32 {
        match self {
            Self::Init => 0,
            Self::Segment(number) | Self::Subtitles(number) | Self::Still(number) => number,
        }
    }
}

/// Where it is, or which job makes it.
enum Located {
    At(ObjectKey),
    In(JobId),
}

/// Look again at least so often, in case the bell was not heard.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A wish lasts 30 s: whoever still waits renews it well before.
const WISH_EVERY: Duration = Duration::from_secs(10);
/// Nobody waits longer than this; something is very wrong by then.
const LONGEST_HOLD: Duration = Duration::from_secs(600);

/// The object behind an address, once it is there.
pub(super) async fn object(
    state: &State,
    stream: &StreamId,
    rendition: &str,
    wanted: Wanted,
) -> Result<ObjectKey, Problem> {
    let mut ear = state.bell.listen();
    let began = state.clock.monotonic();
    let mut wished: Option<Monotonic> = None;
    let mut held = None;
    loop {
        let job = match locate(state, stream, rendition, wanted).await? {
            Located::At(key) => return Ok(key),
            Located::In(job) => job,
        };
        held.get_or_insert_with(|| Held::begin(state));
        let now = state.clock.monotonic();
        if now.since(began) > LONGEST_HOLD {
            return Err(Problem::new(Code::Unavailable, "This part of the video takes too long to encode."));
        }
        if wished.is_none_or(|at| now.since(at) >= WISH_EVERY) {
            wish(state, &job, state.clock.now()).await?;
            wished = Some(now);
        }
        tokio::select! {
            () = ear.hear(stream.as_str()) => {}
            () = state.clock.sleep(LOOK_EVERY) => {}
        }
    }
}

async fn locate(
    state: &State,
    stream: &StreamId,
    rendition: &str,
    wanted: Wanted,
) -> Result<Located, Problem> {
    let video = state.video(stream.as_str()).await?;
    let plan = playable_plan(&video)?;
    let position = plan
        .position_of(rendition, wanted.number())
        .filter(|_| plan.kind_of(rendition) == Some(wanted.kind()))
        .ok_or_else(|| Problem::new(Code::NotFound, "The video has no such rendition or segment."))?;
    if let (Wanted::Init, Some(sha256)) = (wanted, video.inits.get(rendition)) {
        let (stream, rendition, sha256) = (stream.clone(), rendition.to_owned(), sha256.clone());
        return Ok(Located::At(ObjectKey::Init { stream, rendition, sha256 }));
    }
    let id = plan.job_id(stream, &video.checksum, position);
    let job = state.jobs.get(id.as_str()).await?;
    match (job.as_ref().map(|job| job.state), video.status) {
        (Some(JobState::Done), _) => {
            let made = made(job.as_ref(), stream, rendition, wanted).map(Located::At);
            made.ok_or_else(|| {
                Problem::new(Code::NotFound, "There is nothing in the source to make this of.")
            })
        }
        (Some(JobState::Dead | JobState::Rejected), _) | (_, VideoStatus::Failed) => {
            Err(Problem::new(Code::SegmentFailed, "This part of the video could not be encoded."))
        }
        // A job that is not there yet is about to be added: the plan comes first.
        _ => Ok(Located::In(id)),
    }
}

/// What is planned stays addressable, also of a video that failed: parts of it play.
fn playable_plan(video: &Video) -> Result<&Plan, Problem> {
    if video.status == VideoStatus::Deleted {
        return Err(Problem::new(Code::Deleted, "The video was deleted."));
    }
    video.plan.as_ref().ok_or_else(|| Problem::new(Code::NotPlayableYet, "The video is not planned yet."))
}

/// Only what the completing record names is ever served: a stale worker's segment is not.
fn made(job: Option<&Job>, stream: &StreamId, rendition: &str, wanted: Wanted) -> Option<ObjectKey> {
    let outputs = job?.outputs.as_ref()?;
    let track = outputs.tracks.iter().find(|track| track.rendition == rendition)?;
    match wanted {
        Wanted::Init => {
            let (stream, rendition) = (stream.clone(), rendition.to_owned());
            Some(ObjectKey::Init { stream, rendition, sha256: track.init_sha256.clone()? })
        }
        Wanted::Segment(index) | Wanted::Subtitles(index) | Wanted::Still(index) => {
            track.segments.iter().find(|segment| segment.index == index)?;
            Some(track.segment_key(stream, outputs.epoch, index))
        }
    }
}

async fn wish(state: &State, job: &JobId, now: Timestamp) -> Result<(), Problem> {
    match state.jobs.change(job.as_str(), |job| job.want(now)).await {
        Ok(job) if job.state == JobState::Queued => ring(state, &job, now).await,
        Err(service_kit::ChangeError::Catalog(error)) => return Err(error.into()),
        // It runs, has just ended, or is about to be added: the next look finds out.
        _ => {}
    }
    Ok(())
}

/// Wakes a worker at once, which would otherwise look by itself within half a second.
async fn ring(state: &State, job: &Job, now: Timestamp) {
    let event = Event::JobQueued { job_id: job.job_id.clone(), stream_id: job.stream_id.clone() };
    let event = Envelope::new(job.job_id.as_str(), "wanted", now, event);
    if let Err(error) = state.relay.publish(Topic::TranscodeTasks, job.job_id.as_str(), &event).await {
        tracing::debug!(%error, "the doorbell did not ring");
    }
}

/// Counts a request as held, as long as this lives; says how long that was.
struct Held<'a> {
    state: &'a State,
    since: Monotonic,
}

impl<'a> Held<'a> {
    fn begin(state: &'a State) -> Self {
        state.metrics.held.with_label_values(&[] as &[&str]).inc();
        Self { state, since: state.clock.monotonic() }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let (none, metrics): (&[&str], _) = (&[], &self.state.metrics);
        let waited = self.state.clock.monotonic().since(self.since);
        metrics.held.with_label_values(none).dec();
        metrics.holds.with_label_values(none).observe(waited.as_secs_f64());
    }
}
