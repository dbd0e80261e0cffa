//! Bytes are checked by the server, and it tells the hash of what came as one.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

mod fixture;

use fixture::{
    open,
    proxy::{Mode, Proxy},
    put, source,
};
use ports::{Body, Condition, ObjectError, ObjectStore};
use s3::S3;
use sha2::{Digest, Sha256};

#[tokio::test]
async fn the_hash_of_a_small_object_is_kept() {
    let Some((store, _lease)) = open().await else { return };
    for bytes in [&b""[..], b"some bytes"] {
        let key = source();
        let sha256 = Some(hex::encode(Sha256::digest(bytes)));
        assert_eq!(put(&store, &key, Body::from_bytes(bytes)).await.sha256, sha256);
        assert_eq!(store.head(&key).await.unwrap().unwrap().sha256, sha256);
        store.remove(&key).await.unwrap();
    }
}

#[tokio::test]
async fn bytes_that_are_damaged_on_the_way_are_not_stored() {
    let Some((store, lease)) = open().await else { return };
    let proxy = Proxy::to(&lease.config().endpoint).await;
    let damaged = S3::open(s3::Config { endpoint: proxy.url(), ..lease.config() }, fixture::clock()).await;
    let (damaged, key) = (damaged.unwrap(), source());
    proxy.set(Mode::Damage(b"as they were", b"as they wear"));
    let body = || Body::from_bytes(&b"bytes as they were"[..]);
    let ended = damaged.put(&key, body(), Condition::Always).await;
    assert!(matches!(ended, Err(ObjectError::Unavailable(_))), "{ended:?}");
    assert_eq!(store.head(&key).await.unwrap(), None);
    proxy.set(Mode::Pass);
    put(&damaged, &key, body()).await;
    store.remove(&key).await.unwrap();
}
