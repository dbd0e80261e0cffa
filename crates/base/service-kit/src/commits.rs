//! Which offset of a partition may be committed while its records are handled side by side.

use std::collections::BTreeMap;

/// The records of one partition that were received and are not committed.
#[derive(Debug, Default)]
pub struct Commits {
    /// Offset of each received record, and whether its effect is durable.
    pending: BTreeMap<u64, bool>,
}

impl Commits {
    /// A record was received.
    pub fn received(&mut self, offset: u64) {
        self.pending.insert(offset, false);
    }

    /// How many records were received and are not committable.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether every record that was received is committable.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// A record's effect is durable. The offset to commit, if that moves it on: everything up to it is durable.
    pub fn handled(&mut self, offset: u64) -> Option<u64> {
        *self.pending.get_mut(&offset)? = true;
        let mut committable = None;
        while let Some(entry) = self.pending.first_entry() {
            if !entry.get() {
                break;
            }
            committable = Some(entry.remove_entry().0);
        }
        committable
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever order handlers end in: the committed offset never passes one that is not durable, and in the end it is
        /// the last.
        #[test]
        fn never_commits_ahead(order in Just((0u64..40).collect::<Vec<_>>()).prop_shuffle()) {
            let mut commits = Commits::default();
            (0..40).for_each(|offset| commits.received(offset));
            let (mut handled, mut last) = (Vec::new(), None);
            for offset in order {
                handled.push(offset);
                if let Some(committed) = commits.handled(offset) {
                    prop_assert!((0..=committed).all(|before| handled.contains(&before)));
                    prop_assert!(last < Some(committed));
                    last = Some(committed);
                }
            }
            prop_assert_eq!(last, Some(39));
        }
    }
}
