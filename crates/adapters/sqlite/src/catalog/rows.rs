//! Single documents: reading, adding, replacing, removing.

use domain::collection::Kind;
use ports::{DocumentError, Replaced, Revision, Stored};
use rusqlite::{Connection, OptionalExtension as _, params};

/// A document as the file has it: the body is read where nothing waits for it.
pub(super) struct Row {
    id: String,
    revision: i64,
    body: String,
}

/// How an insert ended.
pub(super) enum Insert {
    New(Revision),
    AlreadyThere(Row),
}

impl Row {
    /// From the columns `id, revision, body`.
    pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { id: row.get(0)?, revision: row.get(1)?, body: row.get(2)? })
    }

    pub(super) fn into_stored(self) -> Result<Stored, DocumentError> {
        let body = serde_json::from_str(&self.body).map_err(|error| {
            DocumentError::Unavailable(format!("the body of {} is damaged: {error}", self.id))
        })?;
        Ok(Stored { id: self.id, revision: Revision(self.revision.cast_unsigned()), body })
    }
}

pub(super) fn get(db: &Connection, kind: Kind, id: &str) -> rusqlite::Result<Option<Row>> {
    let sql = format!("SELECT revision, body FROM {} WHERE id = ?1", kind.name());
    let found = db.prepare_cached(&sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(found.map(|(revision, body)| Row { id: id.to_owned(), revision, body }))
}

pub(super) fn insert(db: &Connection, kind: Kind, id: &str, body: &str) -> rusqlite::Result<Insert> {
    match get(db, kind, id)? {
        Some(row) => Ok(Insert::AlreadyThere(row)),
        None => add(db, kind, id, body).map(Insert::New),
    }
}

pub(super) fn append_new(db: &Connection, kind: Kind, bodies: &[(String, String)]) -> rusqlite::Result<()> {
    let sql = format!("SELECT 1 FROM {} WHERE id = ?1", kind.name());
    for (id, body) in bodies {
        if !db.prepare_cached(&sql)?.exists([id])? {
            add(db, kind, id, body)?;
        }
    }
    Ok(())
}

pub(super) fn replace(
    db: &Connection,
    kind: Kind,
    id: &str,
    at: Revision,
    body: &str,
) -> rusqlite::Result<Replaced> {
    let sql = format!("UPDATE {} SET revision = ?3, body = ?4 WHERE id = ?1 AND revision = ?2", kind.name());
    let next = next_revision(db)?;
    let changed = db.prepare_cached(&sql)?.execute(params![id, at.0.cast_signed(), next, body])?;
    Ok(done_if(changed, Revision(next.cast_unsigned())))
}

pub(super) fn remove(db: &Connection, kind: Kind, id: &str, at: Revision) -> rusqlite::Result<Replaced> {
    let sql = format!("DELETE FROM {} WHERE id = ?1 AND revision = ?2", kind.name());
    let changed = db.prepare_cached(&sql)?.execute(params![id, at.0.cast_signed()])?;
    Ok(done_if(changed, at))
}

fn add(db: &Connection, kind: Kind, id: &str, body: &str) -> rusqlite::Result<Revision> {
    let sql = format!("INSERT INTO {} (id, revision, body) VALUES (?1, ?2, ?3)", kind.name());
    let revision = next_revision(db)?;
    db.prepare_cached(&sql)?.execute(params![id, revision, body])?;
    Ok(Revision(revision.cast_unsigned()))
}

/// One series for the whole file: a document that was removed and added again never meets a revision of its
/// past.
fn next_revision(db: &Connection) -> rusqlite::Result<i64> {
    db.prepare_cached("UPDATE revisions SET last = last + 1 RETURNING last")?.query_row([], |row| row.get(0))
}

fn done_if(changed: usize, revision: Revision) -> Replaced {
    if changed == 1 { Replaced::Done(revision) } else { Replaced::Conflict }
}
