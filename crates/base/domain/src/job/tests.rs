//! Properties of jobs.

use super::*;
use crate::retry;
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
    assert_eq!(job.clone().complete(1, outputs(1), now), Err(JobRefusal::StaleEpoch { held: 1, current: 2 }));
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
