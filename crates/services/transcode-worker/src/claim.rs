//! Claiming: the best claimable job, by one compare-and-set.

use domain::{
    Timestamp,
    collection::{JOBS_BY_TURN, JOBS_BY_WISH},
    job::{Job, JobState},
};
use ports::{Clock, DocumentError, Query};
use service_kit::{ChangeError, Collection};
use std::{sync::Arc, time::Duration};

/// How long a viewer's wish counts: whoever still waits renews it.
const WISH_LASTS: Duration = Duration::from_secs(30);
/// Of how many of the best one is taken once somebody else was faster: a crowd that spreads over them does not take turns
/// at losing.
const CROWD: u32 = 16;

/// The queue as one worker sees it.
#[derive(Clone)]
pub(crate) struct Queue {
    pub(crate) jobs: Collection<Job>,
    pub(crate) holder: String,
    pub(crate) clock: Arc<dyn Clock>,
}

/// A claimed job, and whether somebody waits for it.
pub(crate) struct Claimed {
    pub(crate) job: Job,
    pub(crate) urgent: bool,
}

impl Queue {
    /// Claims the best job there is: what a viewer waits for, newest wish first; then, unless `wishes_only`, beginnings of
    /// videos, and then the rest by turn.
    pub(crate) async fn claim(&self, wishes_only: bool) -> Result<Option<Claimed>, DocumentError> {
        let queued = || JobState::Queued.name().into();
        let wished = Query::of(JOBS_BY_WISH, vec![queued()], 1)
            .at_least((self.clock.now() - WISH_LASTS).to_string().into())
            .descending();
        let beginnings = Query::of(JOBS_BY_TURN, vec![queued(), 0.into()], 1);
        let rest = Query::of(JOBS_BY_TURN, vec![queued(), 1.into()], 1);
        let lines = [(wished, true), (beginnings, true), (rest, false)];
        let open = if wishes_only { 1 } else { lines.len() };
        for (query, urgent) in lines.into_iter().take(open) {
            if let Some(job) = self.first_of(query).await? {
                return Ok(Some(Claimed { job, urgent }));
            }
        }
        Ok(None)
    }

    /// The best job of a line; where others are after that one too, any of the best. None only when the line is empty.
    async fn first_of(&self, mut line: Query) -> Result<Option<Job>, DocumentError> {
        loop {
            let mut best = self.jobs.find(&line).await?.documents;
            if best.is_empty() {
                return Ok(None);
            }
            let any = (self.clock.chance() * best.len() as f64) as usize;
            let candidate = best.swap_remove(any.min(best.len() - 1));
            let now: Timestamp = self.clock.now();
            match self.jobs.change(candidate.job_id.as_str(), |job| job.claim(&self.holder, now)).await {
                Ok(job) => return Ok(Some(job)),
                Err(ChangeError::Catalog(error)) => return Err(error),
                // Somebody else took or removed it.
                Err(ChangeError::Refused(_) | ChangeError::Missing) => line.limit = CROWD,
            }
        }
    }
}

#[cfg(test)]
mod tests;
