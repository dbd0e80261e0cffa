//! The port: what is asked of the store, done on threads that may block.

use crate::{
    Files,
    error::{Unreceived, unavailable},
    incoming::Incoming,
    layout::Layout,
    listing, metadata,
    signature::Access,
};
use async_trait::async_trait;
use domain::object::{ObjectKey, Prefix};
use futures::StreamExt;
use ports::{
    Body, ByteRange, Condition, ObjectError, ObjectMeta, ObjectStore, ObjectStream, Period, SignedAddress,
    StoredObject,
};
use std::{
    fs,
    io::{self, ErrorKind, Seek, SeekFrom},
    path::PathBuf,
    sync::Arc,
};
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

/// How many bytes are read at a time.
pub(crate) const PIECE: usize = 256 * 1024;

#[async_trait]
impl ObjectStore for Files {
    async fn put(&self, key: &ObjectKey, body: Body, when: Condition) -> Result<StoredObject, ObjectError> {
        let target = self.layout.object(key)?;
        if when == Condition::Absent && self.head(key).await?.is_some() {
            return Ok(StoredObject::AlreadyThere);
        }
        let received = Incoming::receive(self.layout.incoming(), body).await;
        let incoming = received.map_err(|error: Unreceived| error.told(self.layout.root()))?;
        self.blocking(move |layout| incoming.commit(layout, &target, when)).await
    }

    async fn get(&self, key: &ObjectKey, range: Option<ByteRange>) -> Result<Body, ObjectError> {
        let path = self.layout.object(key)?;
        let opened = self.blocking(move |_| metadata::open(&path)).await?;
        let (mut file, meta) = opened.ok_or_else(|| ObjectError::Missing(key.to_string()))?;
        if let Some(range) = &range {
            if range.is_empty() || range.end > meta.size {
                return Err(ObjectError::Range { range: range.clone(), size: meta.size });
            }
            file.seek(SeekFrom::Start(range.start)).map_err(|error| self.failed(&error))?;
        }
        let length = range.map_or(meta.size, |range| range.end - range.start);
        let mut file = tokio::fs::File::from_std(file);
        file.set_max_buf_size(PIECE);
        Ok(Body::from_stream(ReaderStream::with_capacity(file.take(length), PIECE)))
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, ObjectError> {
        let path = self.layout.object(key)?;
        Ok(self.blocking(move |_| metadata::open(&path)).await?.map(|(_, meta)| meta))
    }

    async fn remove(&self, key: &ObjectKey) -> Result<(), ObjectError> {
        let path = self.layout.object(key)?;
        let remove = move |layout: &Layout| match fs::remove_file(&path) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(()),
            Err(error) => Err(error),
            Ok(()) => layout.prune(path.parent().unwrap_or(layout.root())),
        };
        self.blocking(remove).await
    }

    async fn list(&self, prefix: &Prefix) -> Result<ObjectStream, ObjectError> {
        let Some(folder) = self.layout.folder(prefix) else { return Ok(futures::stream::empty().boxed()) };
        let root = self.layout.root().to_owned();
        let listed = listing::list(self.layout.bucket(prefix), &folder);
        Ok(listed.map(move |found| found.map_err(|error| unavailable(&root, &error))).boxed())
    }

    async fn remove_all(&self, prefix: &Prefix) -> Result<(), ObjectError> {
        let Some(folder) = self.layout.folder(prefix) else { return Ok(()) };
        self.blocking(move |layout| listing::remove_all(layout, &folder)).await
    }

    fn presign(&self, key: &ObjectKey, valid: Period) -> SignedAddress {
        SignedAddress::OnApi(self.signer.address(Access::Read, key, valid))
    }

    fn presign_put(&self, key: &ObjectKey, valid: Period) -> SignedAddress {
        SignedAddress::OnApi(self.signer.address(Access::Store, key, valid))
    }

    async fn local_file(&self, key: &ObjectKey) -> Result<Option<PathBuf>, ObjectError> {
        let path = self.layout.object(key)?;
        self.blocking(move |_| Ok(metadata::open(&path)?.map(|_| path))).await
    }
}

impl Files {
    /// Does work on files on a thread that may block.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Layout) -> io::Result<T> + Send + 'static,
    ) -> Result<T, ObjectError> {
        let layout = Arc::clone(&self.layout);
        let done = tokio::task::spawn_blocking(move || work(&layout)).await;
        done.map_err(io::Error::other).flatten().map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &io::Error) -> ObjectError {
        unavailable(self.layout.root(), error)
    }
}
