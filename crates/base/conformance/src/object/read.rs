//! Cases: reading whole objects, ranges, and what is known of them.

use super::fixture::{assert_missing, clean, every_kind, head, noise, put, read, source, stream};
use domain::object::ObjectKey;
use ports::{ByteRange, ObjectError, ObjectStore};
use sha2::{Digest, Sha256};

/// `head` tells the size, the hash of the bytes if it tells one, a bare etag, and a time of storing that is
/// not made up; a put tells the same.
pub async fn head_tells_size_and_hash(store: &dyn ObjectStore) {
    let (key, bytes) = (source(), noise(100_001));
    let stored = put(store, &key, &bytes).await;
    let meta = head(store, &key).await;
    assert_eq!(meta.size, 100_001);
    if let Some(sha256) = &meta.sha256 {
        assert_eq!(*sha256, hex::encode(Sha256::digest(&bytes)));
    }
    assert!(!meta.etag.is_empty() && !meta.etag.contains('"'), "the etag is {}", meta.etag);
    assert_eq!((stored.size, stored.etag), (meta.size, meta.etag));
    assert!(stored.sha256.is_none() || meta.sha256.is_none() || stored.sha256 == meta.sha256);
    #[expect(
        clippy::disallowed_methods,
        reason = "stores stamp objects with the real time, by their own clock"
    )]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is past 1970");
    let apart = (i128::from(meta.modified.as_millis()) - now.as_millis() as i128).abs();
    assert!(apart < 15 * 60_000, "stored {apart} ms from now");
    store.remove(&key).await.expect("the store removes");
}

/// Other bytes under the same key have another etag, even of the same size.
pub async fn the_etag_changes_with_the_bytes(store: &dyn ObjectStore) {
    let key = source();
    let mut etags = std::collections::BTreeSet::new();
    for bytes in [b"one", b"two", b"six"] {
        put(store, &key, bytes).await;
        etags.insert(head(store, &key).await.etag);
    }
    assert_eq!(etags.len(), 3, "{etags:?}");
    store.remove(&key).await.expect("the store removes");
}

/// Keys of different kinds never share an object.
pub async fn every_kind_of_key_has_its_own_object(store: &dyn ObjectStore) {
    let stream = stream();
    let keys = every_kind(&stream);
    for key in &keys {
        put(store, key, key.to_string().as_bytes()).await;
    }
    for key in &keys {
        assert_eq!(read(store, key).await, key.to_string().as_bytes());
        assert_eq!(head(store, key).await.size, key.to_string().len() as u64);
    }
    clean(store, &stream).await;
    for key in &keys {
        assert_missing(store, key).await;
    }
}

/// A range gives its bytes, and as many.
pub async fn ranges_are_read(store: &dyn ObjectStore) {
    let (key, bytes) = (source(), noise(1_000_003));
    put(store, &key, &bytes).await;
    for range in [0..1, 0..1_000_003, 1_000_002..1_000_003, 123_456..876_543, 499_999..500_000] {
        let body = store.get(&key, Some(range.clone())).await.expect("the range is inside");
        let got = body.collect().await.expect("the range goes to its end");
        let (start, end) = (range.start as usize, range.end as usize);
        assert!(got == bytes[start..end], "bytes {range:?} differ: {} came", got.len());
    }
    store.remove(&key).await.expect("the store removes");
}

/// An empty range, a reversed one, and one that ends after the object are errors that tell the object's size.
pub async fn ranges_outside_the_object_are_refused(store: &dyn ObjectStore) {
    let (full, empty) = (source(), source());
    put(store, &full, b"0123456789").await;
    put(store, &empty, b"").await;
    let reversed = ByteRange { start: 7, end: 3 };
    for range in [0..0, 5..5, 10..10, reversed, 0..11, 9..11, 10..11, 11..12, 0..u64::MAX] {
        assert_refused(store, &full, range, 10).await;
    }
    assert_refused(store, &empty, 0..1, 0).await;
    for key in [full, empty] {
        store.remove(&key).await.expect("the store removes");
    }
}

async fn assert_refused(store: &dyn ObjectStore, key: &ObjectKey, range: ByteRange, of: u64) {
    match store.get(key, Some(range.clone())).await.err() {
        Some(ObjectError::Range { range: told, size }) => assert_eq!((told, size), (range, of)),
        other => panic!("{range:?} of {of} bytes ended with {other:?}"),
    }
}

/// What was never put is missing: no head, no bytes, no range, no file, not listed.
pub async fn a_missing_object_is_missing(store: &dyn ObjectStore) {
    for key in every_kind(&stream()) {
        assert_missing(store, &key).await;
        let ranged = store.get(&key, Some(0..1)).await.err();
        assert!(matches!(ranged, Some(ObjectError::Missing(_))), "{ranged:?}");
        assert_eq!(store.local_file(&key).await.expect("the store answers"), None);
    }
}

/// If the store tells a file, it is on this machine, named from the root, and holds the object.
pub async fn a_local_file_holds_the_object(store: &dyn ObjectStore) {
    let (key, bytes) = (source(), noise(70_000));
    put(store, &key, &bytes).await;
    if let Some(path) = store.local_file(&key).await.expect("the store answers") {
        assert!(path.is_absolute(), "{}", path.display());
        assert!(std::fs::read(&path).expect("the file can be read") == bytes);
    }
    store.remove(&key).await.expect("the store removes");
}
