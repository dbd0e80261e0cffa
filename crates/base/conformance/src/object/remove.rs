//! Cases: removing objects.

use super::fixture::{assert_missing, clean, every_kind, put, read, segment, source, stream};
use domain::object::{Bucket, Prefix};
use futures::future;
use ports::ObjectStore;

/// A removed object is gone, its neighbours are not, and its key can be used again.
pub async fn a_removed_object_is_gone(store: &dyn ObjectStore) {
    let stream = stream();
    let (gone, stays) = (segment(&stream, "720p", 1, 0), segment(&stream, "720p", 1, 1));
    put(store, &gone, b"gone").await;
    put(store, &stays, b"stays").await;
    store.remove(&gone).await.expect("the store removes");
    assert_missing(store, &gone).await;
    assert_eq!(read(store, &stays).await, b"stays");
    put(store, &gone, b"again").await;
    assert_eq!(read(store, &gone).await, b"again");
    clean(store, &stream).await;
}

/// Removing what is not there is no error: never put, removed before, or an empty prefix.
pub async fn removing_nothing_is_no_error(store: &dyn ObjectStore) {
    let key = source();
    store.remove(&key).await.expect("nothing was ever there");
    put(store, &key, b"x").await;
    store.remove(&key).await.expect("the store removes");
    store.remove(&key).await.expect("it was removed before");
    for _ in 0..2 {
        store.remove_all(&Prefix::stream(Bucket::VodRaw, &stream())).await.expect("nothing was ever there");
    }
}

/// `remove_all` removes a stream's objects of one bucket, and nothing else.
pub async fn a_prefix_is_removed_as_a_whole(store: &dyn ObjectStore) {
    let (gone, stays) = (stream(), stream());
    for key in every_kind(&gone).iter().chain(&every_kind(&stays)) {
        put(store, key, b"x").await;
    }
    store.remove_all(&Prefix::stream(Bucket::VodVariants, &gone)).await.expect("the store removes");
    for key in every_kind(&gone) {
        if key.bucket() == Bucket::VodVariants {
            assert_missing(store, &key).await;
        } else {
            assert_eq!(read(store, &key).await, b"x");
        }
    }
    for key in every_kind(&stays) {
        assert_eq!(read(store, &key).await, b"x");
    }
    for stream in [gone, stays] {
        clean(store, &stream).await;
    }
}

/// Puts that meet removals of the same prefix end well, and what is put after all of them stays.
pub async fn an_emptied_prefix_can_be_filled_again(store: &dyn ObjectStore) {
    let stream = stream();
    let prefix = Prefix::stream(Bucket::VodVariants, &stream);
    let puts = async {
        for index in 0..40 {
            put(store, &segment(&stream, "720p", index % 3, index), b"x").await;
        }
    };
    let removals = async {
        for _ in 0..40 {
            store.remove_all(&prefix).await.expect("the store removes");
        }
    };
    future::join(puts, removals).await;
    let last = segment(&stream, "720p", 9, 9);
    put(store, &last, b"last").await;
    assert_eq!(read(store, &last).await, b"last");
    clean(store, &stream).await;
}
