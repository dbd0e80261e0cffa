//! What was acknowledged is there after a reopening and after `kill -9`, and what cannot be written says so.

use domain::{collection::Kind, event::Topic};
use ports::{
    Delivery, DocumentError, Documents as _, EventLog, Follower, Inserted, LogError, Membership, Received,
    Record, Replaced, StartAt,
};
use serde_json::json;
use sqlite::{Catalog, Log};
use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

const TOPIC: Topic = Topic::TranscodeResults;
/// Where the test that kills its child tells the child to write.
const FOLDER: &str = "SQLITE_DURABILITY_FOLDER";

fn record(key: &str) -> Record {
    Record { key: key.to_owned(), payload: Some(vec![1, 2, 3]), headers: Vec::new() }
}

async fn in_time<T>(happens: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), happens).await.expect("it happens within 10 s")
}

async fn next_record(member: &mut dyn Membership) -> Received {
    loop {
        if let Delivery::Record(received) = in_time(member.next()).await.expect("next") {
            return received;
        }
    }
}

async fn next_key(follower: &mut dyn Follower) -> String {
    in_time(follower.next()).await.expect("next").record.key
}

#[tokio::test]
async fn documents_and_revisions_survive_a_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let catalog = Catalog::open(&path).unwrap();
    let Inserted::New(first) = catalog.insert(Kind::Video, "v", json!({ "n": 1 })).await.unwrap() else {
        panic!("the catalog is empty");
    };
    let Replaced::Done(second) = catalog.replace(Kind::Video, "v", first, json!({ "n": 2 })).await.unwrap()
    else {
        panic!("the revision is the present one");
    };
    catalog.insert(Kind::Job, "gone", json!({})).await.unwrap();
    let gone = catalog.get(Kind::Job, "gone").await.unwrap().unwrap().revision;
    catalog.remove(Kind::Job, "gone", gone).await.unwrap();
    drop(catalog);

    let catalog = Catalog::open(&path).unwrap();
    let stored = catalog.get(Kind::Video, "v").await.unwrap().unwrap();
    assert_eq!((stored.revision, stored.body), (second, json!({ "n": 2 })));
    assert_eq!(catalog.get(Kind::Job, "gone").await.unwrap(), None);
    let Inserted::New(again) = catalog.insert(Kind::Job, "gone", json!({})).await.unwrap() else {
        panic!("it was removed");
    };
    assert!(again > gone, "revisions rise across a removal and a reopening");
}

#[tokio::test]
async fn records_and_commits_survive_a_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let log = Log::open(&path).unwrap();
    log.publish(TOPIC, record("one")).await.unwrap();
    log.publish(TOPIC, record("one")).await.unwrap();
    let mut member = log.join("group", &[TOPIC]).await.unwrap();
    let first = next_record(&mut *member).await;
    member.committer().commit(first.position).await.unwrap();
    drop((member, log));

    let log = Log::open(&path).unwrap();
    let mut member = log.join("group", &[TOPIC]).await.unwrap();
    let second = next_record(&mut *member).await;
    assert_eq!(second.position.offset, first.position.offset + 1);
    log.publish(TOPIC, record("one")).await.unwrap();
    assert_eq!(next_record(&mut *member).await.position.offset, second.position.offset + 1);
}

/// Not a test by itself: writes and says what was acknowledged, until it is killed.
#[tokio::test]
async fn child_writes_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let log = Log::open(&Path::new(&folder).join("log.db")).unwrap();
    let catalog = Catalog::open(&Path::new(&folder).join("catalog.db")).unwrap();
    for n in 0.. {
        let id = format!("id-{n}");
        log.publish(TOPIC, record(&id)).await.unwrap();
        catalog.insert(Kind::Job, &id, json!({ "n": n })).await.unwrap();
        println!("\nacknowledged {id}");
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_writes_until_it_is_killed", "--nocapture"])
        .env(FOLDER, folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let acknowledged = lines
        .by_ref()
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("acknowledged ").map(str::to_owned));
    let mut ids: Vec<String> = acknowledged.take(50).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    let late = lines.map_while(Result::ok);
    ids.extend(late.filter_map(|line| line.strip_prefix("acknowledged ").map(str::to_owned)));
    assert!(ids.len() >= 50, "the child wrote only {ids:?}");

    let log = Log::open(&folder.path().join("log.db")).unwrap();
    let catalog = Catalog::open(&folder.path().join("catalog.db")).unwrap();
    let mut follower = log.follow(TOPIC, StartAt::Beginning).await.unwrap();
    let mut missing: std::collections::HashSet<_> = ids.iter().cloned().collect();
    while !missing.is_empty() {
        missing.remove(&next_key(&mut *follower).await);
    }
    for id in &ids {
        assert!(catalog.get(Kind::Job, id).await.unwrap().is_some(), "{id} is lost");
    }
}

#[tokio::test]
async fn what_cannot_be_written_is_unavailable_and_later_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (catalog_path, log_path) = (folder.path().join("catalog.db"), folder.path().join("log.db"));
    let (catalog, log) = (Catalog::open(&catalog_path).unwrap(), Log::open(&log_path).unwrap());
    // As another program would.
    let hold = |path: &Path| {
        let other = rusqlite::Connection::open(path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        other
    };
    let others = (hold(&catalog_path), hold(&log_path));
    let (inserted, published) = in_time(async {
        tokio::join!(catalog.insert(Kind::Job, "a", json!({})), log.publish(TOPIC, record("a")))
    })
    .await;
    assert!(matches!(inserted, Err(DocumentError::Unavailable(why)) if why.contains("locked")));
    assert!(matches!(published, Err(LogError::Unavailable(why)) if why.contains("locked")));
    assert_eq!(catalog.get(Kind::Job, "a").await.unwrap(), None, "reading goes on");

    drop(others);
    assert!(matches!(catalog.insert(Kind::Job, "a", json!({})).await, Ok(Inserted::New(_))));
    log.publish(TOPIC, record("b")).await.unwrap();
    let mut follower = log.follow(TOPIC, StartAt::Beginning).await.unwrap();
    assert_eq!(next_key(&mut *follower).await, "b", "what failed is not there");
}

#[tokio::test]
async fn a_body_that_is_no_object_is_invalid() {
    let folder = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(&folder.path().join("catalog.db")).unwrap();
    for body in [json!(null), json!(1), json!([{}])] {
        let inserted = catalog.insert(Kind::Job, "a", body.clone()).await;
        assert!(matches!(inserted, Err(DocumentError::Invalid(_))));
        let appended = catalog.append_new(Kind::Job, vec![("a".to_owned(), body)]).await;
        assert!(matches!(appended, Err(DocumentError::Invalid(_))));
    }
    assert_eq!(catalog.get(Kind::Job, "a").await.unwrap(), None);
}
