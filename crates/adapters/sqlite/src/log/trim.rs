//! Letting go of old records; of a compacted topic, of those that have a newer one of the same key.

use super::heads::partitions;
use domain::event::Topic;
use ports::Partition;
use rusqlite::{Connection, params};

/// Old records are looked for once per so many publishes.
pub(super) const EVERY: u64 = 1_000;
/// Records younger than this many seconds are kept, up to `KEPT`.
const YOUNG: i64 = 24 * 60 * 60;
/// So many of a partition's newest records are kept while they are young.
const KEPT: i64 = 10_000;
/// At most this many records of a partition go at once, so that other writes do not wait long.
const AT_ONCE: i64 = 2_000;

/// Removes records that every group which ever committed in their partition is past, and that are old or
/// too many.
pub(super) fn trim(db: &Connection) -> rusqlite::Result<()> {
    Topic::ALL.into_iter().flat_map(partitions).try_for_each(|partition| {
        if partition.topic.is_compacted() { compact(db, partition) } else { trim_partition(db, partition) }
    })
}

fn compact(db: &Connection, partition: Partition) -> rusqlite::Result<()> {
    let Partition { topic, number } = partition;
    db.prepare_cached(
        "DELETE FROM records WHERE topic = ?1 AND partition = ?2 AND offset NOT IN (
           SELECT max(offset) FROM records WHERE topic = ?1 AND partition = ?2 GROUP BY key)",
    )?
    .execute(params![topic.name(), number])
    .map(|_| ())
}

fn trim_partition(db: &Connection, partition: Partition) -> rusqlite::Result<()> {
    let Partition { topic, number } = partition;
    // The newest record stays in any case: it keeps the count of the offsets.
    db.prepare_cached(
        "WITH
           ends AS (SELECT min(offset) AS first, max(offset) AS last
                    FROM records WHERE topic = ?1 AND partition = ?2),
           young AS (SELECT offset FROM records
                     WHERE topic = ?1 AND partition = ?2 AND time > unixepoch() - ?3 ORDER BY offset LIMIT 1),
           needed AS (SELECT min(next) AS offset FROM commits WHERE topic = ?1 AND partition = ?2)
         DELETE FROM records WHERE topic = ?1 AND partition = ?2 AND offset < (
           SELECT min(
             last,
             first + ?5,
             ifnull((SELECT offset FROM needed), last),
             max(ifnull((SELECT offset FROM young), last), last - ?4 + 1)
           ) FROM ends)",
    )?
    .execute(params![topic.name(), number, YOUNG, KEPT, AT_ONCE])
    .map(|_| ())
}

#[cfg(test)]
mod tests;
