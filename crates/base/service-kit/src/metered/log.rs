//! An event log whose calls are measured and whose records are counted.

use super::Calls;
use async_trait::async_trait;
use domain::event::Topic;
use ports::{
    Committer, Delivery, EventLog, Follower, LogError, Membership, Position, Received, Record, StartAt,
};
use prometheus::IntCounterVec;
use std::sync::Arc;

/// The log, and what measures it.
pub(super) struct Measured {
    pub(super) log: Arc<dyn EventLog>,
    pub(super) calls: Calls,
    pub(super) records: IntCounterVec,
}

struct Member {
    member: Box<dyn Membership>,
    calls: Calls,
    records: IntCounterVec,
}

struct Commits {
    committer: Arc<dyn Committer>,
    calls: Calls,
}

struct Reader {
    follower: Box<dyn Follower>,
    records: IntCounterVec,
}

#[async_trait]
impl EventLog for Measured {
    async fn publish(&self, topic: Topic, record: Record) -> Result<(), LogError> {
        self.calls.measured("publish", self.log.publish(topic, record)).await?;
        self.records.with_label_values(&[topic.name(), "published"]).inc();
        Ok(())
    }

    async fn join(&self, group: &str, topics: &[Topic]) -> Result<Box<dyn Membership>, LogError> {
        let member = self.calls.measured("join", self.log.join(group, topics)).await?;
        Ok(Box::new(Member { member, calls: self.calls.clone(), records: self.records.clone() }))
    }

    async fn follow(&self, topic: Topic, from: StartAt) -> Result<Box<dyn Follower>, LogError> {
        let follower = self.calls.measured("follow", self.log.follow(topic, from)).await?;
        Ok(Box::new(Reader { follower, records: self.records.clone() }))
    }
}

// How long these wait says how long nothing came, so it is not measured.
#[async_trait]
impl Membership for Member {
    async fn next(&mut self) -> Result<Delivery, LogError> {
        let delivery = self.member.next().await?;
        if let Delivery::Record(received) = &delivery {
            count(&self.records, received);
        }
        Ok(delivery)
    }

    fn committer(&self) -> Arc<dyn Committer> {
        Arc::new(Commits { committer: self.member.committer(), calls: self.calls.clone() })
    }
}

#[async_trait]
impl Follower for Reader {
    async fn next(&mut self) -> Result<Received, LogError> {
        let received = self.follower.next().await?;
        count(&self.records, &received);
        Ok(received)
    }
}

#[async_trait]
impl Committer for Commits {
    async fn commit(&self, position: Position) -> Result<(), LogError> {
        self.calls.measured("commit", self.committer.commit(position)).await
    }
}

fn count(records: &IntCounterVec, received: &Received) {
    records.with_label_values(&[received.position.partition.topic.name(), "received"]).inc();
}
