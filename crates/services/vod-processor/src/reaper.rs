//! The reaper: takes back leases whose holder is silent, and lets failed jobs come back when their time has come.

use crate::handlers::{ProcessError, Processor};
use domain::{
    JobId,
    collection::{JOBS_BY_RETURN, JOBS_BY_TURN},
    job::JobState,
};
use ports::{Monotonic, Query};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A lease whose holder has shown no sign of life for so long, by this process's own clock, is taken back: no two machines'
/// clocks are ever compared.
const LEASE_TERM: Duration = Duration::from_secs(20);
const PAGE: u32 = 200;

/// What was last seen of a lease.
struct Seen {
    epoch: u32,
    heartbeat: u64,
    at: Monotonic,
}

/// Watches all leases.
pub(crate) struct Reaper {
    processor: Arc<Processor>,
    seen: HashMap<JobId, Seen>,
}

impl Reaper {
    pub(crate) fn new(processor: &Arc<Processor>) -> Self {
        Self { processor: processor.clone(), seen: HashMap::new() }
    }

    /// Looks every few seconds until told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.processor.clock.sleep(LOOK_EVERY) => {}
            }
            for looked in [self.leases().await, self.returns().await] {
                if let Err(error) = looked {
                    tracing::warn!(%error, "leases could not be looked at");
                }
            }
        }
    }

    async fn leases(&mut self) -> Result<(), ProcessError> {
        let mut query = Query::of(JOBS_BY_TURN, vec![JobState::Leased.name().into()], PAGE);
        let mut current = HashMap::new();
        loop {
            let page = self.processor.jobs.find(&query).await?;
            let now = self.processor.clock.monotonic();
            for job in page.documents {
                let (epoch, heartbeat) = (job.epoch, job.heartbeat);
                let before =
                    self.seen.remove(&job.job_id).filter(|s| (s.epoch, s.heartbeat) == (epoch, heartbeat));
                let seen = before.unwrap_or(Seen { epoch, heartbeat, at: now });
                if now.since(seen.at) >= LEASE_TERM {
                    self.expire(&job.job_id, &seen).await?;
                }
                current.insert(job.job_id, seen);
            }
            if page.next.is_none() {
                break;
            }
            query = query.after(page.next);
        }
        self.seen = current;
        Ok(())
    }

    async fn expire(&self, id: &JobId, seen: &Seen) -> Result<(), ProcessError> {
        let now = self.processor.clock.now();
        let expired =
            self.processor.change_job(id, |job| job.expire(seen.epoch, seen.heartbeat, now)).await?;
        if let Some(job) = expired {
            tracing::warn!(job_id = %id, stream_id = %job.stream_id, part = job.part, losses = job.losses, "took back a silent lease");
            self.processor.metrics.leases_expired.with_label_values(&[] as &[&str]).inc();
            self.processor.ring(id, &job.stream_id).await;
        }
        Ok(())
    }

    async fn returns(&self) -> Result<(), ProcessError> {
        let now = self.processor.clock.now();
        let due = Query::of(JOBS_BY_RETURN, vec![JobState::Backoff.name().into()], PAGE)
            .at_most(now.to_string().into());
        for job in self.processor.jobs.find(&due).await?.documents {
            if self.processor.change_job(&job.job_id, |job| job.come_back(now)).await?.is_some() {
                self.processor.ring(&job.job_id, &job.stream_id).await;
            }
        }
        Ok(())
    }
}
