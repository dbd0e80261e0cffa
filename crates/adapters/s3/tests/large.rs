//! Objects that are stored in parts: whole or not at all, and nothing is left of an upload.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

mod fixture;

use bytes::Bytes;
use domain::object::Bucket;
use fixture::{PART, filled, open, put, read, segment, source};
use futures::{
    StreamExt,
    future::{self, Either},
};
use ports::{Body, BodyError, Condition, ObjectError, ObjectStore, StoredObject};
use sha2::{Digest, Sha256};

#[tokio::test]
async fn a_large_object_is_stored_as_it_is() {
    let Some((store, lease)) = open().await else { return };
    let (key, size) = (segment(), 2 * PART + 4_321);
    let bytes: Vec<u8> = (0..size).map(|at| (at / 7 % 251) as u8).collect();
    let pieces: Vec<_> =
        bytes.chunks(100_003).map(|piece| Ok::<_, BodyError>(Bytes::copy_from_slice(piece))).collect();
    let meta = put(&store, &key, Body::from_stream(futures::stream::iter(pieces))).await;
    let sha256 = hex::encode(Sha256::digest(&bytes));
    assert_eq!((meta.size, meta.sha256), (size as u64, Some(sha256)));
    let head = store.head(&key).await.unwrap().unwrap();
    assert_eq!((head.size, &head.etag), (meta.size, &meta.etag));
    assert_eq!(head.sha256, None, "a store keeps no hash of a whole that came in parts");
    assert!(read(&store, &key).await == bytes);

    let server = lease.server();
    let bucket = server.buckets.name(Bucket::VodVariants);
    let told = server.client.head_object().bucket(bucket).key(key.path()).send().await.unwrap();
    assert_eq!(told.content_type(), Some("video/mp4"));
    assert_eq!(told.cache_control(), Some("public, max-age=31536000, immutable"));
    store.remove(&key).await.unwrap();
}

#[tokio::test]
async fn what_fits_a_part_is_one_request() {
    let Some((store, _lease)) = open().await else { return };
    for (size, parts) in
        [(PART - 1, ""), (PART, ""), (PART + 1, "-2"), (2 * PART, "-2"), (2 * PART + 1, "-3")]
    {
        let key = source();
        let meta = put(&store, &key, filled(1, size)).await;
        let kind = meta.etag.find('-').map_or("", |at| &meta.etag[at..]);
        assert_eq!((meta.size, kind), (size as u64, parts));
        let head = store.head(&key).await.unwrap().unwrap();
        assert_eq!((head.size, head.sha256.is_some()), (size as u64, parts.is_empty()));
        store.remove(&key).await.unwrap();
    }
}

#[tokio::test]
async fn of_many_large_puts_when_absent_one_wins() {
    let Some((store, lease)) = open().await else { return };
    let key = source();
    let puts = (0..4).map(|value| store.put(&key, filled(value, PART + 1), Condition::Absent));
    let ends = future::join_all(puts).await;
    let winners: Vec<usize> =
        (0..4).filter(|&number| matches!(ends[number], Ok(StoredObject::Done(_)))).collect();
    let [winner] = winners[..] else { panic!("puts {winners:?} won: {ends:?}") };
    let losers = ends.iter().filter(|end| matches!(end, Ok(StoredObject::AlreadyThere)));
    assert_eq!(losers.count(), 3, "{ends:?}");
    assert_eq!(read(&store, &key).await[PART], winner as u8);

    let late = store.put(&key, filled(9, 3 * PART), Condition::Absent).await.unwrap();
    assert_eq!(late, StoredObject::AlreadyThere);
    lease.server().no_upload(&key).await;
    store.remove(&key).await.unwrap();
}

#[tokio::test]
async fn a_broken_large_body_leaves_no_upload() {
    let Some((store, lease)) = open().await else { return };
    for (size, when) in [(PART + 1, Condition::Always), (4 * PART, Condition::Absent)] {
        let key = source();
        let failure = futures::stream::iter([Err(BodyError::from("the client went away"))]);
        let body = Body::from_stream(filled(1, size).into_stream().chain(failure));
        let Err(ObjectError::Body(error)) = store.put(&key, body, when).await else { panic!("it was put") };
        assert_eq!(error.to_string(), "the client went away");
        lease.server().no_upload(&key).await;
        assert_eq!(store.head(&key).await.unwrap(), None);
    }
}

#[tokio::test]
async fn an_abandoned_large_put_leaves_no_upload() {
    let Some((store, lease)) = open().await else { return };
    for size in [PART + 1, 3 * PART + 1] {
        let key = source();
        let (midway, reached) = tokio::sync::oneshot::channel();
        let stall = futures::stream::once(async {
            let _ = midway.send(());
            future::pending::<Result<Bytes, BodyError>>().await
        });
        let body = Body::from_stream(filled(1, size).into_stream().chain(stall));
        match future::select(store.put(&key, body, Condition::Always), reached).await {
            Either::Left((ended, _)) => panic!("the put of half a body ended with {ended:?}"),
            Either::Right((_, put)) => drop(put),
        }
        lease.server().no_upload(&key).await;
        assert_eq!(store.head(&key).await.unwrap(), None);
    }
}
