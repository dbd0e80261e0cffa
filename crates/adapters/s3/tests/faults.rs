//! A server that goes away, stands still, or loses answers: no call hangs, and the store is there again with
//! the server.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

mod fixture;

use bytes::Bytes;
use domain::object::{Bucket, ObjectKey, Prefix};
use fixture::{
    Lease, PART, PATIENCE, assert_away, filled,
    proxy::{Mode, Proxy},
    put, read, source,
};
use futures::{
    StreamExt, TryStreamExt,
    future::{BoxFuture, join_all},
};
use ports::{Body, BodyError, Condition, ObjectStore, StoredObject};
use s3::{Config, S3};
use std::sync::Arc;

/// A store behind a proxy.
async fn open() -> Option<(S3, Proxy, Arc<Lease>)> {
    let (_, lease) = fixture::open().await?;
    let proxy = Proxy::to(&lease.config().endpoint).await;
    let config = Config { endpoint: proxy.url(), ..lease.config() };
    Some((S3::open(config, fixture::clock()).await.unwrap(), proxy, lease))
}

/// Asserts that every call says in time that the store is away.
async fn assert_all_away(store: &S3, key: &ObjectKey) {
    let prefix = Prefix { bucket: Bucket::VodRaw, path: key.path() };
    let small = || Body::from_bytes(&b"x"[..]);
    let list = async { store.list(&prefix).await?.try_collect::<Vec<_>>().await.map(drop) };
    let calls: [(&str, BoxFuture<'_, _>); 10] = [
        ("check", Box::pin(store.check())),
        ("put", Box::pin(async { store.put(key, small(), Condition::Always).await.map(drop) })),
        ("put when absent", Box::pin(async { store.put(key, small(), Condition::Absent).await.map(drop) })),
        (
            "large put",
            Box::pin(async { store.put(key, filled(1, 2 * PART), Condition::Always).await.map(drop) }),
        ),
        ("get", Box::pin(async { store.get(key, None).await.map(drop) })),
        ("range", Box::pin(async { store.get(key, Some(0..1)).await.map(drop) })),
        ("head", Box::pin(async { store.head(key).await.map(drop) })),
        ("remove", Box::pin(store.remove(key))),
        ("list", Box::pin(list)),
        ("remove all", Box::pin(store.remove_all(&prefix))),
    ];
    join_all(calls.map(|(what, call)| assert_away(what, call))).await;
}

#[tokio::test]
async fn a_server_that_goes_away_is_told_and_found_again() {
    let Some((store, proxy, _lease)) = open().await else { return };
    let key = source();
    put(&store, &key, filled(5, 1_000)).await;
    for away in [Mode::Cut, Mode::Hold, Mode::Cut] {
        proxy.set(away);
        assert_all_away(&store, &key).await;
        proxy.set(Mode::Pass);
        store.check().await.unwrap();
        assert_eq!(put(&store, &key, filled(5, 1_000)).await.size, 1_000);
        assert_eq!(read(&store, &key).await, vec![5; 1_000]);
    }
    store.remove(&key).await.unwrap();
}

#[tokio::test]
async fn a_look_is_one_plain_request_until_something_is_wrong() {
    let Some((store, proxy, _lease)) = open().await else { return };
    let key = source();
    put(&store, &key, filled(5, 1_000)).await;
    let of_the_sdk = Mode::Lose(b"amz-sdk-invocation-id");
    proxy.set(of_the_sdk);
    let seen = store.head(&key).await.unwrap();
    assert_eq!(seen.as_ref().map(|meta| meta.size), Some(1_000));
    assert_eq!(store.head(&source()).await.unwrap(), None);
    assert_eq!(proxy.mode(), of_the_sdk, "the SDK was asked");
    proxy.set(Mode::Lose(b"HEAD /"));
    assert_eq!(store.head(&key).await.unwrap(), seen, "the SDK says the same");
    assert_eq!(proxy.mode(), Mode::Pass, "an answer was lost");
    store.remove(&key).await.unwrap();
}

#[tokio::test]
async fn an_upload_that_loses_the_server_is_told_and_leaves_nothing() {
    let Some((store, proxy, lease)) = open().await else { return };
    for away in [Mode::Cut, Mode::Hold] {
        let (key, switch) = (source(), proxy.switch());
        let midway = futures::stream::once(async move {
            switch.send_replace(away);
            Ok::<_, BodyError>(Bytes::from_static(b"midway"))
        });
        let [before, after] = [1, 2].map(|value| filled(value, 3 * PART).into_stream());
        let body = Body::from_stream(before.chain(midway).chain(after));
        assert_away("the upload", store.put(&key, body, Condition::Always)).await;
        let uploads = lease.server().uploads(key.bucket()).await;
        assert!(uploads.contains(&key.path()), "none was under way with {away:?}");
        proxy.set(Mode::Pass);
        lease.server().no_upload(&key).await;
        assert_eq!(store.head(&key).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_download_that_stands_still_ends_and_a_slow_reader_may_go_on() {
    let Some((store, proxy, lease)) = open().await else { return };
    let key = source();
    put(&store, &key, filled(1, 3 * PART)).await;
    let direct = S3::open(lease.config(), fixture::clock()).await.unwrap();
    let mut slow = direct.get(&key, None).await.unwrap().into_stream();
    let mut read = slow.next().await.unwrap().unwrap().len();
    for away in [Mode::Hold, Mode::Cut] {
        let mut pieces = store.get(&key, None).await.unwrap().into_stream();
        assert!(pieces.next().await.unwrap().is_ok());
        proxy.set(away);
        let end = tokio::time::timeout(PATIENCE, pieces.try_collect::<Vec<_>>()).await;
        assert!(end.expect("the download hangs").is_err(), "it is complete");
        proxy.set(Mode::Pass);
    }
    while let Some(piece) = slow.next().await {
        read += piece.unwrap().len();
    }
    assert_eq!(read, 3 * PART);
    store.remove(&key).await.unwrap();
}

#[tokio::test]
async fn a_put_whose_answer_is_lost_is_done() {
    let Some((store, proxy, _lease)) = open().await else { return };
    for (size, request) in [(1_000, &b"PUT /"[..]), (PART + 1, b"<CompleteMultipartUpload")] {
        for when in [Condition::Always, Condition::Absent] {
            let key = source();
            proxy.set(Mode::Lose(request));
            let stored = store.put(&key, filled(3, size), when).await.unwrap();
            assert_eq!(proxy.mode(), Mode::Pass, "an answer was lost");
            let StoredObject::Done(meta) = stored else { panic!("{size} bytes are taken for another's") };
            let head = store.head(&key).await.unwrap().unwrap();
            assert_eq!((meta.size, meta.etag), (head.size, head.etag));
            let again = store.put(&key, filled(3, size), Condition::Absent).await.unwrap();
            assert_eq!(again, StoredObject::AlreadyThere);
            store.remove(&key).await.unwrap();
        }
    }
}
