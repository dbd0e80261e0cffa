//! Memory stays small however large the object: alone in its process, whose peak it reads.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]
#![cfg(target_os = "linux")]

mod fixture;

use fixture::{filled, open, put, source};
use futures::StreamExt;
use ports::{Condition, ObjectStore, StoredObject};

const SIZE: usize = 256 * 1024 * 1024;
const LIMIT_KIB: u64 = 64 * 1024;

/// A value of `/proc/self/status` in KiB.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_large_object_passes_through_little_memory() {
    let Some((store, _lease)) = open().await else { return };
    let key = source();
    put(&store, &key, filled(1, 1)).await;
    store.remove(&key).await.unwrap();
    let before = memory("VmRSS");

    let stored = store.put(&key, filled(1, SIZE), Condition::Absent).await;
    let Ok(StoredObject::Done(meta)) = stored else { panic!("{stored:?}") };
    assert_eq!(meta.size, SIZE as u64);
    let mut read = 0;
    let mut pieces = store.get(&key, None).await.unwrap().into_stream();
    while let Some(piece) = pieces.next().await {
        read += piece.unwrap().len();
    }
    assert_eq!(read, SIZE);
    store.remove(&key).await.unwrap();

    let growth = memory("VmHWM") - before;
    assert!(growth < LIMIT_KIB, "{growth} KiB more at the peak");
}
