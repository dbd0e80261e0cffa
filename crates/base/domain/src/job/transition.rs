//! Every way in which a job may change. A step that is refused changes nothing.

use super::{Failure, Job, JobState, Outputs};
use crate::{
    Timestamp,
    event::{Envelope, Event, Outgoing, Topic},
    retry::{self, AfterFailure, FailureClass},
};

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

    /// Somebody asks for a dead one again: it is queued with all attempts before it.
    ///
    /// # Errors
    /// [`JobRefusal::State`] unless it is dead.
    pub fn revive(mut self) -> Result<Self, JobRefusal> {
        self.expect_state(JobState::Dead)?;
        (self.attempts, self.losses) = (0, 0);
        (self.started_at, self.ended_at) = (None, None);
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
        let (job_id, stream_id) = (self.job_id.clone(), self.stream_id.clone());
        self.tell(Topic::TranscodeResults, state.name(), Event::JobEnded { job_id, stream_id, state }, now);
        if state == JobState::Dead {
            let letter = self.letter();
            self.tell(Topic::DeadLetters, "dead letter", letter, now);
        }
        self
    }

    fn letter(&self) -> Event {
        let (reason, stderr) = self.failure.clone().map_or_else(Default::default, |f| (f.text, f.stderr));
        let (job_id, stream_id, part) = (self.job_id.clone(), self.stream_id.clone(), self.part.clone());
        Event::JobDead { job_id, stream_id, part, reason, stderr }
    }

    fn tell(&mut self, topic: Topic, reached: &str, event: Event, now: Timestamp) {
        let event = Envelope::new(&format!("{} {}", self.job_id, self.epoch), reached, now, event);
        self.outbox.push(Outgoing { topic, key: self.stream_id.to_string(), event }, now);
    }
}
