//! Which member of a group owns which partition: Kafka's range assignment.

use super::heads::partitions;
use domain::event::Topic;
use ports::Partition;
use std::collections::BTreeMap;

/// A member of a group, in the order of joining.
pub(super) type MemberId = u64;

/// Each topic's partitions in even ranges over the members that want the topic; the first ones have one
/// more if need be.
pub(super) fn assign(members: &BTreeMap<MemberId, Vec<Topic>>) -> BTreeMap<Partition, MemberId> {
    Topic::ALL.into_iter().flat_map(|topic| assign_topic(topic, members)).collect()
}

fn assign_topic(
    topic: Topic,
    members: &BTreeMap<MemberId, Vec<Topic>>,
) -> impl Iterator<Item = (Partition, MemberId)> {
    let wanting = members.iter().filter(|(_, topics)| topics.contains(&topic));
    let wanting: Vec<MemberId> = wanting.map(|(member, _)| *member).collect();
    let (all, count) = (topic.partitions() as usize, wanting.len());
    let shares = wanting.into_iter().enumerate().flat_map(move |(place, member)| {
        let share = all / count + usize::from(place < all % count);
        std::iter::repeat_n(member, share)
    });
    partitions(topic).zip(shares)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn members() -> impl Strategy<Value = BTreeMap<MemberId, Vec<Topic>>> {
        let topics = prop::sample::subsequence(Topic::ALL.to_vec(), 0..=Topic::ALL.len());
        prop::collection::btree_map(0..100u64, topics, 0..20)
    }

    proptest! {
        #[test]
        fn every_wanted_partition_has_one_owner_who_wants_it_and_shares_are_even(members in members()) {
            let owners = assign(&members);
            for topic in Topic::ALL {
                let wanting: Vec<_> =
                    members.iter().filter(|(_, topics)| topics.contains(&topic)).map(|(id, _)| id).collect();
                let of_topic = owners.iter().filter(|(partition, _)| partition.topic == topic);
                let of_topic: Vec<_> = of_topic.map(|(_, id)| id).collect();
                let expected = if wanting.is_empty() { 0 } else { topic.partitions() as usize };
                prop_assert_eq!(of_topic.len(), expected);
                prop_assert!(of_topic.iter().all(|owner| wanting.contains(owner)));
                let share = |id: &&u64| of_topic.iter().filter(|owner| *owner == id).count();
                let shares: Vec<_> = wanting.iter().map(share).collect();
                prop_assert!(shares.iter().max().unwrap_or(&0) - shares.iter().min().unwrap_or(&0) <= 1);
            }
        }
    }
}
