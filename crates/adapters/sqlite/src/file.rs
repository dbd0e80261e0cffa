//! Opening a file: whose it is, which version it has, and how carefully it is written.

use rusqlite::Connection;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// How long a statement waits while another program holds the file.
const BUSY: Duration = Duration::from_secs(5);

/// Why a file was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// SQLite cannot open or prepare it.
    #[error("cannot open {path}: {source}; check that its folder exists, can be written and has room")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A newer version of this program has written it.
    #[error(
        "{path} has version {found}, but this program knows only {known}; start the newer program again, or \
         move the file away to begin without its contents"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// It is a database of something else.
    #[error(
        "{path} is a database of something else than {expected}; give another path, or move the file away"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
    },
    /// The thread that writes it cannot be started.
    #[error("cannot start the thread that writes {path}: {source}; raise the limit of processes")]
    Thread {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// What a file holds.
pub(crate) struct Format {
    /// In words, for messages.
    pub(crate) holds: &'static str,
    /// SQLite's `application_id`: tells this project's files from others and from each other.
    pub(crate) application: i32,
    /// The statements that lead from each version to the next; `user_version` counts those that were run.
    pub(crate) migrations: &'static [&'static str],
}

impl Format {
    /// Each version with the statements that lead to it.
    fn steps(&self) -> impl Iterator<Item = (u32, &'static str)> {
        (1..).zip(self.migrations.iter().copied())
    }
}

/// Opens a file for writing, creates it if it is missing, and brings it to the newest version.
pub(crate) fn open(path: &Path, format: &Format) -> Result<Connection, OpenError> {
    let unusable = |source| OpenError::Unusable { path: path.to_owned(), source };
    let mut connection = connect(path).map_err(unusable)?;
    let application: i32 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(unusable)?;
    let found: u32 =
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(unusable)?;
    let empty = is_empty(&connection).map_err(unusable)?;
    if !empty && application != format.application {
        return Err(OpenError::Foreign { path: path.to_owned(), expected: format.holds });
    }
    let known = format.steps().map(|(version, _)| version).last().unwrap_or(0);
    if found > known {
        return Err(OpenError::Newer { path: path.to_owned(), found, known });
    }
    write_carefully(&connection).map_err(unusable)?;
    migrate(&mut connection, format, found).map_err(unusable)?;
    Ok(connection)
}

/// Opens one more connection to a file that `open` has prepared, only to read.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(path)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}

/// Readers never wait for the writer, and a commit is on the disk when it returns.
fn write_carefully(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.query_row("PRAGMA journal_size_limit = 67108864", [], |_| Ok(()))
}

fn migrate(connection: &mut Connection, format: &Format, from: u32) -> rusqlite::Result<()> {
    for (version, statements) in format.steps().filter(|(version, _)| *version > from) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(statements)?;
        transaction.pragma_update(None, "application_id", format.application)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: Format =
        Format { holds: "tests", application: 7, migrations: &["CREATE TABLE a (x)", "CREATE TABLE b (x)"] };

    fn file() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.db");
        (folder, path)
    }

    #[test]
    fn an_older_file_gets_the_missing_migrations() {
        let (_folder, path) = file();
        drop(open(&path, &Format { migrations: &FORMAT.migrations[..1], ..FORMAT }).unwrap());
        let connection = open(&path, &FORMAT).unwrap();
        connection.execute("INSERT INTO b VALUES (1)", []).unwrap();
        let synchronous: i32 = connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        assert_eq!(synchronous, 2, "FULL");
    }

    #[test]
    fn a_newer_file_is_refused_and_left_alone() {
        let (_folder, path) = file();
        drop(open(&path, &FORMAT).unwrap());
        let older = Format { migrations: &FORMAT.migrations[..1], ..FORMAT };
        let error = open(&path, &older).unwrap_err();
        assert!(matches!(error, OpenError::Newer { found: 2, known: 1, .. }), "{error}");
        assert!(open(&path, &FORMAT).is_ok());
    }

    #[test]
    fn a_file_of_something_else_is_refused() {
        let (_folder, path) = file();
        drop(open(&path, &FORMAT).unwrap());
        let error = open(&path, &Format { application: 8, ..FORMAT }).unwrap_err();
        assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
    }

    #[test]
    fn what_is_no_database_is_unusable() {
        let (_folder, path) = file();
        std::fs::write(&path, "this is not a database, and long enough to have a header".repeat(4)).unwrap();
        let error = open(&path, &FORMAT).unwrap_err();
        assert!(matches!(error, OpenError::Unusable { .. }), "{error}");
    }
}
