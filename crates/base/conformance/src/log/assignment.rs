//! Cases about who owns which partition of a group.

use super::{
    TOPIC, in_time,
    member::{Crew, join, next_of},
    publish_keys,
};
use crate::document::unique;
use ports::{Delivery, EventLog};
use std::collections::BTreeSet;

/// Whoever gets a record was told before that it owns its partition.
pub async fn an_assignment_comes_before_records(port: &dyn EventLog) {
    let keys = publish_keys(port, 6).await;
    let mut membership = join(port, &unique("group")).await;
    let (mut owned, mut seen) = (BTreeSet::new(), 0);
    while seen < keys.len() {
        match in_time("a delivery", membership.next()).await.expect("next") {
            Delivery::Assigned(partitions) => owned.extend(partitions),
            Delivery::Revoked(partitions) => owned.retain(|partition| !partitions.contains(partition)),
            Delivery::Record(received) => {
                assert!(owned.contains(&received.position.partition));
                seen += usize::from(keys.contains(&received.record.key));
            }
        }
    }
}

/// A member that is alone owns all partitions, also when nothing was published.
pub async fn a_lone_member_owns_everything(port: &dyn EventLog) {
    let mut crew = Crew::of(&unique("group"));
    crew.join(port).await;
    crew.settle().await;
    assert_eq!(crew.owned(0).len(), TOPIC.partitions() as usize);
}

/// With a second member each has some, and none has what the other has.
pub async fn members_share_partitions(port: &dyn EventLog) {
    let mut crew = Crew::of(&unique("group"));
    crew.join(port).await;
    crew.settle().await;
    crew.join(port).await;
    crew.settle().await;
    assert!(crew.owned(0).is_disjoint(crew.owned(1)));
}

/// Once the group is formed, each record goes to the one member that owns its partition.
pub async fn each_record_goes_to_one_member(port: &dyn EventLog) {
    let mut crew = Crew::of(&unique("group"));
    crew.join(port).await;
    crew.join(port).await;
    crew.settle().await;
    let mut keys = publish_keys(port, 60).await;
    let received = crew.receive(&keys, keys.len()).await;
    let mut seen: Vec<String> = received.into_iter().map(|(_, received)| received.record.key).collect();
    seen.sort_unstable();
    keys.sort_unstable();
    assert_eq!(seen, keys);
}

/// What a member owned that leaves, others own after it, and they get what comes.
pub async fn who_leaves_hands_over(port: &dyn EventLog) {
    let mut crew = Crew::of(&unique("group"));
    crew.join(port).await;
    crew.join(port).await;
    crew.settle().await;
    crew.leave(0).await;
    crew.settle().await;
    assert_eq!(crew.owned(1).len(), TOPIC.partitions() as usize);
    let keys = publish_keys(port, 12).await;
    crew.receive(&keys, keys.len()).await;
}

/// Every group gets every record, whatever others have committed.
pub async fn groups_are_independent(port: &dyn EventLog) {
    let keys = publish_keys(port, 9).await;
    for _ in 0..2 {
        let mut membership = join(port, &unique("group")).await;
        let committer = membership.committer();
        for _ in &keys {
            let received = next_of(&mut *membership, &keys).await;
            committer.commit(received.position).await.expect("commit");
        }
    }
}

/// A group that never was begins with the oldest record.
pub async fn a_new_group_reads_what_is_there(port: &dyn EventLog) {
    let keys = publish_keys(port, 9).await;
    let mut crew = Crew::of(&unique("group"));
    crew.join(port).await;
    crew.receive(&keys, keys.len()).await;
}
