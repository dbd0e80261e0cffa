//! What a consumer's thread has received and nobody has taken yet.

use ports::{Delivery, LogError, Partition, Received, Record};
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// More than this is not read ahead.
const MOST: Load = Load { records: 1_024, bytes: 2 << 20 };
/// Reading goes on below this. It is far from `MOST`, as each pause throws away what librdkafka has fetched.
const FEW: Load = Load { records: 256, bytes: 1 << 19 };

/// Deliveries on their way from the thread that receives to the task that asks.
#[derive(Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    deliveries: VecDeque<Delivery>,
    load: Load,
    failure: Option<String>,
    is_closed: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Load {
    records: usize,
    bytes: usize,
}

impl Inbox {
    /// Adds a record.
    pub(crate) fn record(&self, received: Received) {
        self.change(|state| {
            state.load.add(&received.record);
            state.deliveries.push_back(Delivery::Record(received));
        });
    }

    /// Adds that partitions are owned from now on.
    pub(crate) fn assigned(&self, partitions: Vec<Partition>) {
        self.change(|state| state.deliveries.push_back(Delivery::Assigned(partitions)));
    }

    /// Adds that partitions are lost, and forgets what was read ahead of them.
    pub(crate) fn revoked(&self, partitions: Vec<Partition>) {
        self.change(|state| {
            let is_lost = |delivery: &Delivery| {
                matches!(delivery, Delivery::Record(received) if partitions.contains(&received.position.partition))
            };
            state.deliveries.retain(|delivery| !is_lost(delivery));
            state.load = Load::of(&state.deliveries);
            state.deliveries.push_back(Delivery::Revoked(partitions));
        });
    }

    /// Nothing more will come, for this reason.
    pub(crate) fn fail(&self, reason: String) {
        self.change(|state| state.failure = Some(reason));
    }

    /// Nobody will ask again: the thread that receives may end.
    pub(crate) fn close(&self) {
        self.change(|state| state.is_closed = true);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    /// Whether so much waits that reading has to pause.
    pub(crate) fn is_full(&self) -> bool {
        self.state().load.reaches(MOST)
    }

    /// Whether so little waits that reading may go on.
    pub(crate) fn has_room(&self) -> bool {
        !self.state().load.reaches(FEW)
    }

    /// Waits for the next delivery; what came before a failure comes first. Safe to cancel.
    pub(crate) async fn next(&self) -> Result<Delivery, LogError> {
        loop {
            // Made before looking, so that a change in between is not missed.
            let changed = self.changed.notified();
            if let Some(taken) = self.take() {
                return taken;
            }
            changed.await;
        }
    }

    fn take(&self) -> Option<Result<Delivery, LogError>> {
        let mut state = self.state();
        match state.deliveries.pop_front() {
            Some(delivery) => {
                if let Delivery::Record(received) = &delivery {
                    state.load.remove(&received.record);
                }
                Some(Ok(delivery))
            }
            None => state.failure.clone().map(|reason| Err(LogError::Unavailable(reason))),
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Load {
    fn of<'a>(deliveries: impl IntoIterator<Item = &'a Delivery>) -> Self {
        let mut load = Self::default();
        for delivery in deliveries {
            if let Delivery::Record(received) = delivery {
                load.add(&received.record);
            }
        }
        load
    }

    fn add(&mut self, record: &Record) {
        self.records += 1;
        self.bytes += crate::record::size(record);
    }

    fn remove(&mut self, record: &Record) {
        self.records -= 1;
        self.bytes -= crate::record::size(record);
    }

    fn reaches(self, limit: Self) -> bool {
        self.records >= limit.records || self.bytes >= limit.bytes
    }
}

#[cfg(test)]
mod tests;
