//! Reading some partitions as they grow: the part that members and followers have in common.

use super::{Inner, heads::Ends, record};
use crate::failure::Failure;
use futures::future::BoxFuture;
use ports::{LogError, Partition, Received};
use std::{
    collections::{BTreeMap, VecDeque},
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
};
use tokio::sync::watch;

/// Where the reading of some partitions stands.
pub(super) struct Tail {
    inner: Arc<Inner>,
    ends: watch::Receiver<Ends>,
    /// For each partition the first offset that is not in the buffer yet.
    next: BTreeMap<Partition, u64>,
    buffer: VecDeque<Received>,
    /// A read on its way. It stays here when the wait for it is cancelled, so that nothing is read in vain
    /// for ever.
    reading: Option<BoxFuture<'static, Result<Batch, Failure>>>,
    /// The partition that was read last: the others come first.
    last: Option<Partition>,
}

struct Batch {
    partition: Partition,
    from: u64,
    end: u64,
    records: Vec<Received>,
}

impl Tail {
    pub(super) fn new(inner: Arc<Inner>) -> Self {
        let ends = inner.heads.watch();
        Self { inner, ends, next: BTreeMap::new(), buffer: VecDeque::new(), reading: None, last: None }
    }

    /// Reads this partition too, from this offset on.
    pub(super) fn add(&mut self, partition: Partition, from: u64) {
        self.next.insert(partition, from);
    }

    /// Reads this partition too, from its present end on.
    pub(super) fn add_at_end(&mut self, partition: Partition) {
        let end = self.ends.borrow().get(&partition).copied().unwrap_or(0);
        self.add(partition, end);
    }

    /// Reads this partition no more, and forgets what was read ahead.
    pub(super) fn remove(&mut self, partition: Partition) {
        self.next.remove(&partition);
        self.buffer.retain(|received| received.position.partition != partition);
    }

    /// Waits for the next record. Safe to cancel.
    pub(super) async fn next(&mut self) -> Result<Received, LogError> {
        loop {
            if let Some(received) = self.buffer.pop_front() {
                return Ok(received);
            }
            if self.reading.is_none() {
                self.reading = self.read_on();
            }
            if let Some(reading) = &mut self.reading {
                let batch = reading.await;
                self.reading = None;
                self.take(batch?);
            } else if self.ends.changed().await.is_err() {
                return Err(LogError::Unavailable("the log was closed".to_owned()));
            }
        }
    }

    /// Starts to read a partition that has grown, if there is one.
    fn read_on(&mut self) -> Option<BoxFuture<'static, Result<Batch, Failure>>> {
        let (partition, from, end) = self.behind()?;
        self.last = Some(partition);
        let readers = self.inner.readers.clone();
        Some(Box::pin(async move {
            let records = readers.read(move |db| record::batch(db, partition, from)).await?;
            Ok(Batch { partition, from, end, records })
        }))
    }

    /// A partition that has grown, with the first offset to read and the end.
    fn behind(&mut self) -> Option<(Partition, u64, u64)> {
        let ends = self.ends.borrow_and_update();
        let later = self.last.map(|last| self.next.range((Excluded(last), Unbounded)));
        let mut in_turn = later.into_iter().flatten().chain(&self.next);
        in_turn.find_map(|(partition, from)| {
            let end = ends.get(partition).copied().unwrap_or(0);
            (*from < end).then_some((*partition, *from, end))
        })
    }

    fn take(&mut self, batch: Batch) {
        // The partition may have been lost, or lost and found again, while it was read.
        let Some(next) = self.next.get_mut(&batch.partition).filter(|next| **next == batch.from) else {
            return;
        };
        *next = batch.records.last().map_or(batch.end, |last| last.position.offset + 1);
        self.buffer.extend(batch.records);
    }
}
