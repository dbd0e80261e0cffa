//! When a cell has happened: by a clock that never goes back, held against the time of day that is burnt in.

use crate::media::{cell_at, millis};
use domain::Timestamp;
use ports::{Clock, Monotonic};
use std::time::Duration;

/// By how much the time of day may differ from the pictures before they tell a lie.
const TOLERANCE_MS: u64 = 1_000;

/// Both clocks, as they were when a stream began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timer {
    day: Timestamp,
    monotonic: Monotonic,
}

impl Timer {
    /// Begins now.
    pub(crate) fn start(clock: &dyn Clock) -> Self {
        Self { day: clock.now(), monotonic: clock.monotonic() }
    }

    /// The first cell that has not begun.
    pub(crate) fn first_cell(&self) -> u64 {
        cell_at(u64::try_from(self.day.as_millis()).unwrap_or(0)) + 1
    }

    /// How long it takes until a cell begins; nothing if it has.
    pub(crate) fn until(&self, cell: u64, now: Monotonic) -> Duration {
        let begins = Timestamp::from_millis(i64::try_from(millis(cell)).unwrap_or(i64::MAX));
        Duration::from_millis(begins.millis_since(self.day)).saturating_sub(now.since(self.monotonic))
    }

    /// Somebody set the clock, or the machine slept: the second that is burnt in is no longer the true one.
    pub(crate) fn is_wrong(&self, day: Timestamp, now: Monotonic) -> bool {
        let expected = self.day + now.since(self.monotonic);
        day.millis_since(expected).max(expected.millis_since(day)) > TOLERANCE_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Monotonic {
        Monotonic(Duration::from_millis(millis))
    }

    fn timer() -> Timer {
        Timer { day: Timestamp::from_millis(1_795_000_000_050), monotonic: at(7_000) }
    }

    #[test]
    fn a_cell_is_due_when_it_begins() {
        let first = timer().first_cell();
        assert_eq!(millis(first), 1_795_000_000_100);
        assert_eq!(timer().until(first, at(7_000)), Duration::from_millis(50));
        assert_eq!(timer().until(first + 10, at(7_500)), Duration::from_millis(550));
        assert_eq!(timer().until(first, at(9_000)), Duration::ZERO);
    }

    #[test]
    fn a_clock_that_was_set_is_noticed() {
        let day = |millis: i64| Timestamp::from_millis(1_795_000_000_050 + millis);
        assert!(!timer().is_wrong(day(60_900), at(67_000)));
        assert!(timer().is_wrong(day(62_000), at(67_000)));
        assert!(timer().is_wrong(day(-600_000), at(67_000)));
    }
}
