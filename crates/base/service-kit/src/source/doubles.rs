//! What tests read sources from: a store of one object that fails as it is told, and a clock on which no pause takes time.

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    Timestamp,
    object::{ObjectKey, Prefix},
};
use futures::stream;
use ports::{
    Body, ByteRange, Clock, Condition, Monotonic, ObjectError, ObjectMeta, ObjectStore, ObjectStream, Period,
    SignedAddress, StoredObject,
};
use std::{
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// How long pieces are.
const PIECE: usize = 1000;

/// A store of one object.
pub(super) struct OneObject {
    pub(super) bytes: Bytes,
    /// Bodies break at this place of the object.
    pub(super) breaks_at: u64,
    /// So many times.
    pub(super) breaks: AtomicU32,
    /// They end there as if that were their end, instead of failing.
    pub(super) quietly: bool,
    /// It has been removed.
    pub(super) removed: bool,
}

impl OneObject {
    pub(super) fn whole(size: usize) -> Self {
        let bytes = (0..size).map(|at| (at * 31 % 251) as u8).collect();
        Self { bytes, breaks_at: 0, breaks: AtomicU32::new(0), quietly: false, removed: false }
    }

    /// The pieces of a range, up to where the body breaks.
    fn pieces(&self, range: &ByteRange) -> Vec<Result<Bytes, String>> {
        let breaks = range.contains(&self.breaks_at)
            && self.breaks.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok();
        let end = if breaks { self.breaks_at } else { range.end };
        let part = self.bytes.slice(range.start as usize..end as usize);
        let mut pieces: Vec<_> = part.chunks(PIECE).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        if breaks && !self.quietly {
            pieces.push(Err("the connection broke".to_owned()));
        }
        pieces
    }
}

#[async_trait]
impl ObjectStore for OneObject {
    async fn put(&self, _: &ObjectKey, _: Body, _: Condition) -> Result<StoredObject, ObjectError> {
        unreachable!("nothing is stored")
    }

    async fn get(&self, key: &ObjectKey, range: Option<ByteRange>) -> Result<Body, ObjectError> {
        if self.removed {
            return Err(ObjectError::Missing(key.to_string()));
        }
        let range = range.unwrap_or(0..self.bytes.len() as u64);
        Ok(Body::from_stream(stream::iter(self.pieces(&range))))
    }

    async fn head(&self, _: &ObjectKey) -> Result<Option<ObjectMeta>, ObjectError> {
        let (size, modified) = (self.bytes.len() as u64, Timestamp::from_millis(0));
        Ok(Some(ObjectMeta { size, etag: String::new(), sha256: None, modified }))
    }

    async fn remove(&self, _: &ObjectKey) -> Result<(), ObjectError> {
        unreachable!("nothing is removed")
    }

    async fn list(&self, _: &Prefix) -> Result<ObjectStream, ObjectError> {
        unreachable!("nothing is listed")
    }

    async fn remove_all(&self, _: &Prefix) -> Result<(), ObjectError> {
        unreachable!("nothing is removed")
    }

    fn presign(&self, _: &ObjectKey, _: Period) -> SignedAddress {
        unreachable!("nothing is signed")
    }

    fn presign_put(&self, _: &ObjectKey, _: Period) -> SignedAddress {
        unreachable!("nothing is signed")
    }

    async fn local_file(&self, _: &ObjectKey) -> Result<Option<PathBuf>, ObjectError> {
        Ok(None)
    }
}

/// A clock that goes on when somebody waits, by as long, at once.
#[derive(Default)]
pub(super) struct Patient {
    millis: AtomicU64,
    drawn: Mutex<u8>,
}

#[async_trait]
impl Clock for Patient {
    fn now(&self) -> Timestamp {
        unreachable!("nobody asks for the time of day")
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic(Duration::from_millis(self.millis.load(Relaxed)))
    }

    async fn sleep(&self, duration: Duration) {
        self.millis.fetch_add(u64::try_from(duration.as_millis()).unwrap(), Relaxed);
        tokio::task::yield_now().await;
    }

    fn random(&self, buffer: &mut [u8]) {
        let mut drawn = self.drawn.lock().unwrap();
        *drawn += 1;
        buffer.fill(*drawn);
    }
}
