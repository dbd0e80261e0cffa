//! Commits of a member, each awaited.

use crate::{member::Calls, names::Names, ownership::Ownership, record};
use async_trait::async_trait;
use ports::{Committer, LogError, Position};
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer},
    error::KafkaError,
};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::{sync::Mutex, task::spawn_blocking, time};

/// How long a caller waits: less than a session, so that a server that is away is told as such, before this member counts
/// as one that lost its partitions.
const PATIENCE: Duration = Duration::from_secs(4);
/// The pause before a commit that failed is repeated.
const PAUSE: Duration = Duration::from_millis(100);

/// Commits for a membership as long as it lives.
pub(crate) struct GroupCommitter {
    consumer: Weak<BaseConsumer<Calls>>,
    names: Names,
    ownership: Arc<Ownership>,
    /// One at a time, so that offsets reach the server in order.
    turn: Arc<Mutex<()>>,
}

impl GroupCommitter {
    pub(crate) fn new(consumer: Weak<BaseConsumer<Calls>>, names: Names, ownership: Arc<Ownership>) -> Self {
        Self { consumer, names, ownership, turn: Arc::default() }
    }

    /// Commits until the server has it or the partition is lost; `last` is why it has not worked so far.
    async fn commit_or_lose(&self, position: Position, last: &mut String) {
        loop {
            let turn = Arc::clone(&self.turn).lock_owned().await;
            // Asked again each time: a rebalance makes commits fail, and may take the partition.
            let Some(commit) = self.ownership.begin(position) else { return };
            let Some(consumer) = self.consumer.upgrade() else { return };
            let topic = self.names.topic(position.partition.topic).to_owned();
            // When the caller gives up, the commit under way keeps its turn until it ends.
            let committing = spawn_blocking(move || {
                let outcome = commit_now(&consumer, &topic, commit.position());
                // Before the commit ends, so that closing the consumer is left to its own thread.
                drop(consumer);
                if outcome.is_ok() {
                    commit.succeeded();
                }
                drop(turn);
                outcome
            });
            match committing.await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => *last = error.to_string(),
                Err(error) => *last = error.to_string(),
            }
            pause().await;
        }
    }
}

#[async_trait]
impl Committer for GroupCommitter {
    async fn commit(&self, position: Position) -> Result<(), LogError> {
        let mut last = "no answer".to_owned();
        let committed = time::timeout(PATIENCE, self.commit_or_lose(position, &mut last)).await;
        committed.map_err(|_| LogError::Unavailable(format!("an offset was not committed: {last}")))
    }
}

/// Waits for the server: `CommitMode::Async` says that all is well with every broker down.
fn commit_now(consumer: &BaseConsumer<Calls>, topic: &str, position: Position) -> Result<(), KafkaError> {
    let Position { partition, offset } = position;
    let next = i64::try_from(offset + 1).unwrap_or(i64::MAX);
    let mut offsets = TopicPartitionList::with_capacity(1);
    offsets.add_partition_offset(topic, record::number(partition), Offset::Offset(next))?;
    consumer.commit(&offsets, CommitMode::Sync)
}

#[expect(clippy::disallowed_methods, reason = "it waits for a real server")]
async fn pause() {
    time::sleep(PAUSE).await;
}
