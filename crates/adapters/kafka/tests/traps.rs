//! What librdkafka and rdkafka do to those who do not know them.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

mod fixture;

use fixture::{TOPIC, all, broker, config, followed, in_time, open, owning, publish, text, unique};
use kafka::Log;
use ports::{EventLog, StartAt};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// A consumer hangs in its destructor while a list of its partitions lives. A member that was paused has used all kinds of
/// lists: those of rebalances, of `pause` and of commits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "real time is what is promised")]
async fn a_consumer_that_used_every_list_of_partitions_closes() {
    let Some(broker) = broker() else { return };
    let log = Log::open(config(&broker)).await.unwrap();
    let (group, key) = (unique("group"), unique("key"));
    let mut member = in_time("join", log.join(&group, &[TOPIC])).await.unwrap();
    owning(&mut *member, all()).await;
    let large = "x".repeat(2_000);
    futures::future::join_all((0..1_000).map(|_| publish(&log, &key, &large))).await;
    let received = fixture::delivered(&mut *member, &key).await;
    in_time("commit", member.committer().commit(received.position)).await.unwrap();
    let start = Instant::now();
    drop(member);
    drop(log);
    assert!(start.elapsed() < Duration::from_millis(2_500), "closing took {:?}", start.elapsed());
}

/// rdkafka's own stream belongs to the runtime that made it.
#[test]
fn a_membership_outlives_the_runtime_that_made_it() {
    let Some(broker) = broker() else { return };
    let key = unique("key");
    let runtime = || Runtime::new().unwrap();
    let first = runtime();
    let (log, mut member, mut follower) = first.block_on(async {
        let log = open(config(&broker)).await;
        let member = in_time("join", log.join(&unique("group"), &[TOPIC])).await.unwrap();
        let follower = in_time("follow", log.follow(TOPIC, StartAt::Now)).await.unwrap();
        (log, member, follower)
    });
    drop(first);
    runtime().block_on(async {
        publish(&*log, &key, "here").await;
        let received = fixture::delivered(&mut *member, &key).await;
        in_time("commit", member.committer().commit(received.position)).await.unwrap();
        assert_eq!(text(&followed(&mut *follower, &key).await), "here");
    });
}
