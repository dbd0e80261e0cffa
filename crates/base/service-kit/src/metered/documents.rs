//! A catalog whose calls are measured.

use super::Calls;
use async_trait::async_trait;
use domain::collection::Kind;
use ports::{DocumentError, Documents, Inserted, Json, Page, Query, Replaced, Revision, Stored};
use std::sync::Arc;

/// The catalog, and what measures it.
pub(super) struct Measured {
    pub(super) documents: Arc<dyn Documents>,
    pub(super) calls: Calls,
}

#[async_trait]
impl Documents for Measured {
    async fn get(&self, kind: Kind, id: &str) -> Result<Option<Stored>, DocumentError> {
        self.calls.measured("get", self.documents.get(kind, id)).await
    }

    async fn insert(&self, kind: Kind, id: &str, body: Json) -> Result<Inserted, DocumentError> {
        self.calls.measured("insert", self.documents.insert(kind, id, body)).await
    }

    async fn replace(
        &self,
        kind: Kind,
        id: &str,
        at: Revision,
        body: Json,
    ) -> Result<Replaced, DocumentError> {
        self.calls.measured("replace", self.documents.replace(kind, id, at, body)).await
    }

    async fn append_new(&self, kind: Kind, bodies: Vec<(String, Json)>) -> Result<(), DocumentError> {
        self.calls.measured("append_new", self.documents.append_new(kind, bodies)).await
    }

    async fn remove(&self, kind: Kind, id: &str, at: Revision) -> Result<Replaced, DocumentError> {
        self.calls.measured("remove", self.documents.remove(kind, id, at)).await
    }

    async fn find(&self, query: &Query) -> Result<Page, DocumentError> {
        self.calls.measured("find", self.documents.find(query)).await
    }

    async fn count(&self, query: &Query) -> Result<u64, DocumentError> {
        self.calls.measured("count", self.documents.count(query)).await
    }
}
