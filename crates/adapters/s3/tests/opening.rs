//! Opening: the buckets are made once, what is abandoned is aborted, and what is wrong is said.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

mod fixture;

use async_trait::async_trait;
use domain::{
    Timestamp,
    object::{Bucket, ObjectKey},
};
use fixture::{PATIENCE, Server, clock, lease, open, source};
use futures::future::join_all;
use ports::{Clock, Monotonic};
use s3::{Config, OpenError, S3};
use service_kit::SystemClock;
use std::{net::TcpListener, process::Command, sync::Arc, time::Duration};
use url::Url;

/// Marks the process that a test starts without certificates.
const CHILD: &str = "S3_TEST_WITHOUT_CERTIFICATES";

/// The real clock, so much ahead.
struct Ahead(SystemClock, Duration);

#[async_trait]
impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        self.0.now() + self.1
    }

    fn monotonic(&self) -> Monotonic {
        self.0.monotonic()
    }

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration).await;
    }

    fn random(&self, buffer: &mut [u8]) {
        self.0.random(buffer);
    }
}

async fn refusal(config: Config) -> OpenError {
    let opened = tokio::time::timeout(PATIENCE, S3::open(config, clock())).await;
    opened.expect("opening hangs").err().expect("it is open")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_may_open_at_once() {
    let Some(lease) = lease() else { return };
    let opened = join_all((0..10).map(|_| S3::open(lease.config(), clock()))).await;
    for store in opened {
        store.unwrap().check().await.unwrap();
    }
    let server = lease.server();
    for bucket in Bucket::ALL {
        let there = server.client.head_bucket().bucket(server.buckets.name(bucket)).send().await;
        assert!(there.is_ok(), "{bucket:?} is missing");
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_named() {
    let Some(lease) = lease() else { return };
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = Url::parse(&format!("http://{closed}")).unwrap();
    let error = refusal(Config { endpoint, ..lease.config() }).await;
    assert!(matches!(error, OpenError::Away { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(&closed.to_string()) && text.contains("MINIO_ENDPOINT"), "{text}");
    assert!(text.to_lowercase().contains("connection refused"), "{text}");
}

#[tokio::test]
async fn wrong_credentials_are_told() {
    let Some(lease) = lease() else { return };
    let right = lease.config();
    for (access_key, secret_key) in [(&*right.access_key, "wrong-secret"), ("nobody", &*right.secret_key)] {
        let (access_key, secret_key) = (access_key.to_owned(), secret_key.to_owned());
        let error = refusal(Config { access_key, secret_key, ..right.clone() }).await;
        assert!(matches!(error, OpenError::Refused { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(right.endpoint.as_str()) && text.contains("MINIO_ROOT_PASSWORD"), "{text}");
        assert!(!text.contains(&right.secret_key), "{text}");
    }
}

#[tokio::test]
async fn a_bucket_that_is_gone_is_told_and_no_object_is_missing() {
    let Some(lease) = lease() else { return };
    let store = S3::open(lease.config(), clock()).await.unwrap();
    let server = lease.server();
    let bucket = server.buckets.name(Bucket::VodRaw);
    server.client.delete_bucket().bucket(bucket).send().await.unwrap();
    let told = store.check().await.unwrap_err().to_string();
    assert!(told.contains(bucket), "{told}");
    let read = ports::ObjectStore::get(&store, &source(), None).await.err();
    assert!(matches!(read, Some(ports::ObjectError::Unavailable(_))), "{read:?}");
    S3::open(lease.config(), clock()).await.unwrap().check().await.unwrap();
}

#[tokio::test]
async fn abandoned_uploads_are_aborted_and_young_ones_stay() {
    let Some(lease) = lease() else { return };
    S3::open(lease.config(), clock()).await.unwrap();
    let (server, key) = (lease.server(), source());
    begin(&server, &key).await;
    for (hours, stays) in [(0, true), (23, true), (25, false)] {
        let clock = Arc::new(Ahead(SystemClock::new(), Duration::from_secs(hours * 60 * 60)));
        S3::open(lease.config(), clock).await.unwrap();
        let uploads = server.uploads(Bucket::VodRaw).await;
        assert_eq!(uploads.contains(&key.path()), stays, "{hours} hours later: {uploads:?}");
    }
}

async fn begin(server: &Server, key: &ObjectKey) {
    let request = server.client.create_multipart_upload().bucket(server.buckets.name(key.bucket()));
    request.key(key.path()).send().await.unwrap();
}

/// The SDK's own client panics in an image that has no certificates, even for plain HTTP.
#[tokio::test]
async fn no_certificates_are_needed_for_plain_http() {
    let Some((store, _lease)) = open().await else { return };
    store.check().await.unwrap();
    if std::env::var_os(CHILD).is_some() {
        return;
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "no_certificates_are_needed_for_plain_http"])
        .envs([(CHILD, "1"), ("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/nonexistent")])
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
}
