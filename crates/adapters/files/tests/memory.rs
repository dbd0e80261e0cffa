//! Memory stays small however large the object: alone in its process, whose peak it reads.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]
#![cfg(target_os = "linux")]

mod fixture;

use bytes::Bytes;
use fixture::{key, open};
use futures::StreamExt;
use ports::{Body, BodyError, Condition, ObjectStore, StoredObject};

const SIZE: usize = 256 * 1024 * 1024;
const LIMIT_KIB: u64 = 16 * 1024;

/// A value of `/proc/self/status` in KiB.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_large_object_passes_through_little_memory() {
    let root = tempfile::tempdir().unwrap();
    let files = open(root.path());
    let piece = Bytes::from(vec![1; 65_536]);
    let pieces = std::iter::repeat_n(piece, SIZE / 65_536).map(Ok::<_, BodyError>);
    let before = memory("VmRSS");

    let body = Body::from_stream(futures::stream::iter(pieces));
    let Ok(StoredObject::Done(meta)) = files.put(&key(1), body, Condition::Absent).await else { panic!() };
    assert_eq!(meta.size, SIZE as u64);
    let mut read = 0;
    let mut pieces = files.get(&key(1), None).await.unwrap().into_stream();
    while let Some(piece) = pieces.next().await {
        read += piece.unwrap().len();
    }
    assert_eq!(read, SIZE);

    let growth = memory("VmHWM") - before;
    assert!(growth < LIMIT_KIB, "{growth} KiB more at the peak");
}
