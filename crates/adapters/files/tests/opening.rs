//! Opening a folder: keys, locks, and what a crash left.

mod fixture;

use files::{Files, OpenError};
use fixture::{FixedClock, incoming, key, open, put};
use futures::{
    StreamExt,
    future::{self, Either},
};
use ports::{Body, BodyError, Condition, ObjectStore};
use std::{fs, path::Path, time::Duration};

fn opened(root: &Path, signing_key: &[u8]) -> Result<Files, OpenError> {
    Files::open(root.to_owned(), signing_key, FixedClock::new())
}

#[test]
fn an_empty_key_is_refused() {
    let root = tempfile::tempdir().unwrap();
    assert!(matches!(opened(root.path(), b""), Err(OpenError::NoKey)));
}

#[test]
fn a_file_in_the_place_of_the_folder_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(opened(&file, b"key"), Err(OpenError::Folder { .. })));
}

#[test]
fn a_folder_is_open_once_at_a_time() {
    let root = tempfile::tempdir().unwrap();
    let first = opened(root.path(), b"key").unwrap();
    assert!(matches!(opened(root.path(), b"key"), Err(OpenError::InUse(_))));
    drop(first);
    assert!(opened(root.path(), b"key").is_ok());
}

#[tokio::test]
async fn leftovers_of_a_crash_are_removed_and_objects_stay() {
    let root = tempfile::tempdir().unwrap();
    let files = open(root.path());
    put(&files, &key(1), b"stays").await;
    let before = files.head(&key(1)).await.unwrap();
    drop(files);
    fs::write(root.path().join(".incoming/put-half"), "half").unwrap();
    let files = open(root.path());
    assert!(incoming(root.path()).is_empty());
    assert_eq!(files.head(&key(1)).await.unwrap(), before);
}

#[tokio::test]
async fn bodies_that_end_early_leave_no_temporary_file() {
    let root = tempfile::tempdir().unwrap();
    let files = open(root.path());
    let half = || Body::from_bytes(vec![7; 3_000_000]).into_stream();
    let broken = half().chain(futures::stream::iter([Err(BodyError::from("gone"))]));
    assert!(files.put(&key(1), Body::from_stream(broken), Condition::Always).await.is_err());
    assert!(incoming(root.path()).is_empty());

    let (midway, reached) = tokio::sync::oneshot::channel();
    let stall = futures::stream::once(async {
        let _ = midway.send(());
        future::pending().await
    });
    let key = key(1);
    let put = files.put(&key, Body::from_stream(half().chain(stall)), Condition::Always);
    let Either::Right((_, put)) = future::select(put, reached).await else { panic!("half a body was put") };
    drop(put);
    let gone = async {
        while !incoming(root.path()).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.unwrap();
}

#[tokio::test]
async fn removed_objects_leave_no_folders() {
    let root = tempfile::tempdir().unwrap();
    let files = open(root.path());
    put(&files, &fixture::segment(1), b"one").await;
    put(&files, &fixture::segment(2), b"two").await;
    files.remove(&fixture::segment(1)).await.unwrap();
    let bucket = root.path().join("vod-variants");
    assert_eq!(fs::read_dir(&bucket).unwrap().count(), 1);
    files.remove(&fixture::segment(2)).await.unwrap();
    assert!(!bucket.exists());
}
