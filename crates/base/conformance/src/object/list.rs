//! Cases: listing what a prefix holds.

use super::fixture::{assert_missing, clean, every_kind, head, paths, put, segment, stream};
use domain::object::{Bucket, Prefix};
use futures::{StreamExt, TryStreamExt};
use ports::ObjectStore;

/// A listing is in the order of the paths' bytes, and tells of each object what `head` tells of its size and
/// etag.
pub async fn a_listing_is_in_the_order_of_paths(store: &dyn ObjectStore) {
    let stream = stream();
    let mut keys = Vec::new();
    for rendition in ["720p", "720p-hdr", "1080p", "720"] {
        for (epoch, index) in [(2, 0), (10, 1), (1, 1_000_000), (1, 7)] {
            keys.push(segment(&stream, rendition, epoch, index));
        }
    }
    for (number, key) in keys.iter().enumerate() {
        put(store, key, &vec![b'x'; number]).await;
    }
    keys.sort_by_key(domain::object::ObjectKey::path);
    let listing = store.list(&Prefix::stream(Bucket::VodVariants, &stream)).await.expect("the store lists");
    let listed: Vec<_> = listing.try_collect().await.expect("the listing goes to its end");
    assert_eq!(listed.len(), keys.len());
    for ((path, meta), key) in listed.iter().zip(&keys) {
        let head = head(store, key).await;
        assert_eq!((path, meta.size, &meta.etag), (&key.path(), head.size, &head.etag));
    }
    clean(store, &stream).await;
}

/// A stream's prefix holds nothing of another stream or bucket, and one that holds nothing lists nothing.
pub async fn a_listing_holds_nothing_of_neighbours(store: &dyn ObjectStore) {
    let streams = [stream(), stream(), stream()];
    for stream in &streams[..2] {
        for key in every_kind(stream) {
            put(store, &key, b"x").await;
        }
    }
    for bucket in Bucket::ALL {
        for stream in &streams[..2] {
            let keys = every_kind(stream);
            let mut expected: Vec<_> =
                keys.iter().filter(|k| k.bucket() == bucket).map(domain::object::ObjectKey::path).collect();
            expected.sort();
            assert_eq!(paths(store, &Prefix::stream(bucket, stream)).await, expected);
        }
        assert!(paths(store, &Prefix::stream(bucket, &streams[2])).await.is_empty());
    }
    for stream in &streams {
        clean(store, stream).await;
    }
}

/// A bucket's prefix holds what all its streams hold.
pub async fn a_bucket_lists_everything(store: &dyn ObjectStore) {
    let streams = [stream(), stream()];
    for stream in &streams {
        put(store, &segment(stream, "720p", 1, 0), b"x").await;
    }
    let listed = paths(store, &Prefix::bucket(Bucket::VodVariants)).await;
    assert!(listed.is_sorted(), "{listed:?}");
    for stream in &streams {
        assert!(listed.contains(&segment(stream, "720p", 1, 0).path()), "{stream} is not in {listed:?}");
        clean(store, stream).await;
    }
}

/// More objects than any store tells in one answer are listed and removed.
pub async fn thousands_are_listed_and_removed(store: &dyn ObjectStore) {
    let (count, at_once) = (1_100, 32);
    let stream = stream();
    let puts = (0..count).map(|index| {
        let key = segment(&stream, "720p", 1, index);
        async move { put(store, &key, b"x").await }
    });
    let stored = futures::stream::iter(puts).buffer_unordered(at_once).count().await;
    assert_eq!(stored, 1_100);
    let prefix = Prefix::stream(Bucket::VodVariants, &stream);
    let expected: Vec<_> = (0..count).map(|index| segment(&stream, "720p", 1, index).path()).collect();
    assert_eq!(paths(store, &prefix).await, expected);
    store.remove_all(&prefix).await.expect("the store removes");
    assert!(paths(store, &prefix).await.is_empty());
    assert_missing(store, &segment(&stream, "720p", 1, 0)).await;
}
