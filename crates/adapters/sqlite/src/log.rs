//! The event log: records in one table, commits of groups in another, and the groups' members in memory.

mod assign;
mod follower;
mod group;
mod heads;
mod member;
mod publish;
mod record;
mod schema;
mod tail;
mod trim;

use crate::{
    file::{self, OpenError},
    readers::Readers,
    writer::Writer,
};
use async_trait::async_trait;
use domain::event::Topic;
use group::Groups;
use heads::Heads;
use ports::{EventLog, Follower, LogError, Membership, Record, StartAt};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// An event log in a SQLite file.
///
/// Partitions are chosen as Kafka's clients choose them. A record is kept until every group that has ever
/// committed in its partition is past it, and it is older than a day or one of more than 10,000.
pub struct Log(Arc<Inner>);

/// What members and followers share with the log; it stays open as long as one of them lives.
struct Inner {
    writer: Writer,
    readers: Readers,
    heads: Arc<Heads>,
    groups: Groups,
    published: AtomicU64,
}

impl Log {
    /// Opens a log, or begins a new one, and lets go of what need not be kept.
    ///
    /// # Errors
    /// When the file cannot be used, is newer than this program, or holds something else.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let unusable = |source| OpenError::Unusable { path: path.to_owned(), source };
        let connection = file::open(path, &schema::FORMAT)?;
        trim::trim(&connection).map_err(unusable)?;
        let heads = Heads::load(&connection).map_err(unusable)?;
        Ok(Self(Arc::new(Inner {
            writer: Writer::start(path, connection)?,
            readers: Readers::of(path),
            heads: Arc::new(heads),
            groups: Groups::default(),
            published: AtomicU64::new(0),
        })))
    }
}

impl Inner {
    /// A publisher does not hear of a failure: its record is there, and the next trimming does more.
    async fn trim(&self) {
        if let Err(failure) = self.writer.write(trim::trim).await {
            tracing::warn!(%failure, "old records of the event log were not removed");
        }
    }
}

#[async_trait]
impl EventLog for Log {
    async fn publish(&self, topic: Topic, record: Record) -> Result<(), LogError> {
        let new = publish::NewRecord::of(topic, record)?;
        let (partition, heads) = (new.partition(), Arc::clone(&self.0.heads));
        self.0
            .writer
            .write_then(move |db| new.append(db), move |offset| heads.raise(partition, offset + 1))
            .await?;
        if self.0.published.fetch_add(1, Ordering::Relaxed) % trim::EVERY == trim::EVERY - 1 {
            self.0.trim().await;
        }
        Ok(())
    }

    async fn join(&self, group: &str, topics: &[Topic]) -> Result<Box<dyn Membership>, LogError> {
        let place = self.0.groups.named(group).join(topics);
        Ok(Box::new(member::Member::new(Arc::clone(&self.0), place)))
    }

    async fn follow(&self, topic: Topic, from: StartAt) -> Result<Box<dyn Follower>, LogError> {
        Ok(Box::new(follower::Following::new(Arc::clone(&self.0), topic, from)))
    }
}
