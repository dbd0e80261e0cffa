//! What a prefix holds, a page at a time: told, or removed.

use crate::{S3, failure::unavailable, read};
use aws_sdk_s3::{
    operation::list_objects_v2::ListObjectsV2Output,
    types::{Delete, Object, ObjectIdentifier},
};
use domain::object::Prefix;
use futures::{Stream, StreamExt, stream};
use ports::{ObjectError, ObjectMeta};

/// How many objects are removed with one request: as many as a busy disk removes in the time that one may
/// take.
const REMOVED_AT_ONCE: usize = 250;

/// The objects below a prefix, in the order of their paths, as S3 lists them.
pub(crate) fn list(
    store: &S3,
    prefix: &Prefix,
) -> impl Stream<Item = Result<(String, ObjectMeta), ObjectError>> + Send + use<> {
    pages(store, prefix).flat_map(|page| {
        let (page, error) = match page {
            Ok(page) => (page.contents.unwrap_or_default(), None),
            Err(error) => (Vec::new(), Some(Err(error))),
        };
        stream::iter(page.into_iter().filter_map(listed).map(Ok).chain(error))
    })
}

/// Removes the objects below a prefix.
pub(crate) async fn remove_all(store: &S3, prefix: &Prefix) -> Result<(), ObjectError> {
    let mut pages = pages(store, prefix).boxed();
    while let Some(page) = pages.next().await {
        let paths: Vec<_> =
            page?.contents.unwrap_or_default().into_iter().filter_map(|object| object.key).collect();
        for paths in paths.chunks(REMOVED_AT_ONCE) {
            remove(store, prefix, paths).await?;
        }
    }
    Ok(())
}

fn pages(
    store: &S3,
    prefix: &Prefix,
) -> impl Stream<Item = Result<ListObjectsV2Output, ObjectError>> + Send + use<> {
    let request = store.client.list_objects_v2().bucket(store.bucket(prefix.bucket)).prefix(&prefix.path);
    let what = format!("listing {}", name(prefix));
    stream::unfold((request.into_paginator().send(), what), |(mut pages, what)| async move {
        let page = pages.next().await?;
        Some((page.map_err(|failure| unavailable(&what, &failure)), (pages, what)))
    })
}

fn listed(object: Object) -> Option<(String, ObjectMeta)> {
    let meta = ObjectMeta {
        size: read::size(object.size),
        etag: read::bare_etag(object.e_tag()),
        sha256: None,
        modified: read::timestamp(object.last_modified()),
    };
    Some((object.key?, meta))
}

/// Removes some objects. One that somebody else has removed meanwhile is removed, as S3 sees it.
async fn remove(store: &S3, prefix: &Prefix, paths: &[String]) -> Result<(), ObjectError> {
    let failed = |reason: String| ObjectError::Unavailable(format!("removing {}: {reason}", name(prefix)));
    let objects: Result<Vec<_>, _> =
        paths.iter().map(|path| ObjectIdentifier::builder().key(path).build()).collect();
    let delete = objects.and_then(|objects| Delete::builder().set_objects(Some(objects)).quiet(true).build());
    let delete = delete.map_err(|error| failed(error.to_string()))?;
    let request = store.client.delete_objects().bucket(store.bucket(prefix.bucket)).delete(delete);
    let answer = request.send().await;
    let answer = answer.map_err(|failure| unavailable(&format!("removing {}", name(prefix)), &failure))?;
    match answer.errors().first() {
        None => Ok(()),
        Some(first) => {
            let (code, path) = (first.code().unwrap_or("no code"), first.key().unwrap_or("an object"));
            Err(failed(format!("{path} stays ({code}), and {} in all", answer.errors().len())))
        }
    }
}

fn name(prefix: &Prefix) -> String {
    format!("/{}/{}", prefix.bucket.name(), prefix.path)
}
