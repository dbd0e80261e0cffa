//! The object store: immutable bytes under keys.

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    Timestamp,
    object::{ObjectKey, Prefix},
};
use futures::{Stream, StreamExt, stream::BoxStream};
use std::{ops::Range, path::PathBuf};
use url::Url;

/// Why a body ended before its end, told by whoever makes it.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// Bytes that flow; never held as a whole.
pub struct Body(BoxStream<'static, Result<Bytes, BodyError>>);

impl Body {
    /// A body from a stream of pieces.
    pub fn from_stream<E: Into<BodyError>>(
        stream: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    ) -> Self {
        Self(stream.map(|piece| piece.map_err(Into::into)).boxed())
    }

    /// A body from bytes in memory.
    #[must_use]
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self(futures::stream::once(async move { Ok(bytes) }).boxed())
    }

    /// The pieces.
    #[must_use]
    pub fn into_stream(self) -> BoxStream<'static, Result<Bytes, BodyError>> {
        self.0
    }

    /// All pieces together, of something known to be small.
    ///
    /// # Errors
    /// Whatever ended the body before its end.
    pub async fn collect(mut self) -> Result<Vec<u8>, BodyError> {
        let mut all = Vec::new();
        while let Some(piece) = self.0.next().await {
            all.extend_from_slice(&piece?);
        }
        Ok(all)
    }
}

/// What is known of a stored object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectMeta {
    /// Its size in bytes.
    pub size: u64,
    /// An opaque text that changes with the bytes, without quotes.
    pub etag: String,
    /// SHA-256 of its bytes, lower-case hex, where the store keeps it.
    pub sha256: Option<String>,
    /// When it was stored.
    pub modified: Timestamp,
}

/// How a put ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// The object has these bytes now.
    Done(ObjectMeta),
    /// The condition does not hold: nothing was changed.
    AlreadyThere,
}

/// When a put may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Always; what was there is replaced as a whole.
    Always,
    /// Only when there is no object under the key.
    Absent,
}

/// A range of bytes: `start..end`.
pub type ByteRange = Range<u64>;

/// For how long a presigned address is good. Both ends are given, so that all viewers get the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// When it was signed.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
}

/// Objects of a listing, in the order of their paths.
pub type ObjectStream = BoxStream<'static, Result<(String, ObjectMeta), ObjectError>>;

/// Why the object store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// It is away, overloaded or full: the same call may succeed later.
    #[error("the object store is not available: {0}")]
    Unavailable(String),
    /// There is no such object.
    #[error("there is no object {0}")]
    Missing(String),
    /// The range lies outside the object.
    #[error("bytes {start}..{end} lie outside an object of {size} bytes", start = .range.start, end = .range.end)]
    Range {
        /// The range that was asked for.
        range: ByteRange,
        /// The object's size.
        size: u64,
    },
    /// Whoever makes the body failed: nothing was stored.
    #[error("the body ended early: {0}")]
    Body(#[source] BodyError),
}

/// Immutable bytes under keys.
#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// Stores a body as it comes: all of it, durably, or nothing. Its type and cache policy are the key's.
    async fn put(&self, key: &ObjectKey, body: Body, when: Condition) -> Result<Stored, ObjectError>;
    /// Reads an object, or a range of it. An empty range is an error, and so is one that ends after the object.
    async fn get(&self, key: &ObjectKey, range: Option<ByteRange>) -> Result<Body, ObjectError>;
    /// What is known of an object.
    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, ObjectError>;
    /// Removes an object; removing what is not there is no error.
    async fn remove(&self, key: &ObjectKey) -> Result<(), ObjectError>;
    /// Lists what a prefix holds: paths within the bucket.
    async fn list(&self, prefix: &Prefix) -> Result<ObjectStream, ObjectError>;
    /// Removes everything that a prefix holds.
    async fn remove_all(&self, prefix: &Prefix) -> Result<(), ObjectError>;
    /// An address under which anybody may read the object for a while, at the public endpoint. Relative to the API's own
    /// address where the API's port serves the store.
    fn presign(&self, key: &ObjectKey, valid: Period) -> SignedAddress;
    /// An address under which anybody may store the object for a while, with `PUT`; what was there is replaced as a whole.
    fn presign_put(&self, key: &ObjectKey, valid: Period) -> SignedAddress;
    /// The file that holds the object, where it is one on this machine: an encoder may read it in place.
    async fn local_file(&self, key: &ObjectKey) -> Result<Option<PathBuf>, ObjectError>;
}

/// A presigned address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedAddress {
    /// A whole address.
    Absolute(Url),
    /// A path and query on the API's own address.
    OnApi(String),
}
