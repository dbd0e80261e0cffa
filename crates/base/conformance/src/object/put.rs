//! Cases: putting objects, whole or not at all.

use super::fixture::{
    assert_missing, broken, clean, head, noise, pieces, put, read, segment, source, stream,
};
use bytes::Bytes;
use domain::object::ObjectKey;
use futures::{
    StreamExt,
    future::{self, Either},
};
use ports::{Body, BodyError, Condition, ObjectError, ObjectStore, StoredObject};
use std::sync::atomic::{AtomicBool, Ordering};

/// More than a store has in hand at a time.
const LARGE: usize = 3 * 1024 * 1024 + 1;

/// A body that comes in odd pieces is read back byte for byte, and nothing of it was there before.
pub async fn a_put_object_is_read_back(store: &dyn ObjectStore) {
    let (key, bytes) = (source(), noise(LARGE));
    for size in [LARGE, 1_048_577, 65_537, 4_099] {
        let stored = store.put(&key, pieces(&bytes, size), Condition::Always).await;
        assert!(matches!(stored, Ok(StoredObject::Done(_))), "{stored:?}");
        assert!(read(store, &key).await == bytes, "in pieces of {size}");
    }
    store.remove(&key).await.expect("the store removes");
}

/// No bytes are an object like any other.
pub async fn an_empty_object_is_an_object(store: &dyn ObjectStore) {
    let key = source();
    let body = Body::from_stream(futures::stream::empty::<Result<Bytes, BodyError>>());
    assert!(matches!(store.put(&key, body, Condition::Absent).await, Ok(StoredObject::Done(_))));
    assert_eq!(head(store, &key).await.size, 0);
    assert_eq!(read(store, &key).await, b"");
    store.remove(&key).await.expect("the store removes");
}

/// Putting again replaces everything, also by something shorter.
pub async fn a_put_replaces_the_whole_object(store: &dyn ObjectStore) {
    let key = source();
    put(store, &key, &noise(LARGE)).await;
    let first = head(store, &key).await;
    put(store, &key, b"short").await;
    let second = head(store, &key).await;
    assert_eq!((read(store, &key).await, second.size), (b"short".to_vec(), 5));
    assert!(second.modified >= first.modified, "{second:?} after {first:?}");
    store.remove(&key).await.expect("the store removes");
}

/// While an object is replaced again and again, each reader gets one version from end to end.
pub async fn readers_see_one_version_as_a_whole(store: &dyn ObjectStore) {
    let key = source();
    let versions = [vec![b'a'; 1_500_000], vec![b'b'; 1_000_000]];
    put(store, &key, &versions[0]).await;
    let written = AtomicBool::new(false);
    let write = async {
        for version in versions.iter().cycle().take(20) {
            put(store, &key, version).await;
        }
        written.store(true, Ordering::Relaxed);
    };
    let look = async {
        while !written.load(Ordering::Relaxed) {
            let got = read(store, &key).await;
            assert!(versions.contains(&got), "{} bytes that nobody put", got.len());
        }
    };
    future::join(write, look).await;
    store.remove(&key).await.expect("the store removes");
}

/// A body that fails stores nothing, and the error is the body's.
pub async fn a_broken_body_leaves_nothing(store: &dyn ObjectStore) {
    for (size, when) in [(LARGE, Condition::Always), (LARGE, Condition::Absent), (0, Condition::Always)] {
        let key = source();
        assert_body_error(store.put(&key, broken(&noise(size)), when).await);
        assert_missing(store, &key).await;
    }
}

/// A body that fails does not harm what it would have replaced.
pub async fn a_broken_body_leaves_what_was_there(store: &dyn ObjectStore) {
    let key = source();
    put(store, &key, b"before").await;
    let before = head(store, &key).await;
    assert_body_error(store.put(&key, broken(&noise(LARGE)), Condition::Always).await);
    assert_eq!(read(store, &key).await, b"before");
    assert_eq!(head(store, &key).await, before);
    store.remove(&key).await.expect("the store removes");
}

/// A put that is given up midway stores nothing.
pub async fn an_abandoned_put_leaves_nothing(store: &dyn ObjectStore) {
    let key = source();
    let (midway, reached) = tokio::sync::oneshot::channel();
    let stall = futures::stream::once(async {
        let _ = midway.send(());
        future::pending::<Result<Bytes, BodyError>>().await
    });
    let body = Body::from_stream(pieces(&noise(LARGE), 65_537).into_stream().chain(stall));
    let put = store.put(&key, body, Condition::Always);
    match future::select(put, reached).await {
        Either::Left((ended, _)) => panic!("the put of half a body ended with {ended:?}"),
        Either::Right((_, put)) => drop(put),
    }
    assert_missing(store, &key).await;
}

/// Under `Absent` the first put stores, and later ones change nothing.
pub async fn an_object_put_when_absent_is_stored_once(store: &dyn ObjectStore) {
    let key = source();
    assert!(matches!(put_absent(store, &key, b"first").await, StoredObject::Done(_)));
    let first = head(store, &key).await;
    assert_eq!(put_absent(store, &key, b"second").await, StoredObject::AlreadyThere);
    assert_eq!(read(store, &key).await, b"first");
    assert_eq!(head(store, &key).await, first);
    store.remove(&key).await.expect("the store removes");
    assert!(matches!(put_absent(store, &key, b"third").await, StoredObject::Done(_)));
    assert_eq!(read(store, &key).await, b"third");
    store.remove(&key).await.expect("the store removes");
}

/// Of many puts under `Absent` at the same time exactly one stores, and its bytes are those that are read.
pub async fn of_many_puts_when_absent_one_wins(store: &dyn ObjectStore) {
    let stream = stream();
    for round in 0..5 {
        let key = segment(&stream, "720p", 1, round);
        let bodies: Vec<Vec<u8>> = (0..16).map(|number| vec![number; 10_000]).collect();
        let puts = bodies.iter().map(|body| put_absent(store, &key, body));
        let ends = future::join_all(puts).await;
        let winners: Vec<usize> =
            (0..16).filter(|&number| matches!(ends[number], StoredObject::Done(_))).collect();
        let [winner] = winners[..] else { panic!("puts {winners:?} won") };
        assert!(read(store, &key).await == bodies[winner], "the bytes of a loser");
    }
    clean(store, &stream).await;
}

async fn put_absent(store: &dyn ObjectStore, key: &ObjectKey, bytes: &[u8]) -> StoredObject {
    store.put(key, Body::from_bytes(bytes.to_vec()), Condition::Absent).await.expect("the store answers")
}

fn assert_body_error(ended: Result<StoredObject, ObjectError>) {
    match ended {
        Err(ObjectError::Body(error)) => {
            assert!(error.to_string().contains("the client went away"), "told as {error}");
        }
        other => panic!("a broken body ended with {other:?}"),
    }
}
