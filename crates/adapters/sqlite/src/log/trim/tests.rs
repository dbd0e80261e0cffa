//! What is trimmed and what is kept.

use super::*;
use crate::log::{heads::Heads, record, schema};
use ports::Position;

const PARTITION: Partition = Partition { topic: Topic::VodChunks, number: 1 };

/// A log with so many records, the first of them older than a day.
fn log(old: i64, young: i64) -> Connection {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(schema::FORMAT.migrations[0]).unwrap();
    db.execute(
        "WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1 + ?2)
         INSERT INTO records
         SELECT ?3, ?4, i, 'key', '[]', NULL, unixepoch() - iif(i < ?1, 25 * 60 * 60, 0) FROM n",
        params![old, young, PARTITION.topic.name(), PARTITION.number],
    )
    .unwrap();
    db
}

fn commit(db: &Connection, group: &str, offset: u64) {
    record::commit(db, group, Position { partition: PARTITION, offset }).unwrap();
}

fn kept(db: &Connection) -> (i64, i64) {
    let sql = "SELECT min(offset), max(offset) FROM records WHERE topic = ?1 AND partition = ?2";
    db.query_row(sql, params![PARTITION.topic.name(), PARTITION.number], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
}

#[test]
fn old_records_go_when_every_group_is_past_them() {
    let db = log(100, 10);
    commit(&db, "fast", 105);
    commit(&db, "slow", 39);
    trim(&db).unwrap();
    assert_eq!(kept(&db), (40, 109), "the slow group needs 40");
    commit(&db, "slow", 104);
    trim(&db).unwrap();
    assert_eq!(kept(&db), (100, 109), "100 is young");
}

#[test]
fn young_records_go_when_there_are_too_many() {
    let db = log(0, KEPT + 500);
    trim(&db).unwrap();
    assert_eq!(kept(&db), (500, KEPT + 499));
    trim(&db).unwrap();
    assert_eq!(kept(&db), (500, KEPT + 499), "and no more");
}

#[test]
fn the_newest_record_stays_so_that_offsets_rise() {
    let db = log(100, 0);
    commit(&db, "all", 99);
    trim(&db).unwrap();
    assert_eq!(kept(&db), (99, 99));
    let ends = Heads::load(&db).unwrap();
    assert_eq!(ends.watch().borrow()[&PARTITION], 100);
}

#[test]
fn a_lot_goes_in_several_steps() {
    let db = log(5_000, 0);
    trim(&db).unwrap();
    assert_eq!(kept(&db).0, AT_ONCE);
    trim(&db).unwrap();
    trim(&db).unwrap();
    assert_eq!(kept(&db), (4_999, 4_999));
}

#[test]
fn a_compacted_topic_keeps_the_newest_of_each_key() {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(schema::FORMAT.migrations[0]).unwrap();
    let topic = Topic::LivePlaylists.name();
    for (offset, key) in (0_i64..).zip(["a", "b", "a", "c", "b"]) {
        let old = i64::from(key == "c") * 25 * 60 * 60;
        db.execute(
            "INSERT INTO records VALUES (?1, 0, ?2, ?3, '[]', NULL, unixepoch() - ?4)",
            params![topic, offset, key, old],
        )
        .unwrap();
    }
    trim(&db).unwrap();
    let mut kept = db.prepare("SELECT offset FROM records WHERE topic = ?1 ORDER BY offset").unwrap();
    let kept: Vec<i64> = kept.query_map([topic], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(kept, [2, 3, 4], "however old c is");
}
