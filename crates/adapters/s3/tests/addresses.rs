//! Presigned addresses, fetched with a plain HTTP client.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

mod fixture;

use domain::{Timestamp, object::ObjectKey};
use fixture::{Lease, PART, filled, proxy::Proxy, put, segment, source};
use ports::{Body, Clock, ObjectStore, Period, SignedAddress};
use reqwest::StatusCode;
use s3::{Config, S3};
use service_kit::SystemClock;
use std::{sync::Arc, time::Duration};
use url::Url;

const MINUTE: Duration = Duration::from_secs(60);

/// A store whose viewers reach it under another address than its services do.
async fn open() -> Option<(S3, Proxy, Arc<Lease>)> {
    let (_, lease) = fixture::open().await?;
    let proxy = Proxy::to(&lease.config().endpoint).await;
    let config = Config { public_endpoint: proxy.url(), ..lease.config() };
    Some((S3::open(config, fixture::clock()).await.unwrap(), proxy, lease))
}

fn address(store: &S3, key: &ObjectKey, from: Timestamp, until: Timestamp) -> Url {
    match store.presign(key, Period { from, until }) {
        SignedAddress::Absolute(url) => url,
        SignedAddress::OnApi(path) => panic!("{path} is on the API"),
    }
}

/// As the services sign: up to a quarter hour ago.
fn good_address(store: &S3, key: &ObjectKey) -> Url {
    let now = SystemClock::new().now();
    address(store, key, now - 14 * MINUTE, now + 30 * MINUTE)
}

async fn status(url: Url) -> StatusCode {
    reqwest::get(url).await.unwrap().status()
}

#[tokio::test]
async fn a_signed_address_gives_the_object() {
    let Some((store, proxy, _lease)) = open().await else { return };
    for (key, kind, cache) in [
        (segment(), "video/mp4", "public, max-age=31536000, immutable"),
        (source(), "application/octet-stream", "no-cache"),
    ] {
        let meta = put(&store, &key, Body::from_bytes(&b"0123456789"[..])).await;
        let url = good_address(&store, &key);
        assert_eq!(url.origin(), proxy.url().origin());
        let answer = reqwest::get(url).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!((header("content-type"), header("cache-control")), (kind.to_owned(), cache.to_owned()));
        assert_eq!(
            (header("etag"), header("accept-ranges")),
            (format!("\"{}\"", meta.etag), "bytes".to_owned())
        );
        assert_eq!(&answer.bytes().await.unwrap()[..], b"0123456789");
        store.remove(&key).await.unwrap();
    }
}

#[tokio::test]
async fn ranges_are_served() {
    let Some((store, _proxy, _lease)) = open().await else { return };
    let key = segment();
    put(&store, &key, filled(7, PART + 10)).await;
    let url = good_address(&store, &key);
    let client = reqwest::Client::new();
    for (range, told, size) in [
        ("bytes=0-1", format!("bytes 0-1/{}", PART + 10), 2),
        ("bytes=8388606-", format!("bytes 8388606-{}/{}", PART + 9, PART + 10), 12),
        ("bytes=-3", format!("bytes {}-{}/{}", PART + 7, PART + 9, PART + 10), 3),
    ] {
        let answer = client.get(url.clone()).header("range", range).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(answer.headers()["content-range"], told);
        assert_eq!(answer.headers()["content-type"], "video/mp4");
        assert_eq!(&answer.bytes().await.unwrap()[..], vec![7; size]);
    }
    let outside = client.get(url).header("range", "bytes=9000000-").send().await.unwrap();
    assert_eq!(outside.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    store.remove(&key).await.unwrap();
}

#[tokio::test]
async fn an_address_ends_and_does_not_begin_too_early() {
    let Some((store, _proxy, _lease)) = open().await else { return };
    let (key, now) = (source(), SystemClock::new().now());
    put(&store, &key, Body::from_bytes(&b"x"[..])).await;
    for (from, until, expected) in [
        (now - 14 * MINUTE, now + MINUTE, StatusCode::OK),
        (now - 24 * 60 * MINUTE, now + MINUTE, StatusCode::OK),
        (now - 14 * MINUTE, now - Duration::from_secs(2), StatusCode::FORBIDDEN),
        (now - 8 * 24 * 60 * MINUTE, now + MINUTE, StatusCode::FORBIDDEN),
        (now + 60 * MINUTE, now + 120 * MINUTE, StatusCode::FORBIDDEN),
    ] {
        let url = address(&store, &key, from, until);
        assert_eq!(status(url).await, expected, "from {from} until {until} at {now}");
    }
    store.remove(&key).await.unwrap();
}

#[tokio::test]
async fn any_other_address_is_refused() {
    let Some((store, _proxy, _lease)) = open().await else { return };
    let (key, other) = (source(), source());
    for key in [&key, &other] {
        put(&store, key, Body::from_bytes(&b"x"[..])).await;
    }
    let good = good_address(&store, &key);
    assert_eq!(status(good.clone()).await, StatusCode::OK);
    let last = good.as_str().chars().next_back().unwrap();
    let flipped = format!("{}{}", good.as_str().trim_end_matches(last), if last == '0' { '1' } else { '0' });
    let mut unsigned = good.clone();
    unsigned.set_query(None);
    for wrong in [
        flipped,
        unsigned.into(),
        good.as_str().replace(&key.path(), &other.path()),
        good.as_str().replace("X-Amz-Expires=2640", "X-Amz-Expires=9999"),
        good.as_str().replace("us-east-1", "us-east-2"),
    ] {
        assert_ne!(wrong, good.as_str());
        assert!(status(Url::parse(&wrong).unwrap()).await.is_client_error(), "{wrong} is good");
    }
    for key in [&key, &other] {
        store.remove(key).await.unwrap();
    }
}

#[tokio::test]
async fn an_object_is_stored_under_an_address_for_that_and_not_under_one_for_reading() {
    let Some((store, _proxy, _lease)) = open().await else { return };
    let (key, now, client) = (segment(), SystemClock::new().now(), reqwest::Client::new());
    let valid = Period { from: now, until: now + 30 * MINUTE };
    let SignedAddress::Absolute(url) = store.presign_put(&key, valid) else { panic!("on the API") };
    let stored = client.put(url.clone()).body("0123456789").send().await.unwrap();
    assert_eq!(stored.status(), StatusCode::OK);
    assert_eq!(store.head(&key).await.unwrap().map(|meta| meta.size), Some(10));
    assert_eq!(status(url).await, StatusCode::FORBIDDEN);
    let refused = client.put(good_address(&store, &key)).body("x").send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    store.remove(&key).await.unwrap();
}
