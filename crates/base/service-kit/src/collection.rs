//! Typed documents: reading, and changing by a pure step under compare-and-set, with the outbox relayed afterwards.

use crate::{Relay, Unavailable, relay::FlushError};
use domain::document::Document;
use futures::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use ports::{Clock, Cursor, DocumentError, Documents, Inserted, Query, Replaced, Revision, Stored};
use std::{marker::PhantomData, sync::Arc, time::Duration};

/// All documents of one type.
pub struct Collection<D> {
    documents: Arc<dyn Documents>,
    relay: Relay,
    clock: Arc<dyn Clock>,
    _type: PhantomData<fn() -> D>,
}

/// A page of typed documents.
#[derive(Debug)]
pub struct Found<D> {
    /// The documents.
    pub documents: Vec<D>,
    /// Where the next page begins.
    pub next: Option<Cursor>,
}

/// A document as it was read or written.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned<D> {
    /// The document.
    pub document: D,
    /// Which version of it.
    pub revision: Revision,
}

/// Why a change did not happen.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError<E> {
    /// There is no such document.
    #[error("there is no such document")]
    Missing,
    /// The step refused, and nothing was changed.
    #[error("{0}")]
    Refused(E),
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] DocumentError),
}

impl<E: std::fmt::Display> Unavailable for ChangeError<E> {
    fn is_unavailable(&self) -> bool {
        matches!(self, Self::Catalog(error) if error.is_unavailable())
    }
}

/// A stored body that is no document of this type.
#[derive(Debug, thiserror::Error)]
#[error("document {id}: {reason}")]
pub struct DecodeError {
    id: String,
    reason: serde_json::Error,
}

impl From<DecodeError> for DocumentError {
    fn from(error: DecodeError) -> Self {
        Self::Invalid(error.to_string())
    }
}

impl<D> Clone for Collection<D> {
    fn clone(&self) -> Self {
        Self {
            documents: self.documents.clone(),
            relay: self.relay.clone(),
            clock: self.clock.clone(),
            _type: PhantomData,
        }
    }
}

impl<D: Document> Collection<D> {
    /// The collection in this catalog, whose events go out by this relay.
    #[must_use]
    pub fn new(documents: Arc<dyn Documents>, relay: Relay, clock: Arc<dyn Clock>) -> Self {
        Self { documents, relay, clock, _type: PhantomData }
    }

    /// Reads a document.
    ///
    /// # Errors
    /// When the catalog fails or holds something else under this id.
    pub async fn get(&self, id: &str) -> Result<Option<D>, DocumentError> {
        let stored = self.documents.get(D::KIND, id).await?;
        Ok(stored.map(decode).transpose()?)
    }

    /// Reads a document with its revision, for [`Collection::replace`].
    ///
    /// # Errors
    /// When the catalog fails or holds something else under this id.
    pub async fn load(&self, id: &str) -> Result<Option<Versioned<D>>, DocumentError> {
        let Some(stored) = self.documents.get(D::KIND, id).await? else { return Ok(None) };
        let revision = stored.revision;
        Ok(Some(Versioned { document: decode(stored)?, revision }))
    }

    /// Replaces a document that was read or written at this revision; none when somebody else wrote it since. For those who
    /// own a document and keep it in memory: one call instead of two. Events are left to the sweep.
    ///
    /// # Errors
    /// When the catalog fails.
    pub async fn replace(&self, at: Revision, document: D) -> Result<Option<Versioned<D>>, DocumentError> {
        let body = encode(&document)?;
        match self.documents.replace(D::KIND, document.id(), at, body).await? {
            Replaced::Done(revision) => Ok(Some(Versioned { document, revision })),
            Replaced::Conflict => Ok(None),
        }
    }

    /// Adds a document and publishes its events; false when there was one with its id. The events stay in the document until
    /// whoever acts on them takes them out in the write that this takes anyway, or the sweep does: one write less for each.
    ///
    /// # Errors
    /// When the catalog fails.
    pub async fn insert(&self, document: &D) -> Result<bool, DocumentError> {
        match self.documents.insert(D::KIND, document.id(), encode(document)?).await? {
            Inserted::New(_) => {
                self.relay.announce(document).await;
                Ok(true)
            }
            Inserted::AlreadyThere(_) => Ok(false),
        }
    }

    /// Adds those of these documents that are not there yet.
    ///
    /// # Errors
    /// When the catalog fails.
    pub async fn append_new(&self, documents: &[D]) -> Result<(), DocumentError> {
        let bodies = documents.iter().map(|document| Ok((document.id().to_owned(), encode(document)?)));
        self.documents.append_new(D::KIND, bodies.collect::<Result<_, DocumentError>>()?).await
    }

    /// Reads a document, applies a pure step and writes the result if nobody else wrote meanwhile, else begins again;
    /// then publishes the events that the step left.
    ///
    /// # Errors
    /// When there is no such document, the step refuses, or the catalog fails.
    pub async fn change<E>(&self, id: &str, step: impl Fn(D) -> Result<D, E>) -> Result<D, ChangeError<E>> {
        let mut conflicts = 0u32;
        loop {
            let stored = self.documents.get(D::KIND, id).await?.ok_or(ChangeError::Missing)?;
            let at = stored.revision;
            let changed = step(decode(stored).map_err(DocumentError::from)?).map_err(ChangeError::Refused)?;
            match self.documents.replace(D::KIND, id, at, encode(&changed)?).await? {
                Replaced::Done(revision) => {
                    self.relay.flush(&*self.documents, revision, changed.clone()).await;
                    return Ok(changed);
                }
                Replaced::Conflict => {
                    conflicts += 1;
                    let most = Duration::from_millis(1 << conflicts.min(7));
                    self.clock.sleep(most.mul_f64(self.clock.chance())).await;
                }
            }
        }
    }

    /// Publishes and empties the outboxes of all that a query has. One that cannot be is left; a log or a catalog that is away
    /// ends it.
    ///
    /// # Errors
    /// When the log or the catalog is away.
    pub(crate) async fn flush_all(&self, mut query: Query) -> Result<(), FlushError> {
        loop {
            let page = self.documents.find(&query).await?;
            for stored in page.documents {
                let (id, at) = (stored.id.clone(), stored.revision);
                let flushed = match decode(stored) {
                    Ok(document) => self.relay.try_flush::<D>(&*self.documents, at, document).await,
                    Err(error) => Err(DocumentError::from(error).into()),
                };
                match flushed {
                    Err(error) if error.is_unavailable() => return Err(error),
                    Err(error) => tracing::warn!(id, %error, "its outbox could not be swept"),
                    Ok(()) => {}
                }
            }
            if page.next.is_none() {
                return Ok(());
            }
            query = query.after(page.next);
        }
    }

    /// Removes a document, whatever its version; removing what is gone is no error.
    ///
    /// # Errors
    /// When the catalog fails.
    pub async fn remove(&self, id: &str) -> Result<(), DocumentError> {
        while let Some(stored) = self.documents.get(D::KIND, id).await? {
            if let Replaced::Done(_) = self.documents.remove(D::KIND, id, stored.revision).await? {
                break;
            }
        }
        Ok(())
    }

    /// Answers a query.
    ///
    /// # Errors
    /// When the catalog fails or the query's cursor is not its own.
    pub async fn find(&self, query: &Query) -> Result<Found<D>, DocumentError> {
        let page = self.documents.find(query).await?;
        let documents = page.documents.into_iter().map(decode).collect::<Result<_, _>>()?;
        Ok(Found { documents, next: page.next })
    }

    /// Everything that a query has, page by page: the next page is read when this one is used up.
    ///
    /// # Errors
    /// As [`Collection::find`], where it happens.
    pub fn every(&self, query: Query) -> BoxStream<'_, Result<D, DocumentError>>
    where
        D: Send,
    {
        let page = move |query: Option<Query>| async move {
            let Some(query) = query else { return Ok::<_, DocumentError>(None) };
            let Found { documents, next } = self.find(&query).await?;
            let rest = next.is_some().then(|| query.after(next));
            Ok(Some((stream::iter(documents.into_iter().map(Ok)), rest)))
        };
        stream::try_unfold(Some(query), page).try_flatten().boxed()
    }

    /// Counts what a query has.
    ///
    /// # Errors
    /// When the catalog fails.
    pub async fn count(&self, query: &Query) -> Result<u64, DocumentError> {
        self.documents.count(query).await
    }
}

fn encode<D: Document>(document: &D) -> Result<serde_json::Value, DocumentError> {
    serde_json::to_value(document)
        .map_err(|error| DocumentError::Invalid(format!("document {}: {error}", document.id())))
}

fn decode<D: Document>(stored: Stored) -> Result<D, DecodeError> {
    serde_json::from_value(stored.body).map_err(|reason| DecodeError { id: stored.id, reason })
}
