//! Claims by many at once.

use super::*;
use crate::doubles::{Memory, Silence};
use domain::{
    JobId, StreamId,
    task::{EncodeTask, TestSourceTask},
};
use futures::future::join_all;
use service_kit::{Relay, SystemClock};

/// A queue with so many jobs in the second lane, by turn.
async fn queue(jobs: u8) -> Queue {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let collection =
        Collection::new(Arc::new(Memory::default()), Relay::new(Arc::new(Silence)), clock.clone());
    for number in 0..jobs {
        let stream = StreamId::vod([0, 0, 0, 0, 0, number]);
        let task = EncodeTask::TestSource(TestSourceTask { width: 16, height: 16, duration_ms: 1 });
        let id = JobId::derive(&stream, "", 1, "test-source");
        let mut job = Job::test_source(id, stream, task, number.into(), "somebody", clock.now());
        job.lane = 1;
        assert!(collection.insert(&job).await.unwrap());
    }
    Queue { jobs: collection, holder: "worker".to_owned(), clock }
}

#[tokio::test]
async fn nobody_of_a_crowd_goes_without_while_there_are_jobs() {
    let queue = queue(40).await;
    let claims = join_all((0..40).map(|_| queue.claim(false))).await;
    let claimed = claims.into_iter().map(|claimed| claimed.unwrap().map(|c| c.job.job_id.to_string()));
    let mut claimed: Vec<String> = claimed.map(|job| job.expect("a job for each")).collect();
    claimed.sort();
    claimed.dedup();
    assert_eq!(claimed.len(), 40, "each job once");
    assert!(queue.claim(false).await.unwrap().is_none());
}

#[tokio::test]
async fn who_is_alone_takes_the_best_first() {
    let queue = queue(20).await;
    for turn in 0..20 {
        assert_eq!(queue.claim(false).await.unwrap().map(|claimed| claimed.job.turn), Some(turn));
    }
}
