//! The log's tables.

use crate::file::Format;

/// The log's file. `time` is in seconds since the Unix epoch; `next` is the first offset that is not dealt
/// with.
pub(super) const FORMAT: Format = Format {
    holds: "an event log",
    application: 0x5246_4c6f,
    migrations: &["
        CREATE TABLE records (
            topic TEXT NOT NULL,
            partition INTEGER NOT NULL,
            offset INTEGER NOT NULL,
            key TEXT NOT NULL,
            headers TEXT NOT NULL,
            payload BLOB,
            time INTEGER NOT NULL,
            PRIMARY KEY (topic, partition, offset)
        ) WITHOUT ROWID;
        CREATE TABLE commits (
            topic TEXT NOT NULL,
            partition INTEGER NOT NULL,
            member_group TEXT NOT NULL,
            next INTEGER NOT NULL,
            PRIMARY KEY (topic, partition, member_group)
        ) WITHOUT ROWID;
    "],
};
