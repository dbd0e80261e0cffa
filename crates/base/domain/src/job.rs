//! A job: the unit of work that is claimed, leased, fenced and retried, and every way in which it may change.

use crate::{
    JobId, StreamId, Timestamp,
    collection::Kind,
    document::{Document, Outbox, Unknown},
    event::{Envelope, Event, Outgoing, Topic},
    plan::Part,
    retry::{self, AfterFailure, FailureClass},
    task::EncodeTask,
};
use serde::{Deserialize, Serialize};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Whoever is free may claim it.
    Queued,
    /// It failed and waits before it is queued again.
    Backoff,
    /// A worker holds it.
    Leased,
    /// Its output is recorded.
    Done,
    /// It failed too often; it runs again only when asked.
    Dead,
    /// Its source cannot be encoded.
    Rejected,
}

impl JobState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Backoff, Self::Leased, Self::Done, Self::Dead, Self::Rejected];

    /// The state as documents and events write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Backoff => "backoff",
            Self::Leased => "leased",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Rejected => "rejected",
        }
    }

    /// Nothing more happens to it by itself.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Dead | Self::Rejected)
    }
}

/// A job's document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its id, derived from what it makes.
    pub job_id: JobId,
    /// Its video.
    pub stream_id: StreamId,
    /// Its part's name within the video, such as `chunk-3`.
    pub part: String,
    /// Its part's position in the plan; 0 for a job outside one.
    pub position: u32,
    /// What the encoder is asked.
    pub task: EncodeTask,
    /// Where it stands.
    pub state: JobState,
    /// 0 for the beginning of a video, 1 for what follows: all beginnings come first.
    pub lane: u8,
    /// Its place in the lane: lower is earlier.
    pub turn: i64,
    /// Who uploaded the video: turns are fair between uploaders.
    pub uploader: String,
    /// How often it was claimed: fences every write of an earlier holder.
    pub epoch: u32,
    /// Raised by the holder as long as it works.
    pub heartbeat: u64,
    /// The worker that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// Attempts that count: a lost lease or a worker's orderly stop does not.
    pub attempts: u32,
    /// Leases that were lost.
    pub losses: u32,
    /// When it is queued again, while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The newest wish of a viewer who waits for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted_at: Option<Timestamp>,
    /// When it was planned.
    pub created_at: Timestamp,
    /// When it was last claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// What it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Outputs>,
    /// Its last failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Events to publish.
    #[serde(flatten)]
    pub outbox: Outbox,
    /// Fields of other versions.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// What an attempt made and verified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outputs {
    /// The epoch under which it was made: part of the segments' keys.
    pub epoch: u32,
    /// How long the encoder ran, in milliseconds of wall time.
    pub encode_ms: u64,
    /// One entry per rendition; none for a job that makes a source.
    pub tracks: Vec<TrackOutput>,
    /// The source that was made, for a job that makes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceOutput>,
}

/// One rendition's share of a job's output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackOutput {
    /// The rendition's name.
    pub rendition: String,
    /// SHA-256 of its initialization segment, lower-case hex: the same from every job.
    pub init_sha256: String,
    /// Its segments, in order.
    pub segments: Vec<SegmentOutput>,
}

/// A media segment that is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentOutput {
    /// Its number in the presentation.
    pub index: u32,
    /// Its size.
    pub size_bytes: u64,
    /// SHA-256 of its bytes, lower-case hex.
    pub sha256: String,
    /// How long it plays, in microseconds.
    pub duration_us: u64,
}

/// A source that a job made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceOutput {
    /// Its size.
    pub size_bytes: u64,
    /// SHA-256 of its bytes, lower-case hex.
    pub sha256: String,
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The class, which decides what follows.
    pub class: FailureClass,
    /// One line that says what happened.
    pub text: String,
    /// The end of what the encoder printed, at most 64 KiB.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stderr: String,
}

/// Why a change of a job is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JobRefusal {
    /// It is in a state in which this cannot happen.
    #[error("a job that is {} cannot do this", .0.name())]
    State(JobState),
    /// Somebody else holds or held it since.
    #[error("the lease of epoch {held} is gone: the job is at epoch {current}")]
    StaleEpoch {
        /// The epoch of the caller.
        held: u32,
        /// The job's epoch.
        current: u32,
    },
    /// Its holder has shown a sign of life.
    #[error("the lease is alive")]
    Alive,
    /// It has to wait until its time.
    #[error("its time has not come")]
    NotYet,
}

impl Job {
    /// A new job for a part of a planned video.
    #[must_use]
    pub fn planned(
        id: JobId,
        stream_id: StreamId,
        position: u32,
        part: Part,
        turn: i64,
        uploader: &str,
        now: Timestamp,
    ) -> Self {
        let lane = u8::from(!part.first);
        Self::new(id, stream_id, part.name, position, part.task, (lane, turn), uploader, now)
    }

    /// A new job that makes a video's source.
    #[must_use]
    pub fn test_source(
        id: JobId,
        stream_id: StreamId,
        task: EncodeTask,
        turn: i64,
        uploader: &str,
        now: Timestamp,
    ) -> Self {
        Self::new(id, stream_id, "test-source".to_owned(), 0, task, (0, turn), uploader, now)
    }

    #[expect(clippy::too_many_arguments, reason = "the one place where every field of a new job is named")]
    fn new(
        job_id: JobId,
        stream_id: StreamId,
        part: String,
        position: u32,
        task: EncodeTask,
        (lane, turn): (u8, i64),
        uploader: &str,
        now: Timestamp,
    ) -> Self {
        Self {
            job_id,
            stream_id,
            part,
            position,
            task,
            state: JobState::Queued,
            lane,
            turn,
            uploader: uploader.to_owned(),
            epoch: 0,
            heartbeat: 0,
            holder: None,
            attempts: 0,
            losses: 0,
            not_before: None,
            wanted_at: None,
            created_at: now,
            started_at: None,
            ended_at: None,
            outputs: None,
            failure: None,
            outbox: Outbox::default(),
            unknown: Unknown::new(),
        }
    }

    /// A worker takes it: a new epoch begins, and an attempt.
    ///
    /// # Errors
    /// [`JobRefusal::State`] unless it is queued.
    pub fn claim(mut self, holder: &str, now: Timestamp) -> Result<Self, JobRefusal> {
        self.expect_state(JobState::Queued)?;
        self.state = JobState::Leased;
        self.epoch += 1;
        self.attempts += 1;
        self.heartbeat = 0;
        self.holder = Some(holder.to_owned());
        self.started_at = Some(now);
        Ok(self)
    }

    /// Its holder shows a sign of life.
    ///
    /// # Errors
    /// When the lease of `epoch` is gone.
    pub fn beat(mut self, epoch: u32) -> Result<Self, JobRefusal> {
        self.expect_lease(epoch)?;
        self.heartbeat += 1;
        Ok(self)
    }

    /// Its output is stored and verified.
    ///
    /// # Errors
    /// When the lease of `epoch` is gone.
    pub fn complete(mut self, epoch: u32, outputs: Outputs, now: Timestamp) -> Result<Self, JobRefusal> {
        self.expect_lease(epoch)?;
        self.outputs = Some(outputs);
        self.failure = None;
        Ok(self.end(JobState::Done, now))
    }

    /// The attempt failed; `jitter` is random in 0..=1.
    ///
    /// # Errors
    /// When the lease of `epoch` is gone.
    pub fn fail(
        mut self,
        epoch: u32,
        failure: Failure,
        jitter: f64,
        now: Timestamp,
    ) -> Result<Self, JobRefusal> {
        self.expect_lease(epoch)?;
        let next = retry::after_failure(failure.class, self.attempts, jitter);
        self.failure = Some(failure);
        Ok(match next {
            AfterFailure::Again(wait) => {
                self.holder = None;
                self.state = JobState::Backoff;
                self.not_before = Some(now + wait);
                self
            }
            AfterFailure::Dead => self.end(JobState::Dead, now),
            AfterFailure::Rejected => self.end(JobState::Rejected, now),
        })
    }

    /// Its holder gives it back unfinished, through no fault of the job: the attempt does not count.
    ///
    /// # Errors
    /// When the lease of `epoch` is gone.
    pub fn release(mut self, epoch: u32) -> Result<Self, JobRefusal> {
        self.expect_lease(epoch)?;
        self.attempts = self.attempts.saturating_sub(1);
        Ok(self.queue())
    }

    /// Its holder has shown no sign of life since `(epoch, heartbeat)` for the term of a lease.
    ///
    /// # Errors
    /// When the lease is gone or alive.
    pub fn expire(mut self, epoch: u32, heartbeat: u64, now: Timestamp) -> Result<Self, JobRefusal> {
        self.expect_lease(epoch)?;
        if self.heartbeat != heartbeat {
            return Err(JobRefusal::Alive);
        }
        self.attempts = self.attempts.saturating_sub(1);
        self.losses += 1;
        if self.losses <= retry::LOST_LEASES {
            return Ok(self.queue());
        }
        let text = format!(
            "{} leases were lost: the worker died each time. Look at what this part of the source does",
            self.losses
        );
        self.failure = Some(Failure { class: FailureClass::Unknown, text, stderr: String::new() });
        Ok(self.end(JobState::Dead, now))
    }

    /// Its time has come again.
    ///
    /// # Errors
    /// When it does not wait, or not long enough yet.
    pub fn come_back(self, now: Timestamp) -> Result<Self, JobRefusal> {
        self.expect_state(JobState::Backoff)?;
        if self.not_before.is_some_and(|time| time > now) {
            return Err(JobRefusal::NotYet);
        }
        Ok(self.queue())
    }

    /// A viewer waits for it.
    ///
    /// # Errors
    /// [`JobRefusal::State`] when it has ended.
    pub fn want(mut self, now: Timestamp) -> Result<Self, JobRefusal> {
        if self.state.is_final() {
            return Err(JobRefusal::State(self.state));
        }
        self.wanted_at = Some(now);
        Ok(self)
    }

    fn expect_state(&self, state: JobState) -> Result<(), JobRefusal> {
        if self.state == state { Ok(()) } else { Err(JobRefusal::State(self.state)) }
    }

    fn expect_lease(&self, epoch: u32) -> Result<(), JobRefusal> {
        if self.epoch != epoch {
            return Err(JobRefusal::StaleEpoch { held: epoch, current: self.epoch });
        }
        self.expect_state(JobState::Leased)
    }

    fn queue(mut self) -> Self {
        self.state = JobState::Queued;
        self.holder = None;
        self.not_before = None;
        self
    }

    fn end(mut self, state: JobState, now: Timestamp) -> Self {
        self.state = state;
        self.holder = None;
        self.ended_at = Some(now);
        let event = Event::JobEnded { job_id: self.job_id.clone(), stream_id: self.stream_id.clone(), state };
        let subject = format!("{} {}", self.job_id, self.epoch);
        let event = Envelope::new(&subject, state.name(), now, event);
        self.outbox
            .push(Outgoing { topic: Topic::TranscodeResults, key: self.stream_id.to_string(), event }, now);
        self
    }
}

impl Document for Job {
    const KIND: Kind = Kind::Job;

    fn id(&self) -> &str {
        self.job_id.as_str()
    }

    fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    fn outbox_mut(&mut self) -> &mut Outbox {
        &mut self.outbox
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::TestSourceTask;
    use proptest::prelude::*;

    fn job() -> Job {
        let stream = StreamId::vod([7; 6]);
        let task = EncodeTask::TestSource(TestSourceTask { width: 64, height: 64, duration_ms: 1000 });
        Job::test_source(
            JobId::derive(&stream, "", 1, "x"),
            stream,
            task,
            0,
            "anybody",
            Timestamp::from_millis(0),
        )
    }

    fn outputs(epoch: u32) -> Outputs {
        Outputs { epoch, encode_ms: 1, tracks: vec![], source: None }
    }

    #[derive(Debug, Clone)]
    enum Step {
        Claim,
        Beat(u32),
        Complete(u32),
        Fail(u32, FailureClass),
        Release(u32),
        Expire(u32, u64),
        ComeBack,
        Want,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let epoch = 0u32..6;
        let class = prop_oneof![
            Just(FailureClass::Transient),
            Just(FailureClass::Unknown),
            Just(FailureClass::Permanent)
        ];
        prop::collection::vec(
            prop_oneof![
                3 => Just(Step::Claim),
                1 => epoch.clone().prop_map(Step::Beat),
                1 => epoch.clone().prop_map(Step::Complete),
                3 => (epoch.clone(), class).prop_map(|(e, c)| Step::Fail(e, c)),
                1 => epoch.clone().prop_map(Step::Release),
                1 => (epoch, 0u64..2).prop_map(|(e, h)| Step::Expire(e, h)),
                2 => Just(Step::ComeBack),
                1 => Just(Step::Want),
            ],
            0..60,
        )
    }

    fn apply(job: Job, step: &Step, now: Timestamp) -> Result<Job, JobRefusal> {
        let failure = |class| Failure { class, text: "x".to_owned(), stderr: String::new() };
        match *step {
            Step::Claim => job.claim("w", now),
            Step::Beat(epoch) => job.beat(epoch),
            Step::Complete(epoch) => job.complete(epoch, outputs(epoch), now),
            Step::Fail(epoch, class) => job.fail(epoch, failure(class), 0.5, now),
            Step::Release(epoch) => job.release(epoch),
            Step::Expire(epoch, heartbeat) => job.expire(epoch, heartbeat, now),
            Step::ComeBack => job.come_back(now),
            Step::Want => job.want(now),
        }
    }

    proptest! {
        /// Whatever happens in whatever order: the epoch never falls, what has ended stays as it is, at most one attempt is
        /// recorded as done, attempts stay within their limit, and exactly one event tells of the end.
        #[test]
        fn invariants_hold(steps in steps()) {
            let mut job = job();
            for (second, step) in (0i64..).zip(&steps) {
                let before = job.clone();
                let Ok(after) = apply(job.clone(), step, Timestamp::from_millis(second * 60_000)) else { continue };
                prop_assert!(after.epoch >= before.epoch);
                prop_assert!(!before.state.is_final(), "{step:?} changed what had ended");
                prop_assert!(after.attempts <= retry::TRANSIENT_ATTEMPTS);
                prop_assert_eq!(after.state == JobState::Leased, after.holder.is_some());
                job = after;
            }
            prop_assert_eq!(job.outbox.events.len(), usize::from(job.state.is_final()));
            prop_assert_eq!(job.outputs.is_some(), job.state == JobState::Done);
        }
    }

    #[test]
    fn a_stale_holder_changes_nothing() {
        let now = Timestamp::from_millis(0);
        let job = job().claim("first", now).unwrap().expire(1, 0, now).unwrap().claim("second", now).unwrap();
        assert_eq!(
            job.clone().complete(1, outputs(1), now),
            Err(JobRefusal::StaleEpoch { held: 1, current: 2 })
        );
        assert_eq!(job.attempts, 1, "a lost lease is not the job's fault");
    }

    #[test]
    fn unknown_fields_survive() {
        let mut json = serde_json::to_value(job()).unwrap();
        json["shoe_size"] = 43.into();
        let job: Job = serde_json::from_value(json).unwrap();
        let claimed = serde_json::to_value(job.claim("w", Timestamp::from_millis(0)).unwrap()).unwrap();
        assert_eq!(claimed["shoe_size"], 43);
    }
}
