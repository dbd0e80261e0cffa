//! Measures the adapter on this machine's disk: `cargo run --release -p sqlite --example throughput`.
#![expect(clippy::print_stdout, reason = "the numbers are the purpose")]

use domain::{collection::Kind, event::Topic};
use futures::future::try_join_all;
use ports::{Documents, EventLog, Inserted, Record, Replaced, StartAt};
use serde_json::json;
use sqlite::{Catalog, Log};
use std::time::{Duration, Instant};

const TOPIC: Topic = Topic::TranscodeTasks;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Outcome {
    // Here, as the system's folder for temporary files may be memory.
    let folder = tempfile::tempdir_in(".")?;
    let log = Log::open(&folder.path().join("log.db"))?;
    let catalog = Catalog::open(&folder.path().join("catalog.db"))?;
    for (publishers, each) in [(1, 500), (64, 200)] {
        let start = now();
        try_join_all((0..publishers).map(|publisher| publish(&log, publisher, each))).await?;
        report(&format!("publish, {publishers} at once"), publishers * each, start.elapsed());
    }
    for (writers, each) in [(1, 500), (64, 200)] {
        let start = now();
        try_join_all((0..writers).map(|writer| replace(&catalog, format!("{writers}-{writer}"), each)))
            .await?;
        report(&format!("replace, {writers} at once"), writers * each, start.elapsed());
    }
    let start = now();
    for n in 0..5_000 {
        catalog.get(Kind::Job, &format!("64-{}", n % 64)).await?;
    }
    report("get, one after another", 5_000, start.elapsed());
    latency(&log).await
}

async fn publish(log: &Log, publisher: u32, count: u32) -> Outcome {
    for n in 0..count {
        let record = Record {
            key: format!("{publisher}-{n}"),
            payload: Some(vec![b'x'; 500]),
            headers: vec![("traceparent".to_owned(), "00-0123-4567-01".to_owned())],
        };
        log.publish(TOPIC, record).await?;
    }
    Ok(())
}

async fn replace(catalog: &Catalog, id: String, count: u32) -> Outcome {
    let body =
        |n: u32| json!({ "state": "leased", "lane": 1, "turn": n, "stream_id": id, "pad": "x".repeat(1000) });
    let Inserted::New(mut revision) = catalog.insert(Kind::Job, &id, body(0)).await? else {
        return Err(format!("{id} is there already").into());
    };
    for n in 0..count {
        match catalog.replace(Kind::Job, &id, revision, body(n)).await? {
            Replaced::Done(next) => revision = next,
            Replaced::Conflict => return Err(format!("somebody else wrote {id}").into()),
        }
    }
    Ok(())
}

/// From the call of `publish` to the record in the hands of a follower, and from its return.
async fn latency(log: &Log) -> Outcome {
    let mut follower = log.follow(TOPIC, StartAt::Now).await?;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let reader =
        tokio::spawn(async move { while follower.next().await.is_ok() && tell.send(now()).is_ok() {} });
    let (mut whole, mut wake) = (Vec::new(), Vec::new());
    for _ in 0..300 {
        let start = now();
        publish(log, 0, 1).await?;
        let published = now();
        let read = told.recv().await.ok_or("the follower has ended")?;
        whole.push(read - start);
        wake.push(read.saturating_duration_since(published));
    }
    reader.abort();
    percentiles("publish called to record read", &mut whole);
    percentiles("publish returned to record read", &mut wake);
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "real time is what is measured")]
fn now() -> Instant {
    Instant::now()
}

fn report(what: &str, count: u32, took: Duration) {
    let each = took.as_secs_f64() / f64::from(count);
    println!("{what}: {:.0}/s, {:.3} ms each", 1.0 / each, each * 1e3);
}

fn percentiles(what: &str, durations: &mut [Duration]) {
    durations.sort_unstable();
    let at = |percent: usize| durations[durations.len() * percent / 100].as_secs_f64() * 1e3;
    println!("{what}: median {:.2} ms, 99 % {:.2} ms", at(50), at(99));
}
