//! Where each partition ends: what wakes those who wait for records.

use domain::event::Topic;
use ports::Partition;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use tokio::sync::watch;

/// For each partition the offset that its next record will have.
pub(super) type Ends = BTreeMap<Partition, u64>;

/// The ends of all partitions, as committed.
pub(super) struct Heads(watch::Sender<Ends>);

impl Heads {
    pub(super) fn load(db: &Connection) -> rusqlite::Result<Self> {
        let partitions = Topic::ALL.into_iter().flat_map(partitions);
        let ends = partitions.map(|partition| Ok((partition, end(db, partition)?)));
        Ok(Self(watch::Sender::new(ends.collect::<rusqlite::Result<_>>()?)))
    }

    /// Wakes everybody who waits for the partition's next record.
    pub(super) fn raise(&self, partition: Partition, end: u64) {
        self.0.send_modify(|ends| {
            ends.insert(partition, end);
        });
    }

    pub(super) fn watch(&self) -> watch::Receiver<Ends> {
        self.0.subscribe()
    }
}

/// All partitions of a topic.
pub(super) fn partitions(topic: Topic) -> impl Iterator<Item = Partition> {
    (0..topic.partitions()).map(move |number| Partition { topic, number })
}

fn end(db: &Connection, partition: Partition) -> rusqlite::Result<u64> {
    let sql = "SELECT ifnull(max(offset) + 1, 0) FROM records WHERE topic = ?1 AND partition = ?2";
    let end: i64 = db.query_row(sql, params![partition.topic.name(), partition.number], |row| row.get(0))?;
    Ok(end.cast_unsigned())
}
