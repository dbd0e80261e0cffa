//! The documents of one database.

use crate::{
    Config, OpenError,
    call::patiently,
    find,
    open::{open, ping},
    record::{self, Versions},
    write::{Appends, Change, Replacement, Replacements, Write, encode},
};
use async_trait::async_trait;
use domain::collection::Kind;
use mongodb::{Collection, Database, bson::RawDocumentBuf};
use ports::{DocumentError, Documents, Inserted, Json, Page, Query, Replaced, Revision, Stored};
use service_kit::{Gathering, SystemClock};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Documents in a MongoDB database.
#[derive(Debug, Clone)]
pub struct Catalog {
    pub(crate) database: Database,
    gatherings: Arc<Mutex<HashMap<Kind, Gatherings>>>,
}

/// What callers share requests for, in one collection.
#[derive(Debug, Clone)]
struct Gatherings {
    appends: Arc<Gathering<Appends>>,
    replacements: Arc<Gathering<Replacements>>,
}

impl Catalog {
    /// Opens a catalog. Declared indexes that are missing are built; others are left alone.
    ///
    /// # Errors
    /// When the server does not answer, refuses, or holds an index that contradicts a declared one.
    pub async fn open(config: &Config) -> Result<Self, OpenError> {
        Ok(Self { database: open(config).await?, gatherings: Arc::default() })
    }

    /// Whether the server answers now.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), DocumentError> {
        ping(&self.database).await
    }

    fn collection(&self, kind: Kind) -> Collection<RawDocumentBuf> {
        self.database.collection(kind.name())
    }

    fn gatherings(&self, kind: Kind) -> Gatherings {
        let mut all = self.gatherings.lock().unwrap_or_else(PoisonError::into_inner);
        let gatherings = || {
            let (database, collection) = (self.database.clone(), self.collection(kind));
            let clock = Arc::new(SystemClock::new());
            Gatherings {
                appends: Arc::new(Gathering::of(Appends(collection.clone()), clock.clone())),
                replacements: Arc::new(Gathering::of(Replacements { database, collection }, clock)),
            }
        };
        all.entry(kind).or_insert_with(gatherings).clone()
    }

    fn write<'a>(&self, kind: Kind, id: &'a str, change: Change) -> Write<'a> {
        Write { collection: self.collection(kind), id, change }
    }
}

#[async_trait]
impl Documents for Catalog {
    async fn get(&self, kind: Kind, id: &str) -> Result<Option<Stored>, DocumentError> {
        patiently(find::get(self.collection(kind), id)).await
    }

    async fn insert(&self, kind: Kind, id: &str, body: Json) -> Result<Inserted, DocumentError> {
        let versions = Versions::fresh(None);
        let document = record::encode(id, versions, &body)?;
        let write = self.write(kind, id, Change::Insert { to: versions.now, document });
        patiently(async {
            loop {
                if write.settle().await? {
                    return Ok(Inserted::New(versions.now));
                }
                // Nothing is there when another has removed it meanwhile.
                if let Some(stored) = find::get(self.collection(kind), id).await? {
                    return Ok(Inserted::AlreadyThere(stored));
                }
            }
        })
        .await
    }

    async fn replace(
        &self,
        kind: Kind,
        id: &str,
        at: Revision,
        body: Json,
    ) -> Result<Replaced, DocumentError> {
        let versions = Versions::fresh(Some(at));
        let document = record::encode(id, versions, &body)?;
        let replacement = Replacement { id: id.to_owned(), at, to: versions.now, document };
        let replacing = self.gatherings(kind).replacements;
        let write = self.write(kind, id, Change::Replace { replacement, replacing });
        let done = patiently(write.settle()).await?;
        Ok(if done { Replaced::Done(versions.now) } else { Replaced::Conflict })
    }

    async fn append_new(&self, kind: Kind, bodies: Vec<(String, Json)>) -> Result<(), DocumentError> {
        let documents = encode(&bodies)?;
        if documents.is_empty() {
            return Ok(());
        }
        let unasked = || Err(DocumentError::Unavailable("MongoDB was not asked".to_owned()));
        self.gatherings(kind).appends.fulfil(documents).await.unwrap_or_else(unasked)
    }

    async fn remove(&self, kind: Kind, id: &str, at: Revision) -> Result<Replaced, DocumentError> {
        let done = patiently(self.write(kind, id, Change::Remove { at }).settle()).await?;
        Ok(if done { Replaced::Done(at) } else { Replaced::Conflict })
    }

    async fn find(&self, query: &Query) -> Result<Page, DocumentError> {
        patiently(find::page(self.collection(query.index.kind), query)).await
    }

    async fn count(&self, query: &Query) -> Result<u64, DocumentError> {
        patiently(find::count(self.collection(query.index.kind), query)).await
    }
}
