//! What tests stand the catalog and the log in with.

use async_trait::async_trait;
use domain::{collection::Kind, event::Topic};
use ports::{
    DocumentError, Documents, EventLog, Follower, Inserted, Json, LogError, Membership, Page, Query, Record,
    Replaced, Revision, StartAt, Stored,
};
use std::{collections::BTreeMap, sync::Mutex};

/// Documents in memory; each call lets all others go first, so that those who ask at once see the same.
#[derive(Default)]
pub(crate) struct Memory(Mutex<BTreeMap<String, (u64, Json)>>);

impl Memory {
    fn stored(&self, id: &str) -> Option<Stored> {
        let documents = self.0.lock().unwrap();
        let (revision, body) = documents.get(id)?;
        Some(Stored { id: id.to_owned(), revision: Revision(*revision), body: body.clone() })
    }
}

#[async_trait]
impl Documents for Memory {
    async fn get(&self, _: Kind, id: &str) -> Result<Option<Stored>, DocumentError> {
        tokio::task::yield_now().await;
        Ok(self.stored(id))
    }

    async fn insert(&self, _: Kind, id: &str, body: Json) -> Result<Inserted, DocumentError> {
        self.0.lock().unwrap().insert(id.to_owned(), (1, body));
        Ok(Inserted::New(Revision(1)))
    }

    async fn replace(&self, _: Kind, id: &str, at: Revision, body: Json) -> Result<Replaced, DocumentError> {
        tokio::task::yield_now().await;
        let mut documents = self.0.lock().unwrap();
        match documents.get_mut(id) {
            Some(document) if document.0 == at.0 => {
                *document = (at.0 + 1, body);
                Ok(Replaced::Done(Revision(at.0 + 1)))
            }
            _ => Ok(Replaced::Conflict),
        }
    }

    async fn append_new(&self, _: Kind, _: Vec<(String, Json)>) -> Result<(), DocumentError> {
        unreachable!("nothing is appended")
    }

    async fn remove(&self, _: Kind, _: &str, _: Revision) -> Result<Replaced, DocumentError> {
        unreachable!("nothing is removed")
    }

    async fn find(&self, query: &Query) -> Result<Page, DocumentError> {
        tokio::task::yield_now().await;
        let ids: Vec<String> = self.0.lock().unwrap().keys().cloned().collect();
        let in_line = |stored: &Stored| {
            let values = query.index.fields.iter().zip(&query.equals);
            let wished = query.at_least.is_none() || stored.body.get("wanted_at").is_some();
            wished && values.into_iter().all(|(field, value)| stored.body.get(field) == Some(value))
        };
        let mut documents: Vec<Stored> =
            ids.iter().filter_map(|id| self.stored(id)).filter(in_line).collect();
        documents.sort_by_key(|stored| stored.body["turn"].as_i64());
        documents.truncate(query.limit as usize);
        Ok(Page { documents, next: None })
    }

    async fn count(&self, _: &Query) -> Result<u64, DocumentError> {
        unreachable!("nothing is counted")
    }
}

/// A log that nobody speaks to: neither claims nor attempts tell anybody.
pub(crate) struct Silence;

#[async_trait]
impl EventLog for Silence {
    async fn publish(&self, _: Topic, _: Record) -> Result<(), LogError> {
        unreachable!("nobody is told")
    }

    async fn join(&self, _: &str, _: &[Topic]) -> Result<Box<dyn Membership>, LogError> {
        unreachable!("nobody listens")
    }

    async fn follow(&self, _: Topic, _: StartAt) -> Result<Box<dyn Follower>, LogError> {
        unreachable!("nobody listens")
    }
}
