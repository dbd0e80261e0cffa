//! Presigned addresses, fetched from the store's routes.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

mod fixture;

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode},
};
use domain::{Timestamp, object::ObjectKey};
use files::Files;
use fixture::{FixedClock, NOW, key, put, segment};
use http_body_util::BodyExt;
use ports::{ObjectStore, Period, SignedAddress};
use std::sync::Arc;
use tempfile::TempDir;
use tower::ServiceExt;

const BYTES: &[u8] = b"0123456789";

struct Served {
    files: Files,
    routes: Router,
    clock: Arc<FixedClock>,
    _root: TempDir,
}

/// A store with one segment and one source.
async fn served() -> Served {
    let (root, clock) = (tempfile::tempdir().unwrap(), FixedClock::new());
    let files = Files::open(root.path().to_owned(), b"a key for tests", clock.clone()).unwrap();
    put(&files, &segment(1), BYTES).await;
    put(&files, &key(1), b"<script>").await;
    Served { routes: files.routes(), files, clock, _root: root }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Served {
    fn address(&self, key: &ObjectKey) -> String {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000);
        match self.files.presign(key, Period { from: at(NOW), until: at(NOW + 1_800) }) {
            SignedAddress::OnApi(address) => address,
            SignedAddress::Absolute(url) => panic!("{url} is not on the API"),
        }
    }

    async fn fetch(&self, method: Method, address: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.routes.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn get(&self, address: &str, headers: &[(&str, &str)]) -> Answer {
        self.fetch(Method::GET, address, headers).await
    }

    async fn assert_refused(&self, address: &str) {
        let answer = self.get(address, &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{address}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(problem["code"], "signature_invalid");
        assert_eq!(problem.get("detail"), None);
    }
}

#[tokio::test]
async fn a_signed_address_gives_the_object() {
    let served = served().await;
    let answer = served.get(&served.address(&segment(1)), &[]).await;
    assert_eq!((answer.status, &*answer.body), (StatusCode::OK, BYTES));
    assert_eq!(answer.header("content-type"), "video/mp4");
    assert_eq!(answer.header("content-length"), "10");
    assert_eq!(answer.header("accept-ranges"), "bytes");
    assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let meta = served.files.head(&segment(1)).await.unwrap().unwrap();
    assert_eq!(answer.header("etag"), format!("\"{}\"", meta.etag));
}

#[tokio::test]
async fn a_source_is_never_more_than_bytes() {
    let served = served().await;
    let answer = served.get(&served.address(&key(1)), &[]).await;
    assert_eq!((answer.status, &*answer.body), (StatusCode::OK, &b"<script>"[..]));
    assert_eq!(answer.header("content-type"), "application/octet-stream");
    assert_eq!(answer.header("cache-control"), "no-cache");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn head_tells_without_bytes() {
    let served = served().await;
    let address = served.address(&segment(1));
    let answer = served.fetch(Method::HEAD, &address, &[]).await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0));
    assert_eq!(answer.header("content-length"), "10");
    assert_eq!(answer.header("etag"), served.get(&address, &[]).await.header("etag"));
    let post = served.fetch(Method::POST, &address, &[]).await;
    assert_eq!(post.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn ranges_are_served() {
    let served = served().await;
    let address = served.address(&segment(1));
    for (range, bytes, told) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-1", "9", "bytes 9-9/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
    ] {
        let answer = served.get(&address, &[("range", range)]).await;
        assert_eq!(
            (answer.status, &*answer.body),
            (StatusCode::PARTIAL_CONTENT, bytes.as_bytes()),
            "{range}"
        );
        assert_eq!(answer.header("content-range"), told);
        assert_eq!(answer.header("content-type"), "video/mp4");
    }
    let outside = served.get(&address, &[("range", "bytes=10-")]).await;
    assert_eq!(outside.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(outside.header("content-range"), "bytes */10");
    assert_eq!(outside.header("cache-control"), "");
}

#[tokio::test]
async fn conditions_are_kept() {
    let served = served().await;
    let address = served.address(&segment(1));
    let etag = served.get(&address, &[]).await.header("etag").to_owned();
    let unchanged = served.get(&address, &[("if-none-match", &etag)]).await;
    assert_eq!((unchanged.status, unchanged.body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(unchanged.header("etag"), etag);
    assert_eq!(served.get(&address, &[("if-none-match", "\"other\"")]).await.status, StatusCode::OK);
    let modified = served.get(&address, &[]).await.header("last-modified").to_owned();
    let since = served.get(&address, &[("if-modified-since", &modified)]).await;
    assert_eq!((since.status, since.header("etag")), (StatusCode::NOT_MODIFIED, &*etag));
    assert_eq!(served.get(&address, &[("if-match", "\"x\"")]).await.status, StatusCode::PRECONDITION_FAILED);
    for (tag, status) in [(&*etag, StatusCode::PARTIAL_CONTENT), ("\"other\"", StatusCode::OK)] {
        let answer = served.get(&address, &[("range", "bytes=0-0"), ("if-range", tag)]).await;
        assert_eq!(answer.status, status, "{tag}");
    }
}

#[tokio::test]
async fn an_address_ends_and_does_not_begin_too_early() {
    let served = served().await;
    let address = served.address(&segment(1));
    for (now, good) in
        [(NOW - 301, false), (NOW - 300, true), (NOW + 1_799, true), (NOW + 1_800, false), (NOW * 2, false)]
    {
        served.clock.set(now);
        if good {
            assert_eq!(served.get(&address, &[]).await.status, StatusCode::OK, "at {now}");
        } else {
            served.assert_refused(&address).await;
        }
    }
}

#[tokio::test]
async fn any_other_signature_is_refused() {
    let served = served().await;
    let address = served.address(&segment(1));
    let (signed, signature) = address.split_once("&signature=").unwrap();
    for place in 0..signature.len() {
        let digit = u8::from_str_radix(&signature[place..=place], 16).unwrap() ^ 1;
        let flipped = format!("{}{digit:x}{}", &signature[..place], &signature[place + 1..]);
        served.assert_refused(&format!("{signed}&signature={flipped}")).await;
    }
    for bad in ["", "00", "zz", &signature[..62], &format!("{signature}00"), "%C3%A9", "%00", "%ff"] {
        served.assert_refused(&format!("{signed}&signature={bad}")).await;
    }
    served.assert_refused(signed).await;
    served.assert_refused(address.split_once('?').unwrap().0).await;
}

#[tokio::test]
async fn a_signature_is_good_for_its_own_object_and_claims_only() {
    let served = served().await;
    let address = served.address(&segment(1));
    let other = served.address(&key(1));
    let (place, query) = address.split_once('?').unwrap();
    served.assert_refused(&format!("{}?{query}", other.split_once('?').unwrap().0)).await;
    for (from, to) in [
        ("vod-variants", "vod-raw"),
        ("000000.m4s", "000001.m4s"),
        ("video%2Fmp4", "text%2Fhtml"),
        ("immutable=true", "immutable=false"),
        ("until=1800001800", "until=1900000000"),
        ("until=1800001800", "until=99999999999999999999"),
        ("until=1800001800", "until=1800001800&until=1900000000"),
        ("from=1800000000", "from=0"),
    ] {
        let changed = address.replacen(from, to, 1);
        assert_ne!(changed, address, "{from}");
        served.assert_refused(&changed).await;
    }
    assert_eq!(served.get(&format!("{place}?x=1&{query}"), &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn paths_lead_nowhere_else() {
    let served = served().await;
    let address = served.address(&segment(1));
    let (place, query) = address.split_once('?').unwrap();
    let path = place.strip_prefix("/objects/vod-variants/").unwrap();
    for tried in [
        format!("/objects/vod-raw/../vod-variants/{path}"),
        format!("/objects/vod-raw/%2e%2e/vod-variants/{path}"),
        format!("/objects/vod-raw%2f..%2fvod-variants/{path}"),
        format!("/objects/vod-variants/./{path}"),
        format!("/objects/vod-variants//{path}"),
        format!("/objects/vod-variants/{path}/"),
        format!("/objects/vod-variants/{path}%00"),
        format!("/objects/vod-variants/{path}%ff"),
        "/objects/.incoming/x".to_owned(),
        "/objects/%2e%2e/%2e%2e/etc/passwd".to_owned(),
        "/objects/vod-raw/..%2f..%2f..%2fetc%2fpasswd".to_owned(),
    ] {
        served.assert_refused(&format!("{tried}?{query}")).await;
    }
}

#[tokio::test]
async fn a_missing_object_is_told_to_whoever_may_know() {
    let served = served().await;
    let answer = served.get(&served.address(&segment(2)), &[]).await;
    assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::NOT_FOUND, "no-store"));
    served.files.remove(&segment(1)).await.unwrap();
    assert_eq!(served.get(&served.address(&segment(1)), &[]).await.status, StatusCode::NOT_FOUND);
}

impl Served {
    async fn put(&self, address: &str, body: Body) -> StatusCode {
        let request = Request::builder().method(Method::PUT).uri(address).body(body).unwrap();
        self.routes.clone().oneshot(request).await.unwrap().status()
    }

    fn address_to_put(&self, key: &ObjectKey) -> String {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1_000);
        match self.files.presign_put(key, Period { from: at(NOW), until: at(NOW + 1_800) }) {
            SignedAddress::OnApi(address) => address,
            SignedAddress::Absolute(url) => panic!("{url} is not on the API"),
        }
    }
}

#[tokio::test]
async fn an_object_is_stored_under_an_address_for_that() {
    let served = served().await;
    let key = segment(9);
    assert_eq!(served.put(&served.address_to_put(&key), Body::from(BYTES)).await, StatusCode::OK);
    assert_eq!(served.get(&served.address(&key), &[]).await.body, BYTES);
    assert_eq!(served.put(&served.address_to_put(&key), Body::from("again")).await, StatusCode::OK);
    assert_eq!(served.get(&served.address(&key), &[]).await.body, b"again");
    let meta = served.files.head(&key).await.unwrap().unwrap();
    assert!(meta.sha256.is_some(), "its hash is known, so that it can be compared without reading it");
}

#[tokio::test]
async fn an_address_for_reading_stores_nothing_and_the_other_way_round() {
    let served = served().await;
    let (to_read, to_put) = (served.address(&segment(1)), served.address_to_put(&segment(1)));
    assert_eq!(served.put(&to_read, Body::from("x")).await, StatusCode::FORBIDDEN);
    assert_eq!(served.get(&to_put, &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        served.put(&to_put.replace("until=1", "until=2"), Body::from("x")).await,
        StatusCode::FORBIDDEN
    );
    served.clock.set(NOW + 1_800);
    assert_eq!(served.put(&to_put, Body::from("x")).await, StatusCode::FORBIDDEN);
    served.clock.set(NOW);
    assert_eq!(served.get(&to_read, &[]).await.body, BYTES);
}

#[tokio::test]
async fn a_body_that_ends_early_stores_nothing() {
    let served = served().await;
    let pieces: [Result<&str, std::io::Error>; 2] = [Ok("half"), Err(std::io::Error::other("gone"))];
    let body = Body::from_stream(futures::stream::iter(pieces));
    assert_eq!(served.put(&served.address_to_put(&segment(8)), body).await, StatusCode::BAD_REQUEST);
    assert_eq!(served.files.head(&segment(8)).await.unwrap(), None);
}
