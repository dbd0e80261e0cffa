//! Keys and bodies for the cases of object stores.

use bytes::Bytes;
use domain::{
    JobId, StreamId,
    object::{Bucket, ObjectKey, Prefix},
};
use futures::{StreamExt, TryStreamExt};
use ports::{Body, BodyError, Condition, ObjectError, ObjectMeta, ObjectStore, StoredObject};
use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

/// A stream that nobody else uses, in this run or another.
pub(super) fn stream() -> StreamId {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let [a, b, c, d, e, f, ..] = RandomState::new().hash_one((std::process::id(), number)).to_be_bytes();
    StreamId::vod([a, b, c, d, e, f])
}

/// The key of a new stream's source.
pub(super) fn source() -> ObjectKey {
    ObjectKey::Source { stream: stream() }
}

/// The key of a segment.
pub(super) fn segment(stream: &StreamId, rendition: &str, epoch: u32, index: u32) -> ObjectKey {
    ObjectKey::Segment { stream: stream.clone(), rendition: rendition.to_owned(), epoch, index }
}

/// One key of every kind.
pub(super) fn every_kind(stream: &StreamId) -> Vec<ObjectKey> {
    let (stream, rendition) = (stream.clone(), "720p".to_owned());
    let job = JobId::derive(&stream, "hash", 1, "chunk-0");
    vec![
        ObjectKey::Source { stream: stream.clone() },
        ObjectKey::Init { stream: stream.clone(), rendition: rendition.clone(), sha256: "ab".repeat(32) },
        segment(&stream, &rendition, 1, 0),
        ObjectKey::Outputs { stream: stream.clone(), job, epoch: 1 },
        ObjectKey::Master { stream: stream.clone() },
        ObjectKey::Playlist { stream, rendition },
    ]
}

/// So many bytes in which no two stretches are alike.
pub(super) fn noise(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    std::iter::repeat_with(next).take(size).collect()
}

/// A body in pieces of such a size.
pub(super) fn pieces(bytes: &[u8], size: usize) -> Body {
    let pieces: Vec<_> =
        bytes.chunks(size).map(|piece| Ok::<_, BodyError>(Bytes::copy_from_slice(piece))).collect();
    Body::from_stream(futures::stream::iter(pieces))
}

/// A body that fails after some bytes.
pub(super) fn broken(bytes: &[u8]) -> Body {
    let failure = futures::stream::iter([Err(BodyError::from("the client went away"))]);
    Body::from_stream(pieces(bytes, 65_537).into_stream().chain(failure))
}

/// Stores bytes whatever was there.
pub(super) async fn put(store: &dyn ObjectStore, key: &ObjectKey, bytes: &[u8]) -> ObjectMeta {
    let body = Body::from_bytes(bytes.to_vec());
    match store.put(key, body, Condition::Always).await {
        Ok(StoredObject::Done(meta)) => meta,
        other => panic!("the put of {key} ended with {other:?}"),
    }
}

/// The bytes of an object.
pub(super) async fn read(store: &dyn ObjectStore, key: &ObjectKey) -> Vec<u8> {
    let body = store.get(key, None).await.unwrap_or_else(|error| panic!("{key} cannot be read: {error}"));
    body.collect().await.unwrap_or_else(|error| panic!("{key} ended early: {error}"))
}

/// What is known of an object that must be there.
pub(super) async fn head(store: &dyn ObjectStore, key: &ObjectKey) -> ObjectMeta {
    store.head(key).await.expect("the store answers").unwrap_or_else(|| panic!("there is no {key}"))
}

/// Asserts that there is no object under a key, whichever way it is asked for.
pub(super) async fn assert_missing(store: &dyn ObjectStore, key: &ObjectKey) {
    assert_eq!(store.head(key).await.expect("the store answers"), None, "{key} has a head");
    let got = store.get(key, None).await.err();
    assert!(matches!(got, Some(ObjectError::Missing(_))), "{key} is read with {got:?}");
    let paths = paths(store, &Prefix { bucket: key.bucket(), path: folder_of(key) }).await;
    assert!(!paths.contains(&key.path()), "{key} is listed");
}

/// The paths that a prefix lists.
pub(super) async fn paths(store: &dyn ObjectStore, prefix: &Prefix) -> Vec<String> {
    let listing = store.list(prefix).await.expect("the store lists");
    listing.map_ok(|(path, _)| path).try_collect().await.expect("the listing goes to its end")
}

/// Removes what a case made of a stream, for the store may be somebody's.
pub(super) async fn clean(store: &dyn ObjectStore, stream: &StreamId) {
    for bucket in Bucket::ALL {
        store.remove_all(&Prefix::stream(bucket, stream)).await.expect("the store removes");
    }
}

fn folder_of(key: &ObjectKey) -> String {
    key.path().rsplit_once('/').map_or_else(String::new, |(folder, _)| format!("{folder}/"))
}
