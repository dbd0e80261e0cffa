//! The tables, and the columns and indexes that follow from the declared indexes.

use crate::file::Format;
use domain::collection::{Index, Kind};
use rusqlite::{Connection, Transaction};
use std::collections::BTreeSet;

/// The catalog's file. Collections, columns and indexes are declared at each opening; a migration is for
/// the rest.
pub(super) const FORMAT: Format = Format {
    holds: "a catalog of documents",
    application: 0x5246_4361,
    migrations: &["CREATE TABLE revisions (last INTEGER NOT NULL); INSERT INTO revisions VALUES (0);"],
};

/// What a document that lacks a field has in the field's column. It sorts before every number and text,
/// where NULL would sort too; but NULL compares with nothing, and a page has to begin after it.
pub(super) const LACKING: f64 = f64::NEG_INFINITY;

/// Creates what is declared and missing, and drops indexes that are declared no more.
pub(super) fn declare(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for kind in Kind::ALL {
        declare_table(&transaction, kind)?;
        declare_columns(&transaction, kind)?;
        declare_indexes(&transaction, kind)?;
    }
    transaction.commit()
}

/// The name of an index in the file.
pub(super) fn index_name(index: &Index) -> String {
    format!("{}_by_{}", index.kind.name(), index.name)
}

/// The column that holds a field for the indexes.
pub(super) fn column(field: &str) -> String {
    format!("field_{field}")
}

fn declare_table(transaction: &Transaction<'_>, kind: Kind) -> rusqlite::Result<()> {
    let table = kind.name();
    transaction.execute_batch(&format!(
        "CREATE TABLE IF NOT EXISTS {table} (id TEXT PRIMARY KEY NOT NULL, revision INTEGER NOT NULL, \
         body TEXT NOT NULL)"
    ))
}

/// The columns are virtual: SQLite computes them from the body, and stores them in the indexes only. They
/// have no type, so that numbers stay numbers and texts stay texts.
fn declare_columns(transaction: &Transaction<'_>, kind: Kind) -> rusqlite::Result<()> {
    let table = kind.name();
    let there = names(transaction, &format!("SELECT name FROM pragma_table_xinfo('{table}')"))?;
    let fields: BTreeSet<&str> = kind.indexes().iter().flat_map(|index| index.fields).copied().collect();
    for field in fields.into_iter().filter(|field| !there.contains(&column(field))) {
        let column = column(field);
        // -9e999 is how SQL writes minus infinity.
        transaction.execute_batch(&format!(
            "ALTER TABLE {table} ADD COLUMN {column} \
             AS (ifnull(json_extract(body, '$.{field}'), -9e999)) VIRTUAL"
        ))?;
    }
    Ok(())
}

fn declare_indexes(transaction: &Transaction<'_>, kind: Kind) -> rusqlite::Result<()> {
    let table = kind.name();
    let declared: BTreeSet<String> = kind.indexes().iter().map(create_index).collect();
    let of_table =
        format!("FROM sqlite_schema WHERE type = 'index' AND tbl_name = '{table}' AND sql NOT NULL");
    for there in names(transaction, &format!("SELECT sql {of_table}"))?.difference(&declared) {
        let name: String =
            transaction
                .query_row(&format!("SELECT name {of_table} AND sql = ?1"), [there], |row| row.get(0))?;
        transaction.execute_batch(&format!("DROP INDEX {name}"))?;
    }
    let there = names(transaction, &format!("SELECT sql {of_table}"))?;
    declared.difference(&there).try_for_each(|missing| transaction.execute_batch(missing))
}

fn create_index(index: &Index) -> String {
    let columns: Vec<String> = index.fields.iter().map(|field| column(field)).collect();
    format!("CREATE INDEX {} ON {} ({}, id)", index_name(index), index.kind.name(), columns.join(", "))
}

fn names(transaction: &Transaction<'_>, sql: &str) -> rusqlite::Result<BTreeSet<String>> {
    transaction.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::collection::JOBS_BY_TURN;

    fn indexes(connection: &Connection) -> BTreeSet<String> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql NOT NULL";
        let mut statement = connection.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn exactly_the_declared_indexes_stand() {
        let mut connection = Connection::open_in_memory().unwrap();
        declare(&mut connection).unwrap();
        let declared: BTreeSet<_> =
            Kind::ALL.iter().flat_map(|kind| kind.indexes()).map(index_name).collect();
        assert_eq!(indexes(&connection), declared);

        let changed = index_name(&JOBS_BY_TURN);
        connection
            .execute_batch(&format!(
                "DROP INDEX {changed}; CREATE INDEX {changed} ON jobs (revision); \
                 CREATE INDEX old ON jobs (body);"
            ))
            .unwrap();
        declare(&mut connection).unwrap();
        assert_eq!(indexes(&connection), declared);
        let sql: String = connection
            .query_row("SELECT sql FROM sqlite_schema WHERE name = ?1", [&changed], |row| row.get(0))
            .unwrap();
        assert_eq!(sql, create_index(&JOBS_BY_TURN));
    }

    #[test]
    fn names_are_safe_in_sql() {
        let safe = |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        for index in Kind::ALL.iter().flat_map(|kind| kind.indexes()) {
            assert!(
                safe(index.kind.name()) && safe(index.name) && index.fields.iter().all(|field| safe(field))
            );
        }
    }
}
