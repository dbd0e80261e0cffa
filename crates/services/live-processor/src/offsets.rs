//! Committing offsets: beside the way of the segments, so that no playlist waits for it.

use ports::{Clock, Committer, Partition, Position};
use service_kit::until_available;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// Between two rounds of commits. What is not committed yet comes again after a crash, and decides nothing twice; a commit for
/// each segment would cost the log as much as the segment.
const APART: Duration = Duration::from_secs(1);

/// The offsets that may be committed, at most one for each partition.
#[derive(Clone, Default)]
pub(crate) struct Offsets {
    ready: Arc<Mutex<HashMap<Partition, u64>>>,
    news: Arc<Notify>,
}

impl Offsets {
    /// Everything up to this position is dealt with.
    pub(crate) fn advance(&self, position: Position) {
        self.lock().insert(position.partition, position.offset);
        self.news.notify_one();
    }

    /// These partitions belong to somebody else.
    pub(crate) fn forget(&self, partitions: &[Partition]) {
        self.lock().retain(|partition, _| !partitions.contains(partition));
    }

    /// Commits until told to stop, and then what is left, once.
    pub(crate) async fn run(
        self,
        committer: Arc<dyn Committer>,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
    ) {
        loop {
            tokio::select! {
                () = self.news.notified() => {}
                () = stop.cancelled() => break,
            }
            for position in self.take() {
                let commit = || committer.commit(position);
                tokio::select! {
                    committed = until_available(&*clock, "committing an offset", commit) => told(committed),
                    () = stop.cancelled() => self.put_back(position),
                }
            }
            tokio::select! {
                () = clock.sleep(APART) => {}
                () = stop.cancelled() => break,
            }
        }
        for position in self.take() {
            told(committer.commit(position).await);
        }
    }

    fn take(&self) -> Vec<Position> {
        let ready = std::mem::take(&mut *self.lock());
        ready.into_iter().map(|(partition, offset)| Position { partition, offset }).collect()
    }

    fn put_back(&self, position: Position) {
        self.lock().entry(position.partition).or_insert(position.offset);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Partition, u64>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn told(committed: Result<(), ports::LogError>) {
    if let Err(error) = committed {
        // The next commit covers it; until then a new owner would only see it again.
        tracing::warn!(%error, "an offset could not be committed yet");
    }
}
