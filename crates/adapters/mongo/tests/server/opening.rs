//! Opening a catalog: the declared indexes, and who opens it at the same time.

use crate::scratch::Scratch;
use domain::collection::Kind;
use futures::{TryStreamExt as _, future::join_all};
use mongo::{Catalog, OpenError};
use mongodb::{
    IndexModel,
    bson::{Document, doc},
    options::IndexOptions,
};
use ports::Documents as _;
use std::sync::Arc;

/// The keys of all indexes of a collection, without that of the ids.
async fn indexes(scratch: &Scratch, kind: Kind) -> Vec<Document> {
    let client = mongodb::Client::with_uri_str(&scratch.address).await.expect("a client");
    let collection = client.database(&scratch.database).collection::<Document>(kind.name());
    let found: Vec<_> =
        collection.list_indexes().await.expect("list_indexes").try_collect().await.expect("all");
    let mut keys: Vec<Document> =
        found.into_iter().map(|index| index.keys).filter(|keys| *keys != doc! { "_id": 1 }).collect();
    keys.sort_by_key(ToString::to_string);
    keys
}

#[tokio::test]
async fn ten_at_once_build_the_declared_indexes() {
    let Some(scratch) = Scratch::new() else { return };
    // A database of this test's own, as in the shared one they are there already.
    let scratch = Scratch { address: scratch.address.clone(), database: format!("{}-ten", scratch.database) };
    let opened = join_all((0..10).map(|_| scratch.open())).await;
    for kind in Kind::ALL.into_iter().filter(|kind| !kind.indexes().is_empty()) {
        let mut declared: Vec<Document> = kind
            .indexes()
            .iter()
            .map(|index| {
                index.fields.iter().chain(&["_id"]).map(|field| ((*field).to_owned(), 1.into())).collect()
            })
            .collect();
        declared.sort_by_key(ToString::to_string);
        assert_eq!(indexes(&scratch, kind).await, declared);
    }
    for catalog in opened {
        catalog.ping().await.expect("it is ready");
    }
}

#[tokio::test]
async fn opening_again_keeps_what_is_there() {
    let Some(scratch) = Scratch::new() else { return };
    scratch.open().await.insert(Kind::Video, "kept", serde_json::json!({})).await.expect("insert");
    assert!(scratch.open().await.get(Kind::Video, "kept").await.expect("get").is_some());
}

/// A catalog is handed to services as one of the ports, and shared by all of them.
#[tokio::test]
async fn a_catalog_is_shared() {
    let Some(scratch) = Scratch::new() else { return };
    let catalog: Arc<dyn ports::Documents> = Arc::new(Catalog::clone(&scratch.open().await));
    let reads = (0..64).map(|_| {
        let catalog = catalog.clone();
        tokio::spawn(async move { catalog.get(Kind::Shared, "none").await })
    });
    for read in join_all(reads).await {
        assert_eq!(read.expect("it ends").expect("get"), None);
    }
}

#[tokio::test]
async fn a_contradicting_index_is_named() {
    let Some(scratch) = Scratch::new() else { return };
    let scratch =
        Scratch { address: scratch.address.clone(), database: format!("{}-other", scratch.database) };
    let client = mongodb::Client::with_uri_str(&scratch.address).await.expect("a client");
    let videos = client.database(&scratch.database).collection::<Document>(Kind::Video.name());
    let unique = IndexOptions::builder().unique(true).build();
    let declared = IndexModel::builder().keys(doc! { "created_at": 1, "_id": 1 });
    videos.create_index(declared.options(unique).build()).await.expect("create_index");
    let opened = Catalog::open(&scratch.config(&scratch.address)).await;
    videos.drop().await.expect("drop");
    let Err(error @ OpenError::Indexes { .. }) = opened else { panic!("{opened:?}") };
    assert!(error.to_string().contains("vod_metadata"), "{error}");
}
