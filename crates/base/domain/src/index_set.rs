//! A set of small numbers written as ranges, so that a document stays small however many parts a video has.

use serde::{Deserialize, Serialize};
use std::{fmt, ops::RangeInclusive, str::FromStr};

/// A set of numbers; as text `0-4,6`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IndexSet {
    /// In order, apart from each other by at least one missing number.
    ranges: Vec<RangeInclusive<u32>>,
}

/// A text that is not a set of numbers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a set of numbers such as 0-4,6")]
pub struct InvalidIndexSet(String);

impl IndexSet {
    /// Adds a number; false when it was there.
    pub fn insert(&mut self, index: u32) -> bool {
        if self.contains(index) {
            return false;
        }
        let at = self.ranges.partition_point(|range| *range.end() < index);
        self.ranges.insert(at, index..=index);
        self.join(at);
        if at > 0 {
            self.join(at - 1);
        }
        true
    }

    /// Adds all numbers of a range.
    pub fn insert_all(&mut self, range: RangeInclusive<u32>) {
        if range.is_empty() {
            return;
        }
        let (mut start, mut end) = range.into_inner();
        let first = self.ranges.partition_point(|range| range.end().saturating_add(1) < start);
        let after = self.ranges.partition_point(|range| *range.start() <= end.saturating_add(1));
        for range in self.ranges.drain(first..after.max(first)) {
            start = start.min(*range.start());
            end = end.max(*range.end());
        }
        self.ranges.insert(first, start..=end);
    }

    /// Whether a number is in it.
    #[must_use]
    pub fn contains(&self, index: u32) -> bool {
        let at = self.ranges.partition_point(|range| *range.end() < index);
        self.ranges.get(at).is_some_and(|range| range.contains(&index))
    }

    /// How many numbers are in it.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.ranges.iter().map(|range| range.end() - range.start() + 1).sum()
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    fn join(&mut self, at: usize) {
        if let [left, right, ..] = &self.ranges[at..]
            && left.end() + 1 == *right.start()
        {
            self.ranges[at] = *left.start()..=*right.end();
            self.ranges.remove(at + 1);
        }
    }
}

impl fmt::Display for IndexSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, range) in self.ranges.iter().enumerate() {
            let comma = if position > 0 { "," } else { "" };
            match (range.start(), range.end()) {
                (start, end) if start == end => write!(f, "{comma}{start}")?,
                (start, end) => write!(f, "{comma}{start}-{end}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for IndexSet {
    type Err = InvalidIndexSet;

    fn from_str(text: &str) -> Result<Self, InvalidIndexSet> {
        let invalid = || InvalidIndexSet(text.chars().take(64).collect());
        let mut ranges: Vec<RangeInclusive<u32>> = Vec::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (start, end) = part.split_once('-').unwrap_or((part, part));
            let (start, end): (u32, u32) =
                (start.parse().map_err(|_| invalid())?, end.parse().map_err(|_| invalid())?);
            let apart = ranges.last().is_none_or(|last| u64::from(*last.end()) + 1 < u64::from(start));
            if start > end || !apart || end == u32::MAX {
                return Err(invalid());
            }
            ranges.push(start..=end);
        }
        Ok(Self { ranges })
    }
}

impl TryFrom<String> for IndexSet {
    type Error = InvalidIndexSet;

    fn try_from(text: String) -> Result<Self, InvalidIndexSet> {
        text.parse()
    }
}

impl From<IndexSet> for String {
    fn from(set: IndexSet) -> String {
        set.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn is_a_set(numbers in prop::collection::vec(0u32..60, 0..80)) {
            let (mut set, mut model) = (IndexSet::default(), BTreeSet::new());
            for number in numbers {
                prop_assert_eq!(set.insert(number), model.insert(number));
            }
            prop_assert!((0..61).all(|number| set.contains(number) == model.contains(&number)));
            prop_assert_eq!(set.len() as usize, model.len());
            prop_assert_eq!(set.to_string().parse::<IndexSet>().unwrap(), set);
        }

        #[test]
        fn ranges_are_all_their_numbers(ranges in prop::collection::vec((0u32..60, 0u32..9), 0..9)) {
            let (mut set, mut model) = (IndexSet::default(), IndexSet::default());
            for (start, length) in ranges {
                set.insert_all(start..=start + length);
                (start..=start + length).for_each(|number| { model.insert(number); });
                prop_assert_eq!(&set, &model);
            }
        }

        #[test]
        fn never_panics_on_a_text(text in "[0-9,-]{0,20}") {
            let _ = text.parse::<IndexSet>();
        }
    }
}
