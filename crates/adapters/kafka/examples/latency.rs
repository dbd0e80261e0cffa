//! Measures the adapter against the server that `KAFKA_BROKER` names:
//! `KAFKA_BROKER=127.0.0.1:9092 cargo run --release -p kafka --example latency`. Leaves topics that begin with `latency.`.
#![expect(clippy::print_stdout, reason = "the numbers are the purpose")]

use domain::event::Topic;
use futures::future::try_join_all;
use kafka::{Config, Log};
use ports::{Delivery, EventLog, Membership, Received, Record, StartAt};
use service_kit::settings::{ProcessEnvironment, Settings};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

const TOPIC: Topic = Topic::TranscodeTasks;
/// How many records are measured one by one.
const COUNT: u32 = 5_000;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Outcome {
    let mut settings = Settings::new(&ProcessEnvironment);
    let mut config = Config::from_settings(&mut settings, "latency");
    settings.finish()?;
    config.names = kafka::Names::new("latency.", "vod-chunks", "live-chunks");
    println!("resident before: {}", resident()?);
    let log = Log::open(config).await?;
    let mut member = log.join("readers", &[TOPIC]).await?;
    let (start, mut owned) = (now(), 0);
    while owned < TOPIC.partitions() as usize {
        if let Delivery::Assigned(partitions) = member.next().await? {
            owned += partitions.len();
        }
    }
    println!("joined a group after {:?}", start.elapsed());
    commits(&log, &mut *member).await?;
    let mut told = reader(member);
    paced(&log, &mut told, "one after another", Duration::ZERO).await?;
    paced(&log, &mut told, "1,000 a second", Duration::from_millis(1)).await?;
    let start = now();
    try_join_all((0..64).map(|publisher| publish(&log, publisher, 200))).await?;
    println!("published by 64 at once: {:.0}/s", 12_800.0 / start.elapsed().as_secs_f64());
    for _ in 0..12_800 {
        told.recv().await.ok_or("the reader has ended")?;
    }
    println!("read all of it: {:.0}/s", 12_800.0 / start.elapsed().as_secs_f64());
    let _follower = log.follow(TOPIC, StartAt::Now).await?;
    println!("resident with a producer, a member and a follower: {}", resident()?);
    Ok(())
}

async fn publish(log: &Log, publisher: u32, count: u32) -> Outcome {
    for n in 0..count {
        let record = Record {
            key: format!("{}-{publisher}-{n}", std::process::id()),
            payload: Some(vec![b'x'; 500]),
            headers: vec![("traceparent".to_owned(), "00-0123-4567-01".to_owned())],
        };
        log.publish(TOPIC, record).await?;
    }
    Ok(())
}

/// Whether this run has published it, not one before.
fn is_ours(received: &Received) -> bool {
    received.record.key.starts_with(&format!("{}-", std::process::id()))
}

/// Tells when each record was read.
fn reader(mut member: Box<dyn Membership>) -> UnboundedReceiver<Instant> {
    let (tell, told) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok(delivery) = member.next().await {
            if matches!(delivery, Delivery::Record(received) if is_ours(&received))
                && tell.send(now()).is_err()
            {
                return;
            }
        }
    });
    told
}

async fn commits(log: &Log, member: &mut dyn Membership) -> Outcome {
    let mut took = Vec::new();
    for n in 0..300 {
        publish(log, n, 1).await?;
        let received = loop {
            match member.next().await? {
                Delivery::Record(received) if is_ours(&received) => break received,
                _ => {}
            }
        };
        let start = now();
        member.committer().commit(received.position).await?;
        took.push(start.elapsed());
    }
    percentiles("commit", &mut took);
    Ok(())
}

/// From the call of `publish` to the record in the hands of a member, and to its return.
async fn paced(log: &Log, told: &mut UnboundedReceiver<Instant>, pace: &str, every: Duration) -> Outcome {
    let (mut published, mut read) = (Vec::new(), Vec::new());
    let mut ticks = tokio::time::interval(every.max(Duration::from_nanos(1)));
    for n in 0..COUNT {
        ticks.tick().await;
        let start = now();
        publish(log, n, 1).await?;
        published.push(start.elapsed());
        read.push(told.recv().await.ok_or("the reader has ended")? - start);
    }
    percentiles(&format!("{pace}: publish"), &mut published);
    percentiles(&format!("{pace}: publish called to record read"), &mut read);
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "real time is what is measured")]
fn now() -> Instant {
    Instant::now()
}

fn percentiles(what: &str, durations: &mut [Duration]) {
    durations.sort_unstable();
    let at = |percent: usize| durations[durations.len() * percent / 100].as_secs_f64() * 1e3;
    println!("{what}: median {:.2} ms, 99 % {:.2} ms", at(50), at(99));
}

/// The process's resident memory, as Linux says it.
fn resident() -> Outcome<String> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    Ok(line.ok_or("no VmRSS")?.trim().to_owned())
}
