//! Keeping a lease: a heartbeat while the work goes on, and a clear end when it is lost.

use domain::job::Job;
use ports::Clock;
use service_kit::{ChangeError, Collection};
use std::{sync::Arc, time::Duration};

/// How often the holder shows a sign of life.
const BEAT_EVERY: Duration = Duration::from_secs(5);
/// After so long without a renewal the holder stops by itself: before anybody else may begin.
const GIVE_UP_AFTER: Duration = Duration::from_secs(15);

/// Renews the lease of `job` until it is lost; returns then, with why.
pub(crate) async fn keep(jobs: &Collection<Job>, clock: &Arc<dyn Clock>, job: &Job) -> String {
    let mut renewed = clock.monotonic();
    loop {
        clock.sleep(BEAT_EVERY).await;
        match jobs.change(job.job_id.as_str(), |current| current.beat(job.epoch)).await {
            Ok(_) => renewed = clock.monotonic(),
            Err(ChangeError::Catalog(error)) if clock.monotonic().since(renewed) < GIVE_UP_AFTER => {
                tracing::warn!(job_id = %job.job_id, %error, "the lease could not be renewed yet");
            }
            Err(error) => return error.to_string(),
        }
    }
}
