//! Appending a record.

use crate::murmur2;
use domain::event::Topic;
use ports::{LogError, Partition, Record};
use rusqlite::{Connection, params};

/// The largest record in bytes: key, payload and headers.
const LIMIT: usize = 1_000_000;

/// A record on its way into the file.
pub(super) struct NewRecord {
    partition: Partition,
    key: String,
    headers: String,
    payload: Option<Vec<u8>>,
}

impl NewRecord {
    pub(super) fn of(topic: Topic, record: Record) -> Result<Self, LogError> {
        let size = size(&record);
        if size > LIMIT {
            return Err(LogError::TooLarge { size, limit: LIMIT });
        }
        let number = murmur2::partition(&record.key, topic.partitions());
        Ok(Self {
            partition: Partition { topic, number },
            key: record.key,
            headers: serde_json::json!(record.headers).to_string(),
            payload: record.payload,
        })
    }

    pub(super) fn partition(&self) -> Partition {
        self.partition
    }

    /// Gives the offset. The newest record of a partition is never trimmed, so that offsets only rise.
    pub(super) fn append(self, db: &Connection) -> rusqlite::Result<u64> {
        let mut statement = db.prepare_cached(
            "INSERT INTO records (topic, partition, offset, key, headers, payload, time) VALUES (?1, ?2, \
             (SELECT ifnull(max(offset) + 1, 0) FROM records WHERE topic = ?1 AND partition = ?2), \
             ?3, ?4, ?5, unixepoch()) RETURNING offset",
        )?;
        let Partition { topic, number } = self.partition;
        let row = params![topic.name(), number, self.key, self.headers, self.payload];
        statement.query_row(row, |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
    }
}

fn size(record: &Record) -> usize {
    let headers = record.headers.iter().map(|(name, value)| name.len() + value.len());
    record.key.len() + record.payload.as_ref().map_or(0, Vec::len) + headers.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_counts_all_parts() {
        let record = |payload| Record {
            key: "ab".to_owned(),
            payload: Some(vec![0; payload]),
            headers: vec![("c".to_owned(), "de".to_owned())],
        };
        assert!(NewRecord::of(Topic::VodChunks, record(LIMIT - 5)).is_ok());
        let refused = NewRecord::of(Topic::VodChunks, record(LIMIT - 4));
        assert!(matches!(refused, Err(LogError::TooLarge { size, limit: LIMIT }) if size == LIMIT + 1));
    }
}
