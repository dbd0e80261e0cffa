//! Cases about publishing: order, partitions, and what a record carries.

use super::{
    TOPIC, in_time,
    member::{follow, followed, text},
    publish, record,
};
use crate::document::unique;
use domain::event::Topic;
use futures::future::join_all;
use ports::{EventLog, LogError, Record, StartAt};

/// Publishes a record and gives it as a follower gets it.
async fn sent_and_received(port: &dyn EventLog, record: Record) -> Record {
    let mut follower = follow(port, StartAt::Now).await;
    let keys = [record.key.clone()];
    in_time("publish", port.publish(TOPIC, record)).await.expect("publish");
    followed(&mut *follower, &keys).await.record
}

/// Records of one key are read in the order in which they were published.
pub async fn records_of_a_key_come_in_order(port: &dyn EventLog) {
    let mut follower = follow(port, StartAt::Now).await;
    let keys = [unique("key")];
    for n in 0..50 {
        publish(port, &keys[0], &n.to_string()).await;
        publish(port, &unique("other"), "between").await;
    }
    for n in 0..50 {
        assert_eq!(text(&followed(&mut *follower, &keys).await), n.to_string());
    }
}

/// Publishers that work at once lose nothing of each other, and each key keeps its order.
pub async fn records_of_many_publishers_all_come(port: &dyn EventLog) {
    let mut follower = follow(port, StartAt::Now).await;
    let keys: Vec<String> = (0..16).map(|_| unique("key")).collect();
    let publishers = keys.iter().map(|key| async move {
        for n in 0..10 {
            publish(port, key, &n.to_string()).await;
        }
    });
    join_all(publishers).await;
    let mut seen = vec![0; keys.len()];
    for _ in 0..160 {
        let received = followed(&mut *follower, &keys).await;
        let which = keys.iter().position(|key| *key == received.record.key).expect("it is one of them");
        assert_eq!(text(&received), seen[which].to_string());
        seen[which] += 1;
    }
}

/// One key, one partition of those the topic has; offsets rise there.
pub async fn a_key_has_one_partition_and_rising_offsets(port: &dyn EventLog) {
    let mut follower = follow(port, StartAt::Now).await;
    let keys: Vec<String> = (0..10).map(|_| unique("key")).collect();
    for _ in 0..3 {
        for key in &keys {
            publish(port, key, "").await;
        }
    }
    let mut last = std::collections::HashMap::new();
    for _ in 0..30 {
        let received = followed(&mut *follower, &keys).await;
        let position = received.position;
        assert_eq!(position.partition.topic, TOPIC);
        assert!(position.partition.number < TOPIC.partitions());
        if let Some(before) = last.insert(received.record.key, position) {
            assert_eq!(before.partition, position.partition);
            assert!(before.offset < position.offset);
        }
    }
}

/// What is published in one topic is not read in another.
pub async fn topics_are_separate(port: &dyn EventLog) {
    let mut follower = follow(port, StartAt::Now).await;
    let keys = [unique("key")];
    in_time("publish", port.publish(Topic::VodChunks, record(&keys[0], "elsewhere"))).await.expect("publish");
    publish(port, &keys[0], "here").await;
    assert_eq!(text(&followed(&mut *follower, &keys).await), "here");
}

/// Keys and headers are any texts; of headers the order and the repeated ones too.
pub async fn keys_and_headers_survive(port: &dyn EventLog) {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let record = Record {
        key: format!("{} '\";$ Grüße 🎬", unique("key")),
        payload: Some(b"x".to_vec()),
        headers: vec![
            header("traceparent", "00-ab-cd-01"),
            header("b", ""),
            header("a", "é世"),
            header("b", "2"),
        ],
    };
    assert_eq!(sent_and_received(port, record.clone()).await, record);
}

/// Payloads are any bytes, up to a size that leaves room for what surrounds them.
pub async fn payloads_survive(port: &dyn EventLog) {
    let all_bytes: Vec<u8> = (0..=255).collect();
    for payload in [all_bytes, vec![0; 3], vec![0xff; 900_000]] {
        let record = Record { key: unique("key"), payload: Some(payload), headers: Vec::new() };
        assert!(sent_and_received(port, record.clone()).await == record);
    }
}

/// No payload and a payload of no bytes are two things.
pub async fn a_tombstone_is_not_an_empty_payload(port: &dyn EventLog) {
    for payload in [None, Some(Vec::new())] {
        let record = Record { key: unique("key"), payload, headers: Vec::new() };
        assert_eq!(sent_and_received(port, record.clone()).await, record);
    }
}

/// A record over 1 MB is refused, and the log goes on.
pub async fn a_record_that_is_too_large_is_refused(port: &dyn EventLog) {
    let mut follower = follow(port, StartAt::Now).await;
    let keys = [unique("key")];
    let large = Record { key: keys[0].clone(), payload: Some(vec![7; 2 << 20]), headers: Vec::new() };
    let refused = in_time("publish", port.publish(TOPIC, large)).await;
    assert!(
        matches!(refused, Err(LogError::TooLarge { size, limit }) if size >= 2 << 20 && limit < size),
        "{refused:?}"
    );
    publish(port, &keys[0], "small").await;
    assert_eq!(text(&followed(&mut *follower, &keys).await), "small");
}
