//! Static members: who stops hands over at once, who is killed and comes back has its partitions at once.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

mod fixture;

use fixture::{
    TOPIC, all, broker, config, config_of_its_own, delivered, in_time, open, owning, proxy::Proxy, publish,
    text, unique,
};
use kafka::{Config, Log};
use ports::{EventLog, LogError, Membership};
use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, Consumer},
    groups::GroupInfo,
};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Duration,
};

/// What takes longer has waited for a session of 6 seconds to end.
const SOON: Duration = Duration::from_secs(4);
/// Tells a child of these tests what to be: its server, instance and group.
const CHILD: &str = "KAFKA_TEST_CHILD";

async fn join(log: &Log, group: &str) -> Box<dyn Membership> {
    in_time("join", log.join(group, &[TOPIC])).await.expect("join")
}

/// A group's name on the server.
fn group_name(config: &Config, group: &str) -> String {
    config.names.topic(TOPIC).replace("dead-letters", group)
}

fn ask<T>(broker: &str, group: &str, answer: impl Fn(&GroupInfo) -> T) -> T {
    let consumer: BaseConsumer = ClientConfig::new().set("bootstrap.servers", broker).create().unwrap();
    let groups = consumer.fetch_group_list(Some(group), Duration::from_secs(5)).unwrap();
    answer(&groups.groups()[0])
}

/// What the server says of a group: `Stable`, or a step of a rebalance.
fn state(broker: &str, group: &str) -> String {
    ask(broker, group, |group| group.state().to_owned())
}

/// The names under which the server knows a group's members.
fn known(broker: &str, group: &str) -> Vec<String> {
    let mut names = ask(broker, group, |group| {
        group.members().iter().map(|member| member.client_id().to_owned()).collect::<Vec<_>>()
    });
    names.sort_unstable();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stops_hands_over_without_waiting_for_a_session_to_end() {
    let Some(broker) = broker() else { return };
    let (log, group) = (open(config(&broker)).await, unique("group"));
    let mut stays = join(&log, &group).await;
    owning(&mut *stays, all()).await;
    let mut stops = join(&log, &group).await;
    tokio::join!(owning(&mut *stops, 1), async { owning(&mut *stays, 0).await });
    drop(stops);
    tokio::time::timeout(SOON, owning(&mut *stays, 1)).await.expect("it is handed over soon");
}

/// The process ends right after: only dropping the log is awaited.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_dropped_has_left_its_groups() {
    let Some(broker) = broker() else { return };
    let config = config(&broker);
    let (log, group) = (Log::open(config.clone()).await.unwrap(), unique("group"));
    let mut member = join(&log, &group).await;
    owning(&mut *member, all()).await;
    let name = group_name(&config, &group);
    assert_eq!(known(&broker, &name), [format!("{}-test", config.instance)]);
    drop(member);
    drop(log);
    assert_eq!(known(&broker, &name), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memberships_of_one_process_have_ids_of_their_own() {
    let Some(broker) = broker() else { return };
    let config = config(&broker);
    let (log, group) = (open(config.clone()).await, unique("group"));
    let mut first = join(&log, &group).await;
    owning(&mut *first, all()).await;
    let mut second = join(&log, &group).await;
    owning(&mut *second, 1).await;
    let name = group_name(&config, &group);
    let id = format!("{}-test", config.instance);
    assert_eq!(known(&broker, &name), [id.clone(), format!("{id}-2")]);
}

/// Not a test of its own: the process that is killed.
#[tokio::test]
async fn child() {
    let Ok(told) = std::env::var(CHILD) else { return };
    let [broker, topics, instance, group] = told.split(' ').collect::<Vec<_>>()[..] else { panic!("{told}") };
    let names = kafka::Names::new(topics, "vod-chunks", "live-chunks");
    let log = Log::open(Config { instance: instance.to_owned(), names, ..config(broker) }).await.unwrap();
    let mut member = join(&log, group).await;
    owning(&mut *member, all()).await;
    println!("\nowning");
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_killed_and_comes_back_has_its_partitions_at_once() {
    let Some(broker) = broker() else { return };
    let (config, group) = (config(&broker), unique("group"));
    let log = open(config.clone()).await;
    let topics = config.names.topic(TOPIC).replace("dead-letters", "");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture"])
        .env(CHILD, format!("{broker} {topics} {} {group}", config.instance))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let owns = lines.any(|line| line.unwrap() == "owning");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(owns);
    let mut again = join(&log, &group).await;
    tokio::time::timeout(SOON, owning(&mut *again, all())).await.expect("it has them at once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_loses_its_id_to_another_process_is_told() {
    let Some(broker) = broker() else { return };
    let (config, group) = (config(&broker), unique("group"));
    let (one, other) = (open(config.clone()).await, open(config).await);
    let mut first = join(&one, &group).await;
    owning(&mut *first, all()).await;
    let mut second = join(&other, &group).await;
    owning(&mut *second, all()).await;
    let fenced = async {
        loop {
            if let Err(LogError::Unavailable(text)) = first.next().await {
                return text;
            }
        }
    };
    let text = in_time("the end", fenced).await;
    assert!(text.contains("INSTANCE_ID"), "{text}");
}

/// More than is read ahead: reading pauses, the member stays in its group, and nothing is lost, doubled or out of order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_slowly_misses_nothing() {
    const COUNT: usize = 6_000;
    let Some(broker) = broker() else { return };
    let (log, group, key) = (open(config(&broker)).await, unique("group"), unique("key"));
    let mut member = join(&log, &group).await;
    owning(&mut *member, all()).await;
    let publishing = futures::future::join_all((0..COUNT).map(|n| {
        let (log, key) = (&log, &key);
        async move { publish(&**log, key, &n.to_string()).await }
    }));
    publishing.await;
    for n in 0..COUNT {
        let received = delivered(&mut *member, &key).await;
        assert_eq!(text(&received), n.to_string());
    }
}

/// Five services share a small machine: what nobody asks for stays on the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn little_is_read_ahead() {
    const COUNT: u64 = 300;
    const SIZE: u64 = 100_000;
    let Some(broker) = broker() else { return };
    let Some(proxy) = Proxy::before(&broker, &[]).await else { return };
    let through = open(config_of_its_own(&proxy.address)).await;
    let (group, key) = (unique("group"), unique("key"));
    let mut member = join(&through, &group).await;
    owning(&mut *member, all()).await;
    for n in 0..COUNT {
        publish(&*through, &key, &format!("{n} {}", "x".repeat(SIZE as usize))).await;
    }
    let read = in_time("the pause", paused(&proxy)).await;
    assert!(read < COUNT * SIZE / 3, "{read} bytes were read");
    for n in 0..COUNT {
        let received = delivered(&mut *member, &key).await;
        assert!(text(&received).starts_with(&format!("{n} ")));
    }
}

/// How many bytes were read once no record comes any more; heartbeats do.
async fn paused(proxy: &Proxy) -> u64 {
    let mut look = tokio::time::interval(Duration::from_millis(500));
    let mut before = 0;
    loop {
        look.tick().await;
        let read = proxy.answered();
        if read - before < 50_000 {
            return read;
        }
        before = read;
    }
}

/// A member that leaves while the server lets it in must not stay behind there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_while_it_joins_is_gone() {
    let Some(broker) = broker() else { return };
    let config = config(&broker);
    let (log, group) = (open(config.clone()).await, unique("group"));
    let name = group_name(&config, &group);
    let mut stays = join(&log, &group).await;
    owning(&mut *stays, all()).await;
    let stopped = join(&log, &group).await;
    // It waits until the other one has joined anew, which does so at its next heartbeat.
    in_time("a rebalance", async { while state(&broker, &name) == "Stable" {} }).await;
    drop(stopped);
    let alone = [format!("{}-test", config.instance)];
    let left = async {
        while state(&broker, &name) != "Stable" || known(&broker, &name) != alone {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, left).await.expect("it is gone soon");
}
