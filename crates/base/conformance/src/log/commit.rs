//! Cases about commits: what comes again and what does not.

use super::{
    DEADLINE, TOPIC, in_time,
    member::{Crew, join, next_of, text},
    publish, publish_keys,
};
use crate::document::unique;
use ports::{Committer, Delivery, EventLog, Position, Received};
use std::{collections::BTreeMap, time::Duration};

/// The last of these records in each partition.
fn last_positions<'a>(received: impl IntoIterator<Item = &'a Received>) -> Vec<Position> {
    let mut last = BTreeMap::new();
    for received in received {
        last.insert(received.position.partition, received.position);
    }
    last.into_values().collect()
}

async fn commit(committer: &dyn Committer, position: Position) {
    in_time("commit", committer.commit(position)).await.expect("commit");
}

/// A record that nobody committed comes to the next member, and keys keep their order.
pub async fn uncommitted_records_come_again(port: &dyn EventLog) {
    let (group, keys) = (unique("group"), [unique("key")]);
    for n in 0..5 {
        publish(port, &keys[0], &n.to_string()).await;
    }
    for _ in 0..2 {
        let mut membership = join(port, &group).await;
        for n in 0..5 {
            assert_eq!(text(&next_of(&mut *membership, &keys).await), n.to_string());
        }
    }
}

/// A commit counts for everything before it too; what is after it comes again.
pub async fn committed_records_do_not_come_again(port: &dyn EventLog) {
    let (group, keys) = (unique("group"), [unique("key")]);
    for n in 0..5 {
        publish(port, &keys[0], &n.to_string()).await;
    }
    let mut membership = join(port, &group).await;
    let mut third = None;
    for n in 0..5 {
        let received = next_of(&mut *membership, &keys).await;
        if n == 2 {
            third = Some(received.position);
        }
    }
    commit(&*membership.committer(), third.expect("there were five")).await;
    drop(membership);
    let mut next = join(port, &group).await;
    assert_eq!(text(&next_of(&mut *next, &keys).await), "3");
}

/// A commit in one partition says nothing about another.
pub async fn a_commit_counts_for_its_partition_only(port: &dyn EventLog) {
    let (group, keys) = (unique("group"), publish_keys(port, 30).await);
    let mut crew = Crew::of(&group);
    crew.join(port).await;
    let received = crew.receive(&keys, keys.len()).await;
    let positions = last_positions(received.iter().map(|(_, received)| received));
    assert!(positions.len() > 1, "the keys spread over partitions");
    commit(&*crew.committer(0), positions[0]).await;
    crew.disband().await;

    let others: Vec<String> = received
        .iter()
        .filter(|(_, received)| received.position.partition != positions[0].partition)
        .map(|(_, received)| received.record.key.clone())
        .collect();
    let mut next = Crew::of(&group);
    next.join(port).await;
    let again = next.receive(&keys, others.len()).await;
    assert!(again.iter().all(|(_, received)| others.contains(&received.record.key)));
}

/// A commit ends while the same membership waits for what comes next.
pub async fn commits_go_on_while_next_waits(port: &dyn EventLog) {
    let (group, keys) = (unique("group"), [unique("key")]);
    publish(port, &keys[0], "first").await;
    let mut membership = join(port, &group).await;
    let committer = membership.committer();
    let first = next_of(&mut *membership, &keys).await;
    let waits = async { next_of(&mut *membership, &keys).await };
    let works = async {
        commit(&*committer, first.position).await;
        publish(port, &keys[0], "second").await;
    };
    let (second, ()) = tokio::join!(waits, works);
    assert_eq!(text(&second), "second");
    drop(membership);
    let mut next = join(port, &group).await;
    assert_eq!(text(&next_of(&mut *next, &keys).await), "second");
}

/// Who lost a partition cannot commit there: the commit neither fails nor counts.
pub async fn a_commit_of_a_lost_partition_changes_nothing(port: &dyn EventLog) {
    let (group, keys) = (unique("group"), publish_keys(port, 30).await);
    let mut crew = Crew::of(&group);
    crew.join(port).await;
    let received = crew.receive(&keys, keys.len()).await;
    crew.join(port).await;
    crew.settle().await;
    let lost = crew.owned(1).clone();
    let of_lost: Vec<&Received> = received
        .iter()
        .map(|(_, received)| received)
        .filter(|received| lost.contains(&received.position.partition))
        .collect();
    assert!(!of_lost.is_empty(), "the keys spread over partitions");
    for position in last_positions(of_lost.iter().copied()) {
        commit(&*crew.committer(0), position).await;
    }
    crew.disband().await;

    let mut next = Crew::of(&group);
    next.join(port).await;
    let keys: Vec<String> = of_lost.iter().map(|received| received.record.key.clone()).collect();
    next.receive(&keys, keys.len()).await;
}

/// A wait that is given up again and again loses nothing and repeats nothing.
pub async fn waiting_for_a_delivery_can_be_cancelled(port: &dyn EventLog) {
    const COUNT: usize = 40;
    let mut membership = in_time("join", port.join(&unique("group"), &[TOPIC])).await.expect("join");
    let key = unique("key");
    let publishing = async {
        for n in 0..COUNT {
            publish(port, &key, &n.to_string()).await;
        }
    };
    let reading = async {
        let mut seen = Vec::new();
        let mut patience = tokio::time::interval(Duration::from_millis(1));
        while seen.len() < COUNT {
            tokio::select! {
                delivery = membership.next() => match delivery.expect("next") {
                    Delivery::Record(received) if received.record.key == key => seen.push(text(&received)),
                    _ => {}
                },
                _ = patience.tick() => {}
            }
        }
        seen
    };
    let both = tokio::time::timeout(DEADLINE, async { tokio::join!(publishing, reading).1 });
    let expected: Vec<String> = (0..COUNT).map(|n| n.to_string()).collect();
    assert_eq!(both.await.expect("everything comes in time"), expected);
}
