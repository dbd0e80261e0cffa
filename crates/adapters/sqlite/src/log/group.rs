//! Groups: who their members are and what each owns. They live in this process only, as its members do.

use super::assign::{MemberId, assign};
use domain::event::Topic;
use ports::Partition;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::watch;

/// All groups by name.
#[derive(Default)]
pub(super) struct Groups(Mutex<HashMap<String, Arc<Group>>>);

/// A group.
pub(super) struct Group {
    name: String,
    state: watch::Sender<State>,
}

/// The members and what follows from them.
#[derive(Debug, Default)]
pub(super) struct State {
    members: BTreeMap<MemberId, Vec<Topic>>,
    owners: BTreeMap<Partition, Ownership>,
    /// How often members have joined or left.
    changes: u64,
}

/// Who owns a partition, and since which change: a partition that was lost and won again is another
/// ownership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ownership {
    owner: MemberId,
    since: u64,
}

/// A member's place in its group, until it is dropped.
pub(super) struct Place {
    pub(super) group: Arc<Group>,
    pub(super) member: MemberId,
}

impl Groups {
    /// The group of this name, which begins to exist when it is first asked for.
    pub(super) fn named(&self, name: &str) -> Arc<Group> {
        let mut groups = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Group { name: name.to_owned(), state: watch::Sender::default() });
        Arc::clone(groups.entry(name.to_owned()).or_insert_with(new))
    }
}

impl Group {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn join(self: Arc<Self>, topics: &[Topic]) -> Place {
        let mut member = 0;
        self.change(|state| {
            // A change is one joining or leaving, so that its number names the member that joined by it.
            member = state.changes;
            state.members.insert(member, topics.to_vec());
        });
        Place { group: self, member }
    }

    pub(super) fn owns(&self, member: MemberId, partition: Partition) -> bool {
        self.state.borrow().owners.get(&partition).is_some_and(|ownership| ownership.owner == member)
    }

    pub(super) fn watch(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        self.state.send_modify(|state| {
            change(state);
            state.changes += 1;
            state.assign();
        });
    }
}

impl State {
    /// What a member owns.
    pub(super) fn owned_by(&self, member: MemberId) -> BTreeMap<Partition, Ownership> {
        let owned = self.owners.iter().filter(|(_, ownership)| ownership.owner == member);
        owned.map(|(partition, ownership)| (*partition, *ownership)).collect()
    }

    fn assign(&mut self) {
        let since = self.changes;
        let owners = assign(&self.members).into_iter().map(|(partition, owner)| {
            let before = self.owners.get(&partition).filter(|before| before.owner == owner);
            (partition, before.copied().unwrap_or(Ownership { owner, since }))
        });
        self.owners = owners.collect();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.group.change(|state| {
            state.members.remove(&self.member);
        });
    }
}
