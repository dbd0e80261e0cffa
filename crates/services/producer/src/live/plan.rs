//! What happens to each segment of a stream: decided before it is sent, by chance.

use std::ops::{Range, RangeInclusive};

/// Of so many segments, one carries a wrong checksum.
const WRONG_CHECKSUM_EVERY: f64 = 50.0;
/// The longest gap, in segments.
const LONGEST_GAP: f64 = 3.0;
/// Segments before and after a gap, at least: a stream that is too short for them has none.
const MARGIN: u32 = 5;

/// What is done with a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is sent as it is.
    Sent,
    /// It is sent with a checksum that is not its own: whoever compares asks for it again.
    SentWithWrongChecksum,
    /// It happens, but is lost before it is sent, and nobody can have it again.
    Lost,
}

/// The plan of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    segments: u32,
    gap: Range<u32>,
}

impl Plan {
    /// A plan with one gap, by two numbers in 0..1: how long it is, and where.
    pub(crate) fn new(segments: u32, [long, place]: [f64; 2]) -> Self {
        let length = 1 + (long * LONGEST_GAP) as u32;
        let room = segments.saturating_sub(2 * MARGIN + length);
        let first = MARGIN + (f64::from(room) * place) as u32;
        let gap = if room > 0 { first..first + length } else { 0..0 };
        Self { segments, gap }
    }

    /// How many segments there are, the lost ones included.
    pub(crate) fn segments(&self) -> u32 {
        self.segments
    }

    /// What is done with a segment, by a number in 0..1.
    pub(crate) fn fate(&self, number: u32, chance: f64) -> Fate {
        if self.gap.contains(&number) {
            Fate::Lost
        } else if chance * WRONG_CHECKSUM_EVERY < 1.0 {
            Fate::SentWithWrongChecksum
        } else {
            Fate::Sent
        }
    }
}

/// A length in this range, by a number in 0..1.
pub(crate) fn length(range: &RangeInclusive<u64>, chance: f64) -> u64 {
    let choices = (range.end() - range.start() + 1) as f64;
    range.start() + (chance * choices) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// A stream that is long enough has one gap of 1 to 3 segments, neither at its beginning nor at its end.
        #[test]
        fn a_stream_has_one_gap(segments in 14u32..2000, long in 0.0..1.0, place in 0.0..1.0) {
            let plan = Plan::new(segments, [long, place]);
            let lost: Vec<u32> = (0..segments).filter(|n| plan.fate(*n, 0.5) == Fate::Lost).collect();
            prop_assert!((1..=3).contains(&lost.len()), "{:?}", lost);
            prop_assert!(lost.windows(2).all(|pair| pair[0] + 1 == pair[1]));
            prop_assert!(lost[0] >= MARGIN && lost[lost.len() - 1] + MARGIN < segments);
        }

        #[test]
        fn a_short_stream_has_none(segments in 1u32..12, long in 0.0..1.0, place in 0.0..1.0) {
            let plan = Plan::new(segments, [long, place]);
            prop_assert!((0..segments).all(|n| plan.fate(n, 0.5) == Fate::Sent));
        }

        #[test]
        fn lengths_lie_in_their_range(least in 1u64..50, more in 0u64..50, chance in 0.0..1.0) {
            prop_assert!((least..=least + more).contains(&length(&(least..=least + more), chance)));
        }
    }

    #[test]
    fn every_length_is_chosen() {
        let chosen: Vec<u64> =
            [0.0, 0.17, 0.34, 0.51, 0.67, 0.999].map(|chance| length(&(5..=10), chance)).to_vec();
        assert_eq!(chosen, [5, 6, 7, 8, 9, 10]);
    }

    #[test]
    fn one_in_fifty_is_wrong() {
        let plan = Plan::new(1000, [0.0, 0.0]);
        let wrong = (0..1000).filter(|n| plan.fate(500, f64::from(*n) / 1000.0) != Fate::Sent).count();
        assert_eq!(wrong, 20);
    }
}
