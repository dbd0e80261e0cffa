//! A partitioned log of bytes. Typed events and dead letters are a layer above, written once, in `service-kit`.

use async_trait::async_trait;
use domain::event::Topic;

/// What is published: bytes under a key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// Fixes the partition; records of one key stay in order.
    pub key: String,
    /// The bytes; `None` is a tombstone, which lets a compacted topic forget the key.
    pub payload: Option<Vec<u8>>,
    /// Names and values that travel along, such as the context of a trace.
    pub headers: Vec<(String, String)>,
}

/// A partition of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition {
    /// The topic.
    pub topic: Topic,
    /// Its number in the topic.
    pub number: u32,
}

/// Where a record lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Its partition.
    pub partition: Partition,
    /// Its offset there: rises by at least 1 from record to record.
    pub offset: u64,
}

/// A record as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Where it lies.
    pub position: Position,
    /// What it says.
    pub record: Record,
}

/// What a member of a group is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// A record of a partition that this member owns.
    Record(Received),
    /// This member owns these partitions from now on, and reads them from their committed offsets.
    Assigned(Vec<Partition>),
    /// This member no longer owns these partitions.
    Revoked(Vec<Partition>),
}

/// From where a follower reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartAt {
    /// Everything that the log still has.
    Beginning,
    /// What is published after `follow` has returned.
    Now,
}

/// Why the log did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogError {
    /// It is away or overloaded: the same call may succeed later.
    #[error("the event log is not available: {0}")]
    Unavailable(String),
    /// The record is larger than a topic takes (1 MB).
    #[error("a record of {size} bytes is over the limit of {limit}")]
    TooLarge {
        /// The record's size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
}

/// A partitioned log of bytes.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Appends a record: durable when it returns, and in order per key.
    async fn publish(&self, topic: Topic, record: Record) -> Result<(), LogError>;
    /// Joins a group: each partition has one owner in it at a time. Dropping the membership leaves the group.
    async fn join(&self, group: &str, topics: &[Topic]) -> Result<Box<dyn Membership>, LogError>;
    /// Reads every partition of a topic for itself, outside any group: for hints, and for compacted state.
    async fn follow(&self, topic: Topic, from: StartAt) -> Result<Box<dyn Follower>, LogError>;
}

/// A place in a group.
#[async_trait]
pub trait Membership: Send {
    /// Waits for what comes next. A record that is not committed comes again to the partition's next owner. Safe to cancel.
    async fn next(&mut self) -> Result<Delivery, LogError>;
    /// Commits for this membership, also while `next` waits.
    fn committer(&self) -> std::sync::Arc<dyn Committer>;
}

/// Records how far a group has come.
#[async_trait]
pub trait Committer: Send + Sync {
    /// Everything in this partition up to and including this position is dealt with. A position of a partition that was
    /// lost meanwhile changes nothing.
    async fn commit(&self, position: Position) -> Result<(), LogError>;
}

/// A reader of all partitions of a topic.
#[async_trait]
pub trait Follower: Send {
    /// Waits for the next record. Safe to cancel.
    async fn next(&mut self) -> Result<Received, LogError>;
}
