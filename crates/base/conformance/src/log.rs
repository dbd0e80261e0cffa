//! The suite of event logs. Each has its own keys and groups and expects no offset: servers are shared.

mod assignment;
mod commit;
mod follow;
mod member;
mod publish;

pub use assignment::*;
pub use commit::*;
pub use follow::*;
pub use publish::*;

use crate::document::unique;
use domain::event::Topic;
use ports::{EventLog, Record};
use std::time::Duration;

/// How long a case waits for something that has to happen: a server may take seconds to form a group.
const DEADLINE: Duration = Duration::from_secs(10);
/// The topic of most cases.
const TOPIC: Topic = Topic::DeadLetters;

/// One test for each promise of `EventLog`. `open` is an async function that gives an `Arc<dyn EventLog>`
/// and what keeps it alive, or nothing.
#[macro_export]
macro_rules! event_log {
    ($open:path) => {
        $crate::event_log! { @cases $open:
            records_of_a_key_come_in_order
            records_of_many_publishers_all_come
            a_key_has_one_partition_and_rising_offsets
            topics_are_separate
            keys_and_headers_survive
            payloads_survive
            a_tombstone_is_not_an_empty_payload
            a_record_that_is_too_large_is_refused
            an_assignment_comes_before_records
            a_lone_member_owns_everything
            members_share_partitions
            each_record_goes_to_one_member
            nothing_comes_of_a_lost_partition
            who_leaves_hands_over
            groups_are_independent
            a_new_group_reads_what_is_there
            uncommitted_records_come_again
            committed_records_do_not_come_again
            a_commit_counts_for_its_partition_only
            commits_go_on_while_next_waits
            a_commit_of_a_lost_partition_changes_nothing
            waiting_for_a_delivery_can_be_cancelled
            a_follower_from_the_beginning_has_everything
            a_follower_from_now_has_only_what_is_later
            a_follower_never_misses_what_follows
            followers_are_independent
            waiting_for_a_record_can_be_cancelled
        }
    };
    (@cases $open:path: $($case:ident)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let Some((port, _alive)) = $open().await else { return };
                $crate::log::$case(&*port).await;
            }
        )+
    };
}

/// The outcome of something that has to happen in time.
async fn in_time<T>(what: &str, happens: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, happens).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not happen within {DEADLINE:?}"),
    }
}

fn record(key: &str, payload: &str) -> Record {
    Record { key: key.to_owned(), payload: Some(payload.as_bytes().to_vec()), headers: Vec::new() }
}

async fn publish(port: &dyn EventLog, key: &str, payload: &str) {
    let published = port.publish(TOPIC, record(key, payload));
    in_time("publish", published).await.expect("publish");
}

/// Publishes a record under each of so many new keys, enough to have some in every partition. Gives the keys.
async fn publish_keys(port: &dyn EventLog, count: usize) -> Vec<String> {
    let keys: Vec<String> = (0..count).map(|_| unique("key")).collect();
    for key in &keys {
        publish(port, key, "payload").await;
    }
    keys
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_macro_names_every_case() {
        let listed = include_str!("log.rs");
        let cases = [
            include_str!("log/assignment.rs"),
            include_str!("log/commit.rs"),
            include_str!("log/follow.rs"),
            include_str!("log/publish.rs"),
        ];
        for line in cases.iter().flat_map(|text| text.lines()) {
            let Some(rest) = line.strip_prefix("pub async fn ") else { continue };
            let name = rest.split('(').next().unwrap();
            assert!(listed.contains(&format!("            {name}\n")), "event_log! lacks {name}");
        }
    }
}
