//! The documents: one table per collection, the bodies as JSON, an SQLite index for each declared one.

mod cursor;
mod question;
mod rows;
mod schema;
mod value;

use crate::{
    file::{self, OpenError},
    readers::Readers,
    writer::Writer,
};
use async_trait::async_trait;
use domain::collection::Kind;
use ports::{DocumentError, Documents, Inserted, Json, Page, Query, Replaced, Revision, Stored};
use question::Question;
use std::path::Path;

/// Documents in a SQLite file.
pub struct Catalog {
    writer: Writer,
    readers: Readers,
}

impl Catalog {
    /// Opens a catalog, or begins a new one. Indexes that are declared and missing are built, others are
    /// dropped.
    ///
    /// # Errors
    /// When the file cannot be used, is newer than this program, or holds something else.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let mut connection = file::open(path, &schema::FORMAT)?;
        schema::declare(&mut connection)
            .map_err(|source| OpenError::Unusable { path: path.to_owned(), source })?;
        Ok(Self { writer: Writer::start(path, connection)?, readers: Readers::of(path) })
    }
}

#[async_trait]
impl Documents for Catalog {
    async fn get(&self, kind: Kind, id: &str) -> Result<Option<Stored>, DocumentError> {
        let id = id.to_owned();
        let row = self.readers.read(move |db| rows::get(db, kind, &id)).await?;
        row.map(rows::Row::into_stored).transpose()
    }

    async fn insert(&self, kind: Kind, id: &str, body: Json) -> Result<Inserted, DocumentError> {
        let (id, body) = (id.to_owned(), text(&body)?);
        match self.writer.write(move |db| rows::insert(db, kind, &id, &body)).await? {
            rows::Insert::New(revision) => Ok(Inserted::New(revision)),
            rows::Insert::AlreadyThere(row) => Ok(Inserted::AlreadyThere(row.into_stored()?)),
        }
    }

    async fn replace(
        &self,
        kind: Kind,
        id: &str,
        at: Revision,
        body: Json,
    ) -> Result<Replaced, DocumentError> {
        let (id, body) = (id.to_owned(), text(&body)?);
        Ok(self.writer.write(move |db| rows::replace(db, kind, &id, at, &body)).await?)
    }

    async fn append_new(&self, kind: Kind, bodies: Vec<(String, Json)>) -> Result<(), DocumentError> {
        let bodies = bodies.into_iter().map(|(id, body)| Ok((id, text(&body)?)));
        let bodies: Vec<_> = bodies.collect::<Result<_, DocumentError>>()?;
        Ok(self.writer.write(move |db| rows::append_new(db, kind, &bodies)).await?)
    }

    async fn remove(&self, kind: Kind, id: &str, at: Revision) -> Result<Replaced, DocumentError> {
        let id = id.to_owned();
        Ok(self.writer.write(move |db| rows::remove(db, kind, &id, at)).await?)
    }

    async fn find(&self, query: &Query) -> Result<Page, DocumentError> {
        let question = Question::page(query)?;
        let (rows, next) = self.readers.read(move |db| question.rows(db)).await?;
        let documents = rows.into_iter().map(rows::Row::into_stored).collect::<Result<_, _>>()?;
        Ok(Page { documents, next: next.map(|place| place.cursor(query)) })
    }

    async fn count(&self, query: &Query) -> Result<u64, DocumentError> {
        let question = Question::count(query)?;
        Ok(self.readers.read(move |db| question.number(db)).await?)
    }
}

fn text(body: &Json) -> Result<String, DocumentError> {
    if body.is_object() {
        Ok(body.to_string())
    } else {
        Err(DocumentError::Invalid(format!("a body is an object, not {body}")))
    }
}
