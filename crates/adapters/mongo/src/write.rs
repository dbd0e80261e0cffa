//! Writes of one document, sent until it is known how they ended.

mod append;
mod batch;
mod fate;
mod replace;

pub(crate) use append::{Appends, encode};
pub(crate) use replace::{Replacement, Replacements};

use crate::{
    call::{ATTEMPTS, Failure, request},
    record,
};
use fate::Fate;
use mongodb::{
    Collection,
    bson::{RawDocumentBuf, doc},
    error::{Error, ErrorKind, WriteFailure},
};
use ports::{DocumentError, Revision};
use service_kit::Gathering;
use std::sync::Arc;

/// A write of one document.
pub(crate) struct Write<'a> {
    /// Where the document is.
    pub(crate) collection: Collection<RawDocumentBuf>,
    /// Its id.
    pub(crate) id: &'a str,
    /// What is done to it.
    pub(crate) change: Change,
}

/// What a write does to a document.
pub(crate) enum Change {
    /// Adds it, unless there is one with its id.
    Insert {
        /// The revision that it gets.
        to: Revision,
        /// The document.
        document: RawDocumentBuf,
    },
    /// Puts another in its place, together with what else is replaced now.
    Replace {
        /// What takes its place.
        replacement: Replacement,
        /// Who does it.
        replacing: Arc<Gathering<Replacements>>,
    },
    /// Takes it away.
    Remove {
        /// The revision that it must have.
        at: Revision,
    },
}

impl Write<'_> {
    /// Whether the write took place: false when the document that it needs is not there.
    ///
    /// A request whose reply was lost may have taken place, and may do so yet. It is sent again as it was:
    /// its filter lets it take place once. If then the document is not as it should be, its versions tell
    /// why.
    pub(crate) async fn settle(&self) -> Result<bool, DocumentError> {
        let mut lost = None;
        for _ in 0..ATTEMPTS {
            match self.send().await {
                Ok(true) => return Ok(true),
                Ok(false) if lost.is_none() => return Ok(false),
                Ok(false) => match self.fate().await? {
                    Fate::Done => return Ok(true),
                    Fate::Refused => return Ok(false),
                    Fate::Unknown => {}
                },
                Err(failure) if failure.is_final() => return Err(failure.into()),
                Err(failure) => {
                    tracing::warn!(id = self.id, %failure, "a write is sent again");
                    lost = Some(failure);
                }
            }
        }
        let why = lost.map(|failure| failure.to_string()).unwrap_or_default();
        Err(DocumentError::Unavailable(format!("whether {} was written is unknown: {why}", self.id)))
    }

    /// Whether the server did it.
    async fn send(&self) -> Result<bool, Failure> {
        let (collection, id) = (self.collection.clone(), self.id.to_owned());
        match &self.change {
            Change::Insert { document, .. } => {
                let document = document.clone();
                match request(async move { collection.insert_one(document).await }).await {
                    Err(Failure::Refused(error)) if is_duplicate(&error) => Ok(false),
                    inserted => inserted.map(|_| true),
                }
            }
            Change::Replace { replacement, replacing } => {
                replacing.fulfil(replacement.clone()).await.unwrap_or(Err(Failure::Gone))
            }
            Change::Remove { at } => {
                let filter = record::at(&id, *at);
                let removed = request(async move { collection.delete_one(filter).await }).await?;
                Ok(removed.deleted_count == 1)
            }
        }
    }

    async fn fate(&self) -> Result<Fate, DocumentError> {
        let (collection, filter) = (self.collection.clone(), doc! { "_id": self.id });
        let document = request(async move { collection.find_one(filter).await }).await?;
        let seen = document.map(|document| record::versions(&document)).transpose()?;
        Ok(match &self.change {
            Change::Insert { to, .. } => fate::of_insert(seen, *to),
            Change::Replace { replacement, .. } => fate::of_replacement(seen, replacement.at, replacement.to),
            Change::Remove { at } => fate::of_removal(seen, *at),
        })
    }
}

/// Whether a document was refused since there is one with its id (MongoDB's error code 11000,
/// `DuplicateKey`).
fn is_duplicate(error: &Error) -> bool {
    matches!(&*error.kind, ErrorKind::Write(WriteFailure::WriteError(write)) if write.code == DUPLICATE)
}

/// MongoDB's error code `DuplicateKey`.
const DUPLICATE: i32 = 11_000;
