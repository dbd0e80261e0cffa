//! A member of a group: what it owns, what it is told, and what it commits.

use super::{
    Inner,
    assign::MemberId,
    group::{Group, Ownership, Place, State},
    record,
    tail::Tail,
};
use crate::{failure::Failure, readers::Readers};
use async_trait::async_trait;
use futures::future::BoxFuture;
use ports::{Committer, Delivery, LogError, Membership, Partition, Position};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};
use tokio::sync::watch;

/// From which offset each partition is to be read.
type Starts = Vec<(Partition, u64)>;

/// A membership.
pub(super) struct Member {
    inner: Arc<Inner>,
    place: Place,
    state: watch::Receiver<State>,
    /// What it owns as far as it has been told, or is about to be.
    owned: BTreeMap<Partition, Ownership>,
    untold: VecDeque<Delivery>,
    /// The search for the offsets from which partitions that are new to it are to be read.
    starting: Option<BoxFuture<'static, Result<Starts, Failure>>>,
    /// The partitions that are new to it.
    unread: Vec<Partition>,
    tail: Tail,
}

struct GroupCommitter {
    inner: Arc<Inner>,
    group: Arc<Group>,
    member: MemberId,
}

impl Member {
    pub(super) fn new(inner: Arc<Inner>, place: Place) -> Self {
        let mut state = place.group.watch();
        state.mark_changed();
        let tail = Tail::new(Arc::clone(&inner));
        Self {
            inner,
            place,
            state,
            owned: BTreeMap::new(),
            untold: VecDeque::new(),
            starting: None,
            unread: Vec::new(),
            tail,
        }
    }

    /// Takes note of what it lost and won since it last looked.
    fn look(&mut self) {
        let owns = self.state.borrow_and_update().owned_by(self.place.member);
        let lost = missing(&self.owned, &owns);
        let won = missing(&owns, &self.owned);
        if lost.is_empty() && won.is_empty() {
            return;
        }
        for partition in &lost {
            self.tail.remove(*partition);
        }
        self.unread.retain(|partition| !lost.contains(partition));
        self.unread.extend(&won);
        // What is searched for now is out of date.
        self.starting = None;
        self.owned = owns;
        self.untold.extend((!lost.is_empty()).then_some(Delivery::Revoked(lost)));
        self.untold.extend((!won.is_empty()).then_some(Delivery::Assigned(won)));
    }

    /// Begins to read the partitions that are new to it where the group has come to. Safe to cancel.
    async fn start(&mut self) -> Result<(), LogError> {
        if self.unread.is_empty() {
            return Ok(());
        }
        let (readers, group) = (self.inner.readers.clone(), Arc::clone(&self.place.group));
        let partitions = self.unread.clone();
        let starting = self.starting.get_or_insert_with(|| Box::pin(find_starts(readers, group, partitions)));
        let starts = starting.await;
        self.starting = None;
        for (partition, from) in starts? {
            self.tail.add(partition, from);
        }
        self.unread.clear();
        Ok(())
    }

    async fn next_record(&mut self) -> Result<Delivery, LogError> {
        self.start().await?;
        self.tail.next().await.map(Delivery::Record)
    }
}

#[async_trait]
impl Membership for Member {
    async fn next(&mut self) -> Result<Delivery, LogError> {
        loop {
            if self.state.has_changed().unwrap_or(false) {
                self.look();
            }
            if let Some(delivery) = self.untold.pop_front() {
                return Ok(delivery);
            }
            let mut state = self.state.clone();
            tokio::select! {
                biased;
                _ = state.changed() => {}
                delivery = self.next_record() => return delivery,
            }
        }
    }

    fn committer(&self) -> Arc<dyn Committer> {
        Arc::new(GroupCommitter {
            inner: Arc::clone(&self.inner),
            group: Arc::clone(&self.place.group),
            member: self.place.member,
        })
    }
}

#[async_trait]
impl Committer for GroupCommitter {
    async fn commit(&self, position: Position) -> Result<(), LogError> {
        let (group, member) = (Arc::clone(&self.group), self.member);
        let commit = move |db: &rusqlite::Connection| {
            // Asked when it is written, as the partition may be lost while the commit waits.
            if group.owns(member, position.partition) {
                record::commit(db, group.name(), position)
            } else {
                Ok(())
            }
        };
        Ok(self.inner.writer.write(commit).await?)
    }
}

async fn find_starts(
    readers: Readers,
    group: Arc<Group>,
    partitions: Vec<Partition>,
) -> Result<Starts, Failure> {
    readers
        .read(move |db| {
            let starts = partitions.into_iter();
            starts.map(|partition| Ok((partition, record::committed(db, group.name(), partition)?))).collect()
        })
        .await
}

/// The partitions of `all` that `others` does not have in the same ownership.
fn missing(all: &BTreeMap<Partition, Ownership>, others: &BTreeMap<Partition, Ownership>) -> Vec<Partition> {
    let missing = all.iter().filter(|(partition, ownership)| others.get(partition) != Some(ownership));
    missing.map(|(partition, _)| *partition).collect()
}
