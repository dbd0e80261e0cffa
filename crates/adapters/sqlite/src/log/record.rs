//! Reading records in batches.

use ports::{Partition, Position, Received, Record};
use rusqlite::{Connection, params, types::Type};

/// At most this many records in one batch.
const RECORDS: u32 = 256;
/// A batch ends with the record that reaches this many bytes of payload.
const BYTES: usize = 1_000_000;

/// The records of a partition from an offset on.
pub(super) fn batch(db: &Connection, partition: Partition, from: u64) -> rusqlite::Result<Vec<Received>> {
    let mut statement = db.prepare_cached(
        "SELECT offset, key, headers, payload FROM records \
         WHERE topic = ?1 AND partition = ?2 AND offset >= ?3 ORDER BY offset LIMIT ?4",
    )?;
    let bounds = params![partition.topic.name(), partition.number, from.cast_signed(), RECORDS];
    let mut rows = statement.query(bounds)?;
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let received = received(partition, row)?;
        bytes += received.record.payload.as_ref().map_or(0, Vec::len);
        batch.push(received);
        if bytes >= BYTES {
            break;
        }
    }
    Ok(batch)
}

/// The first offset of a partition that a group has not dealt with.
pub(super) fn committed(db: &Connection, group: &str, partition: Partition) -> rusqlite::Result<u64> {
    let mut statement = db.prepare_cached(
        "SELECT ifnull(max(next), 0) FROM commits WHERE topic = ?1 AND partition = ?2 AND member_group = ?3",
    )?;
    let next: i64 =
        statement.query_row(params![partition.topic.name(), partition.number, group], |row| row.get(0))?;
    Ok(next.cast_unsigned())
}

/// Records that a group has dealt with everything up to and including a position. A group never goes back:
/// of a partition's former and present owner, whoever has come further counts.
pub(super) fn commit(db: &Connection, group: &str, position: Position) -> rusqlite::Result<()> {
    let Position { partition, offset } = position;
    let next = offset.saturating_add(1).cast_signed();
    db.prepare_cached(
        "INSERT INTO commits (topic, partition, member_group, next) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT DO UPDATE SET next = max(next, excluded.next)",
    )?
    .execute(params![partition.topic.name(), partition.number, group, next])
    .map(|_| ())
}

fn received(partition: Partition, row: &rusqlite::Row<'_>) -> rusqlite::Result<Received> {
    let headers = serde_json::from_str(row.get_ref(2)?.as_str()?)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(2, Type::Text, Box::new(error)))?;
    let offset: i64 = row.get(0)?;
    Ok(Received {
        position: Position { partition, offset: offset.cast_unsigned() },
        record: Record { key: row.get(1)?, payload: row.get(3)?, headers },
    })
}
