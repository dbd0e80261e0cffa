//! Adding many documents, in order, of which some may be there.

use super::{DUPLICATE, batch::batches};
use crate::{
    call::{ATTEMPTS, Failure, patiently, request},
    record::{self, Versions},
};
use futures::TryStreamExt as _;
use mongodb::{
    Collection,
    bson::{Document, RawDocumentBuf, doc},
    error::{Error, ErrorKind},
};
use ports::{DocumentError, Json};
use service_kit::Together;
use std::{collections::HashSet, sync::Arc};

/// Documents to add, of which some may be there. Either all bodies are valid or none is added.
pub(crate) fn encode(bodies: &[(String, Json)]) -> Result<Vec<RawDocumentBuf>, DocumentError> {
    bodies.iter().map(|(id, body)| record::encode(id, Versions::fresh(None), body)).collect()
}

/// Documents to add to a collection.
#[derive(Debug)]
pub(crate) struct Appends(pub(crate) Collection<RawDocumentBuf>);

impl Together for Appends {
    type Wish = Vec<RawDocumentBuf>;
    type Outcome = Result<(), DocumentError>;

    async fn fulfil(&self, wishes: Vec<Vec<RawDocumentBuf>>) -> Vec<Result<(), DocumentError>> {
        let callers = wishes.len();
        vec![append(&self.0, wishes.concat()).await; callers]
    }
}

/// Adds those that are not there, request by request, so that a crash leaves the first ones.
async fn append(
    collection: &Collection<RawDocumentBuf>,
    documents: Vec<RawDocumentBuf>,
) -> Result<(), DocumentError> {
    for batch in batches(documents, |document| document.as_bytes().len()) {
        patiently(add(collection, batch)).await?;
    }
    Ok(())
}

/// An ordered insert ends at the first document that is there. What is there of the others is then asked for,
/// since an event that comes twice finds all of them.
async fn add(
    collection: &Collection<RawDocumentBuf>,
    batch: Vec<RawDocumentBuf>,
) -> Result<(), DocumentError> {
    let (mut rest, mut failures) = (Arc::new(batch), 0);
    while !rest.is_empty() {
        let (to, documents) = (collection.clone(), rest.clone());
        match request(async move { to.insert_many(&*documents).await }).await {
            Ok(_) => break,
            Err(Failure::Refused(error)) if let Some(at) = duplicate(&error) => {
                rest = Arc::new(missing(collection, &rest[at + 1..]).await?);
            }
            Err(failure) => {
                failures += 1;
                if failures == ATTEMPTS || failure.is_final() {
                    return Err(failure.into());
                }
            }
        }
    }
    Ok(())
}

/// Those whose ids are not there.
async fn missing(
    collection: &Collection<RawDocumentBuf>,
    documents: &[RawDocumentBuf],
) -> Result<Vec<RawDocumentBuf>, DocumentError> {
    let ids: Vec<&str> = documents.iter().filter_map(id).collect();
    let (collection, filter) = (collection.clone_with_type::<Document>(), doc! { "_id": { "$in": ids } });
    let found: Vec<Document> =
        request(
            async move { collection.find(filter).projection(doc! { "_id": 1 }).await?.try_collect().await },
        )
        .await?;
    let found: HashSet<&str> = found.iter().filter_map(|document| document.get_str("_id").ok()).collect();
    let is_missing = |document: &&RawDocumentBuf| id(document).is_none_or(|id| !found.contains(id));
    Ok(documents.iter().filter(is_missing).cloned().collect())
}

fn id(document: &RawDocumentBuf) -> Option<&str> {
    document.get_str("_id").ok()
}

/// The place of the document at which an ordered insert ended since there is one with its id.
fn duplicate(error: &Error) -> Option<usize> {
    let ErrorKind::InsertMany(error) = &*error.kind else { return None };
    let first = error.write_errors.as_ref()?.first()?;
    (first.code == DUPLICATE).then_some(first.index)
}
