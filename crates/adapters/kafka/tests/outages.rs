//! A server that is away: calls end in time, nothing is told that is not so, and everything goes on by itself.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

mod fixture;

use fixture::{
    TOPIC, all, config, delivered, followed, in_time, open, owning,
    proxy::{Mode, Proxy},
    publish, record, text, unique,
};
use futures::future::join_all;
use kafka::{Log, TopicsError};
use ports::{EventLog, LogError, Membership, StartAt};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Every call ends within this.
const PROMISED: Duration = Duration::from_secs(10);

/// A log through a proxy, and one beside it.
async fn both() -> Option<(Proxy, Arc<Log>, Arc<Log>)> {
    let broker = fixture::broker()?;
    let proxy = Proxy::before(&broker, &[]).await?;
    let direct = open(config(&broker)).await;
    let through = open(config(&proxy.address)).await;
    Some((proxy, through, direct))
}

async fn join(log: &Log, group: &str) -> Box<dyn Membership> {
    in_time("join", log.join(group, &[TOPIC])).await.expect("join")
}

/// The error of a call that has to fail in time.
async fn fails<T>(what: &str, call: impl Future<Output = Result<T, LogError>>) -> String {
    match tokio::time::timeout(PROMISED, call).await {
        Ok(Err(LogError::Unavailable(text))) => text,
        Ok(Err(other)) => panic!("{what}: {other}"),
        Ok(Ok(_)) => panic!("{what} says that it worked"),
        Err(_) => panic!("{what} took longer than {PROMISED:?}"),
    }
}

/// Publishes again and again until it works.
async fn recovered(log: &Log, key: &str, payload: &str) {
    let trying = async { while log.publish(TOPIC, record(key, payload)).await.is_err() {} };
    in_time("the recovery", trying).await;
}

async fn every_call_ends_in_time(mode: Mode) {
    let Some((proxy, log, _direct)) = both().await else { return };
    let (group, key) = (unique("group"), unique("key"));
    let mut member = join(&log, &group).await;
    owning(&mut *member, all()).await;
    publish(&*log, &key, "before").await;
    let before = delivered(&mut *member, &key).await;
    proxy.set(mode).await;
    let committer = member.committer();
    let (other, doubtful) = (unique("group"), async {
        fails("publish", log.publish(TOPIC, record(&key, "lost"))).await;
        fails("publish in doubt", log.publish(TOPIC, record(&key, "lost"))).await;
    });
    tokio::join!(
        doubtful,
        fails("commit", committer.commit(before.position)),
        fails("join", log.join(&other, &[TOPIC])),
        fails("follow", log.follow(TOPIC, StartAt::Now)),
        fails("check", log.check()),
    );
    proxy.set(Mode::Open).await;
    recovered(&log, &key, "after").await;
    in_time("check", async { while log.check().await.is_err() {} }).await;
    in_time("commit", async { while committer.commit(before.position).await.is_err() {} }).await;
    while text(&delivered(&mut *member, &key).await) != "after" {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_ends_in_time_while_the_server_hangs() {
    every_call_ends_in_time(Mode::Held).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_ends_in_time_while_the_server_is_down() {
    every_call_ends_in_time(Mode::Cut).await;
}

#[tokio::test]
async fn opening_without_a_server_fails_in_time_and_names_it() {
    // Nobody listens on a port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let opened = tokio::time::timeout(PROMISED, Log::open(config(&free))).await.expect("it ends in time");
    match opened.err() {
        Some(error @ TopicsError::Away { .. }) => assert!(error.to_string().contains(&free), "{error}"),
        other => panic!("{other:?}"),
    }
}

/// The group has gone on without the member; it comes back by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_and_followers_outlive_an_outage_longer_than_a_session() {
    let Some((proxy, log, direct)) = both().await else { return };
    let (group, key) = (unique("group"), unique("key"));
    let mut follower = log.follow(TOPIC, StartAt::Now).await.unwrap();
    let mut member = join(&log, &group).await;
    owning(&mut *member, all()).await;
    proxy.set(Mode::Cut).await;
    let mut substitute = join(&direct, &group).await;
    owning(&mut *substitute, all()).await;
    publish(&*direct, &key, "meanwhile").await;
    let handled = delivered(&mut *substitute, &key).await;
    substitute.committer().commit(handled.position).await.unwrap();
    drop(substitute);
    proxy.set(Mode::Open).await;
    assert_eq!(text(&followed(&mut *follower, &key).await), "meanwhile");
    publish(&*direct, &key, "after").await;
    assert_eq!(text(&delivered(&mut *member, &key).await), "after", "what the substitute committed is done");
    assert_eq!(text(&followed(&mut *follower, &key).await), "after");
}

/// The server has the record, and the producer does not know: it asks again, and there is still one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_makes_no_second_record() {
    let Some((proxy, log, direct)) = both().await else { return };
    let key = unique("key");
    let mut follower = direct.follow(TOPIC, StartAt::Now).await.unwrap();
    publish(&*log, &key, "first").await;
    followed(&mut *follower, &key).await;
    proxy.set(Mode::Mute).await;
    let publishing = publish(&*log, &key, "second");
    let answering = async {
        assert_eq!(text(&followed(&mut *follower, &key).await), "second");
        proxy.set(Mode::Cut).await;
        proxy.set(Mode::Open).await;
    };
    tokio::join!(publishing, answering);
    publish(&*log, &key, "third").await;
    assert_eq!(text(&followed(&mut *follower, &key).await), "third");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_while_the_server_is_down_is_refused_in_time_and_later_taken() {
    let Some((proxy, log, _direct)) = both().await else { return };
    proxy.set(Mode::Cut).await;
    let large = "x".repeat(100_000);
    let flood = (0..300).map(|_| fails("publish", log.publish(TOPIC, record("flood", &large))));
    join_all(flood).await;
    proxy.set(Mode::Open).await;
    recovered(&log, "flood", "after").await;
}

/// Nobody waits for a server that is away: not for a membership, and for the log only a few seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "real time is what is promised")]
async fn dropping_does_not_hang_while_the_server_is_away() {
    for mode in [Mode::Held, Mode::Cut] {
        let Some((proxy, log, _direct)) = both().await else { return };
        let mut member = join(&log, &unique("group")).await;
        owning(&mut *member, all()).await;
        let follower = log.follow(TOPIC, StartAt::Now).await.unwrap();
        proxy.set(mode).await;
        let start = Instant::now();
        drop(member);
        drop(follower);
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        drop(Arc::into_inner(log));
        assert!(start.elapsed() < PROMISED, "{:?}", start.elapsed());
    }
}
