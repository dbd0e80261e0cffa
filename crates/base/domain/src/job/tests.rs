//! Properties of jobs.

use super::*;
use crate::{event::Topic, retry, task::TestSourceTask};
use proptest::prelude::*;
use std::collections::HashSet;

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
    Revive,
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
            1 => Just(Step::Revive),
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
        Step::Revive => job.revive(),
    }
}

proptest! {
    /// Whatever happens in whatever order: the epoch never falls, what has ended stays as it is unless a dead one is
    /// asked for again, at most one attempt is recorded as done, attempts stay within their limit, one event tells of
    /// each end, and one dead letter of each death.
    #[test]
    fn invariants_hold(steps in steps()) {
        let (mut job, mut ends, mut deaths) = (job(), 0, 0);
        for (second, step) in (0i64..).zip(&steps) {
            let before = job.clone();
            let Ok(after) = apply(job.clone(), step, Timestamp::from_millis(second * 60_000)) else { continue };
            prop_assert!(after.epoch >= before.epoch);
            let revived = before.state == JobState::Dead && matches!(step, Step::Revive);
            prop_assert!(revived || !before.state.is_final(), "{step:?} changed what had ended");
            ends += usize::from(after.state.is_final());
            deaths += usize::from(after.state == JobState::Dead);
            prop_assert!(after.attempts <= retry::TRANSIENT_ATTEMPTS);
            prop_assert_eq!(after.state == JobState::Leased, after.holder.is_some());
            job = after;
        }
        let to = |topic| job.outbox.events.iter().filter(|event| event.topic == topic).count();
        prop_assert_eq!((to(Topic::TranscodeResults), to(Topic::DeadLetters)), (ends, deaths));
        let ids: HashSet<&str> = job.outbox.events.iter().map(|event| event.event.event_id.as_str()).collect();
        prop_assert_eq!(ids.len(), ends + deaths, "two events share an id");
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
