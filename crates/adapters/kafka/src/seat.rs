//! The ids of the members that one process has in a group.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Which numbers are taken in each group.
#[derive(Clone, Default)]
pub(crate) struct Seats(Arc<Mutex<HashMap<String, BTreeSet<u32>>>>);

/// A number in a group, free again when this is dropped.
pub(crate) struct Seat {
    seats: Seats,
    group: String,
    number: u32,
}

impl Seats {
    /// Takes the first free number of a group, so that a process that does the same after a restart has the same ids.
    pub(crate) fn take(&self, group: &str) -> Seat {
        let mut taken = self.taken();
        let numbers = taken.entry(group.to_owned()).or_default();
        let number = (1..).find(|number| !numbers.contains(number)).unwrap_or(u32::MAX);
        numbers.insert(number);
        Seat { seats: self.clone(), group: group.to_owned(), number }
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<String, BTreeSet<u32>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// The member's id; the first one has no suffix.
    pub(crate) fn id(&self, client: &str) -> String {
        match self.number {
            1 => client.to_owned(),
            number => format!("{client}-{number}"),
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        if let Some(numbers) = taken.get_mut(&self.group) {
            numbers.remove(&self.number);
            if numbers.is_empty() {
                taken.remove(&self.group);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_group_counts_for_itself_and_the_first_free_number_is_taken() {
        let seats = Seats::default();
        let first = seats.take("a");
        let second = seats.take("a");
        let third = seats.take("a");
        let elsewhere = seats.take("b");
        let ids = [&first, &second, &third, &elsewhere].map(|seat| seat.id("host-api"));
        assert_eq!(ids, ["host-api", "host-api-2", "host-api-3", "host-api"]);
        drop(second);
        assert_eq!(seats.take("a").id("x"), "x-2");
        drop((first, third, elsewhere));
        assert!(seats.taken().is_empty());
    }
}
