//! Which partitions a member owns, and who is committing there.

use ports::{Partition, Position};
use std::{
    collections::BTreeMap,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long a partition that is to be handed over waits for a commit under way.
const HAND_OVER_WAIT: Duration = Duration::from_secs(2);

/// What a member owns. A commit and the loss of a partition exclude each other: the next owner begins where the last
/// commit says.
#[derive(Default)]
pub(crate) struct Ownership {
    state: Mutex<State>,
    idle: Condvar,
}

#[derive(Default)]
struct State {
    /// Each partition with the highest offset that was committed since it was won.
    owned: BTreeMap<Partition, Option<u64>>,
    committing: usize,
    /// Whether partitions were assigned at least once, even none.
    is_settled: bool,
}

/// A commit under way.
pub(crate) struct Commit {
    ownership: Arc<Ownership>,
    position: Position,
}

impl Ownership {
    /// These partitions were won.
    pub(crate) fn win(&self, partitions: &[Partition]) {
        let mut state = self.state();
        state.is_settled = true;
        state.owned.extend(partitions.iter().map(|partition| (*partition, None)));
    }

    /// These partitions are lost: commits there change nothing from now on, and those under way are awaited, for a while.
    pub(crate) fn lose(&self, partitions: &[Partition]) {
        let mut state = self.state();
        state.owned.retain(|partition, _| !partitions.contains(partition));
        let waited = self.idle.wait_timeout_while(state, HAND_OVER_WAIT, |state| state.committing > 0);
        if waited.is_ok_and(|(_, waited)| waited.timed_out()) {
            tracing::warn!("partitions are handed over while a commit is under way");
        }
    }

    /// Waits for the commits under way; librdkafka ends each within seconds.
    pub(crate) fn await_commits(&self) {
        drop(self.idle.wait_while(self.state(), |state| state.committing > 0));
    }

    /// Whether partitions were assigned since the member joined, even none.
    pub(crate) fn is_settled(&self) -> bool {
        self.state().is_settled
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.state().owned.is_empty()
    }

    /// Begins a commit; none when the partition is lost or more is committed there already: offsets never go back.
    pub(crate) fn begin(self: &Arc<Self>, position: Position) -> Option<Commit> {
        let mut state = self.state();
        let committed = *state.owned.get(&position.partition)?;
        if committed >= Some(position.offset) {
            return None;
        }
        state.committing += 1;
        Some(Commit { ownership: Arc::clone(self), position })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Commit {
    pub(crate) fn position(&self) -> Position {
        self.position
    }

    /// The server has it.
    pub(crate) fn succeeded(self) {
        let mut state = self.ownership.state();
        if let Some(committed) = state.owned.get_mut(&self.position.partition) {
            *committed = (*committed).max(Some(self.position.offset));
        }
    }
}

impl Drop for Commit {
    fn drop(&mut self) {
        self.ownership.state().committing -= 1;
        self.ownership.idle.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::event::Topic;

    fn position(number: u32, offset: u64) -> Position {
        Position { partition: Partition { topic: Topic::VodChunks, number }, offset }
    }

    fn owning(numbers: &[u32]) -> Arc<Ownership> {
        let ownership = Arc::new(Ownership::default());
        ownership.win(&numbers.iter().map(|number| position(*number, 0).partition).collect::<Vec<_>>());
        ownership
    }

    #[test]
    fn offsets_never_go_back_and_partitions_do_not_mix() {
        let ownership = owning(&[0, 1]);
        ownership.begin(position(0, 5)).unwrap().succeeded();
        assert!(ownership.begin(position(0, 5)).is_none());
        assert!(ownership.begin(position(0, 4)).is_none());
        assert!(ownership.begin(position(0, 6)).is_some());
        assert!(ownership.begin(position(1, 0)).is_some());
        assert!(ownership.begin(position(2, 9)).is_none(), "it never owned that");
    }

    #[test]
    fn a_commit_that_failed_may_be_repeated() {
        let ownership = owning(&[0]);
        drop(ownership.begin(position(0, 5)).unwrap());
        assert!(ownership.begin(position(0, 5)).is_some());
    }

    #[test]
    fn a_partition_that_was_won_again_begins_anew() {
        let ownership = owning(&[0]);
        ownership.begin(position(0, 5)).unwrap().succeeded();
        ownership.lose(&[position(0, 0).partition]);
        assert!(ownership.begin(position(0, 6)).is_none() && ownership.is_empty());
        ownership.win(&[position(0, 0).partition]);
        assert!(ownership.begin(position(0, 3)).is_some(), "another member may have gone back");
    }

    #[test]
    fn losing_waits_for_the_commit_under_way() {
        let ownership = owning(&[0]);
        let commit = ownership.begin(position(0, 1)).unwrap();
        let losing = std::thread::spawn({
            let ownership = Arc::clone(&ownership);
            move || ownership.lose(&[position(0, 0).partition])
        });
        while !ownership.is_empty() {
            std::thread::yield_now();
        }
        assert!(!losing.is_finished(), "it is lost, but not handed over");
        commit.succeeded();
        losing.join().unwrap();
        ownership.await_commits();
    }
}
