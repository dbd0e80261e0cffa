//! Documents with a revision: the catalog. A compare-and-set of one document is the only commit point there is.

use async_trait::async_trait;
use domain::collection::{Index, Kind};

/// A document's body.
pub type Json = serde_json::Value;

/// Which version of a document it is: every write gives it another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Revision(pub u64);

/// A document as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Its id.
    pub id: String,
    /// Its version.
    pub revision: Revision,
    /// Its body: an object.
    pub body: Json,
}

/// How an insert ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Inserted {
    /// It is new.
    New(Revision),
    /// There was one with this id, which was not changed.
    AlreadyThere(Stored),
}

/// How a replacement or removal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// It is done; the new version, or the removed one.
    Done(Revision),
    /// The document has another version, or is gone: nothing was changed.
    Conflict,
}

/// A question to one index.
#[derive(Debug, Clone)]
pub struct Query {
    /// The index: documents come in its order.
    pub index: Index,
    /// Values for its first fields, texts or numbers: only documents that have them.
    pub equals: Vec<Json>,
    /// The least value of the field after those, if any: only documents whose field is there and at least this.
    pub at_least: Option<Json>,
    /// The greatest value of that field, if any: only documents whose field is there and at most this.
    pub at_most: Option<Json>,
    /// Against the index's order.
    pub descending: bool,
    /// At most this many documents; at least 1.
    pub limit: u32,
    /// Where the page before ended.
    pub after: Option<Cursor>,
}

impl Query {
    /// All documents of an index whose first fields have these values, in its order.
    #[must_use]
    pub fn of(index: Index, equals: Vec<Json>, limit: u32) -> Self {
        Self { index, equals, at_least: None, at_most: None, descending: false, limit, after: None }
    }

    /// The same, the other way round.
    #[must_use]
    pub fn descending(mut self) -> Self {
        self.descending = true;
        self
    }

    /// Only documents whose next field is at least this.
    #[must_use]
    pub fn at_least(mut self, value: Json) -> Self {
        self.at_least = Some(value);
        self
    }

    /// Only documents whose next field is there and at most this.
    #[must_use]
    pub fn at_most(mut self, value: Json) -> Self {
        self.at_most = Some(value);
        self
    }

    /// What follows the page that ended here.
    #[must_use]
    pub fn after(mut self, cursor: Option<Cursor>) -> Self {
        self.after = cursor;
        self
    }
}

/// Where a page ended: a text that means something only to the store that gave it, safe in an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

/// Some documents, and where to go on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// The documents, in the order that was asked for.
    pub documents: Vec<Stored>,
    /// Where the next page begins; none when there is nothing more.
    pub next: Option<Cursor>,
}

/// Why the catalog did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DocumentError {
    /// It is away or overloaded: the same call may succeed later.
    #[error("the catalog is not available: {0}")]
    Unavailable(String),
    /// The call itself is wrong: a cursor of another query, a value of a wrong type.
    #[error("the catalog cannot do this: {0}")]
    Invalid(String),
}

/// Documents with a revision. State changes only by compare-and-set.
#[async_trait]
pub trait Documents: Send + Sync {
    /// Reads a document.
    async fn get(&self, kind: Kind, id: &str) -> Result<Option<Stored>, DocumentError>;
    /// Adds a document, unless there is one with this id. Durable when it returns, as every write.
    async fn insert(&self, kind: Kind, id: &str, body: Json) -> Result<Inserted, DocumentError>;
    /// Replaces a document if it still has this version.
    async fn replace(
        &self,
        kind: Kind,
        id: &str,
        at: Revision,
        body: Json,
    ) -> Result<Replaced, DocumentError>;
    /// Adds those documents whose ids are not there yet, in order; a crash may leave only the first ones.
    async fn append_new(&self, kind: Kind, bodies: Vec<(String, Json)>) -> Result<(), DocumentError>;
    /// Removes a document if it still has this version.
    async fn remove(&self, kind: Kind, id: &str, at: Revision) -> Result<Replaced, DocumentError>;
    /// Answers a query.
    async fn find(&self, query: &Query) -> Result<Page, DocumentError>;
    /// How many documents a query has, whatever its limit and cursor.
    async fn count(&self, query: &Query) -> Result<u64, DocumentError>;
}
