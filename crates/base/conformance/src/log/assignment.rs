//! Cases about who owns which partition of a group.

use super::{
    TOPIC, in_time,
    member::{Crew, join, next_of},
    publish_keys,
};
use crate::document::unique;
use ports::{Delivery, EventLog, Membership, Partition, Received};
use std::collections::BTreeSet;

/// Whoever gets a record was told before that it owns its partition.
pub async fn an_assignment_comes_before_records(port: &dyn EventLog) {
    let keys = publish_keys(port, 6).await;
    let mut member = Watched::join(port, &unique("group")).await;
    let mut seen = 0;
    while seen < keys.len() {
        let received = member.next().await;
        seen += usize::from(received.is_some_and(|received| keys.contains(&received.record.key)));
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

/// Once a member is told that it lost a partition it gets nothing more of it, not even what was read ahead.
pub async fn nothing_comes_of_a_lost_partition(port: &dyn EventLog) {
    let group = unique("group");
    publish_keys(port, 60).await;
    let mut first = Watched::join(port, &group).await;
    let (mut second, mut seen) = (Crew::of(&group), BTreeSet::new());
    while seen.len() < TOPIC.partitions() as usize {
        seen.extend(first.next().await.map(|received| received.position.partition));
    }
    second.join(port).await;
    while !first.has_lost || first.owned.is_empty() {
        first.next().await;
    }
    let later = publish_keys(port, 30).await;
    let mut reached = BTreeSet::new();
    while !first.owned.is_subset(&reached) {
        let received = first.next().await.filter(|received| later.contains(&received.record.key));
        reached.extend(received.map(|received| received.position.partition));
    }
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

/// A membership that reads only when it is asked to.
struct Watched {
    membership: Box<dyn Membership>,
    owned: BTreeSet<Partition>,
    has_lost: bool,
}

impl Watched {
    async fn join(port: &dyn EventLog, group: &str) -> Self {
        Self { membership: join(port, group).await, owned: BTreeSet::new(), has_lost: false }
    }

    /// The next delivery, if it is a record; its partition must be owned.
    async fn next(&mut self) -> Option<Received> {
        match in_time("a delivery", self.membership.next()).await.expect("next") {
            Delivery::Assigned(partitions) => self.owned.extend(partitions),
            Delivery::Revoked(partitions) => {
                self.owned.retain(|partition| !partitions.contains(partition));
                self.has_lost = true;
            }
            Delivery::Record(received) => {
                assert!(self.owned.contains(&received.position.partition), "{received:?} is not its own");
                return Some(received);
            }
        }
        None
    }
}
