//! A member of a group and a follower, as the cases use them: they pass over the records of other cases.

use super::{TOPIC, in_time};
use ports::{Committer, Delivery, EventLog, Follower, LogError, Membership, Partition, Received, StartAt};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use tokio::{sync::mpsc, task::JoinHandle};

/// Joins a group.
pub(super) async fn join(port: &dyn EventLog, group: &str) -> Box<dyn Membership> {
    in_time("join", port.join(group, &[TOPIC])).await.expect("join")
}

/// Members of one group that all read at once, each in its own task as in a service.
pub(super) struct Crew {
    group: String,
    told: mpsc::UnboundedReceiver<(usize, Result<Delivery, LogError>)>,
    tell: mpsc::UnboundedSender<(usize, Result<Delivery, LogError>)>,
    members: Vec<(JoinHandle<()>, Arc<dyn Committer>)>,
    owned: HashMap<usize, BTreeSet<Partition>>,
}

impl Crew {
    /// A group without members.
    pub(super) fn of(group: &str) -> Self {
        let (tell, told) = mpsc::unbounded_channel();
        Self { group: group.to_owned(), told, tell, members: Vec::new(), owned: HashMap::new() }
    }

    /// Lets one more member join; members are numbered from 0.
    pub(super) async fn join(&mut self, port: &dyn EventLog) {
        let (number, tell) = (self.members.len(), self.tell.clone());
        let mut membership = join(port, &self.group).await;
        let committer = membership.committer();
        let task = tokio::spawn(async move { while tell.send((number, membership.next().await)).is_ok() {} });
        self.members.push((task, committer));
        self.owned.insert(number, BTreeSet::new());
    }

    /// Drops a member's membership.
    pub(super) async fn leave(&mut self, number: usize) {
        let task = &mut self.members[number].0;
        task.abort();
        // It ends by being aborted.
        let _ = task.await;
        self.owned.remove(&number);
    }

    /// Drops all memberships.
    pub(super) async fn disband(&mut self) {
        let mut present: Vec<usize> = self.owned.keys().copied().collect();
        present.sort_unstable();
        for number in present {
            self.leave(number).await;
        }
    }

    pub(super) fn committer(&self, number: usize) -> Arc<dyn Committer> {
        Arc::clone(&self.members[number].1)
    }

    pub(super) fn owned(&self, number: usize) -> &BTreeSet<Partition> {
        &self.owned[&number]
    }

    /// Waits until the members together own every partition once, each at least one. Records that come
    /// meanwhile are passed over.
    pub(super) async fn settle(&mut self) {
        while !self.is_settled() {
            self.next().await;
        }
    }

    /// The records under these keys as they come, with the member that got each, until there are so many.
    pub(super) async fn receive(&mut self, keys: &[String], count: usize) -> Vec<(usize, Received)> {
        let mut received = Vec::new();
        while received.len() < count {
            if let Some((number, record)) = self.next().await
                && keys.contains(&record.record.key)
            {
                received.push((number, record));
            }
        }
        received
    }

    /// The next delivery, if it is a record.
    async fn next(&mut self) -> Option<(usize, Received)> {
        let told = in_time("a delivery to the group", self.told.recv()).await;
        let (number, delivery) = told.expect("the crew holds a sender itself");
        let owned = self.owned.get_mut(&number)?;
        match delivery.expect("next") {
            Delivery::Assigned(partitions) => owned.extend(partitions),
            Delivery::Revoked(partitions) => owned.retain(|partition| !partitions.contains(partition)),
            Delivery::Record(record) => {
                assert!(
                    owned.contains(&record.position.partition),
                    "a record of a partition it does not own"
                );
                return Some((number, record));
            }
        }
        None
    }

    fn is_settled(&self) -> bool {
        let together: BTreeSet<_> = self.owned.values().flatten().collect();
        let sum: usize = self.owned.values().map(BTreeSet::len).sum();
        let all = TOPIC.partitions() as usize;
        together.len() == all && sum == all && self.owned.values().all(|owned| !owned.is_empty())
    }
}

/// The next record under one of these keys that a membership is given, at once or after others.
pub(super) async fn next_of(membership: &mut dyn Membership, keys: &[String]) -> Received {
    loop {
        let delivery = in_time("a delivery", membership.next()).await.expect("next");
        if let Delivery::Record(received) = delivery
            && keys.contains(&received.record.key)
        {
            return received;
        }
    }
}

/// Follows the topic.
pub(super) async fn follow(port: &dyn EventLog, from: StartAt) -> Box<dyn Follower> {
    in_time("follow", port.follow(TOPIC, from)).await.expect("follow")
}

/// The next record under one of these keys that a follower is given.
pub(super) async fn followed(follower: &mut dyn Follower, keys: &[String]) -> Received {
    loop {
        let received = in_time("a record", follower.next()).await.expect("next");
        if keys.contains(&received.record.key) {
            return received;
        }
    }
}

/// A record's payload as text.
pub(super) fn text(received: &Received) -> String {
    String::from_utf8(received.record.payload.clone().unwrap_or_default()).expect("the cases publish texts")
}
