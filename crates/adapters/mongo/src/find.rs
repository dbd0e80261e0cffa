//! Reading: one document, a page of a query, the number of its documents.

mod filter;
mod place;

use crate::{
    call::{PATIENCE, request},
    open::keys,
    record,
};
use filter::{filter, order};
use futures::TryStreamExt as _;
use mongodb::{
    Collection,
    bson::{RawDocumentBuf, doc},
    options::Hint,
};
use place::Place;
use ports::{DocumentError, Json, Page, Query, Stored};

/// The document with this id.
pub(crate) async fn get(
    collection: Collection<RawDocumentBuf>,
    id: &str,
) -> Result<Option<Stored>, DocumentError> {
    let filter = doc! { "_id": id };
    let found = request(async move { collection.find_one(filter).max_time(PATIENCE).await }).await?;
    found.map(|document| record::decode(&document)).transpose()
}

/// The page that the query asks for. The server goes by the query's index and by no other.
pub(crate) async fn page(
    collection: Collection<RawDocumentBuf>,
    query: &Query,
) -> Result<Page, DocumentError> {
    check(query)?;
    let place = query.after.as_ref().map(|cursor| Place::of(cursor, query)).transpose()?;
    let Some(filter) = filter(query, place.as_ref())? else { return Ok(Page::default()) };
    let (order, hint) = (order(query), Hint::Keys(keys(&query.index)));
    // One more shows whether there is another page.
    let limit = i64::from(query.limit) + 1;
    let found: Vec<RawDocumentBuf> = request(async move {
        let found = collection.find(filter).sort(order).hint(hint).limit(limit).max_time(PATIENCE);
        found.await?.try_collect().await
    })
    .await?;
    let mut documents: Vec<Stored> =
        found.iter().map(|document| record::decode(document)).collect::<Result<_, _>>()?;
    let is_last = documents.len() <= query.limit as usize;
    documents.truncate(query.limit as usize);
    let next = match documents.last() {
        Some(last) if !is_last => Some(Place::at(last, query)?.cursor(query)?),
        _ => None,
    };
    Ok(Page { documents, next })
}

/// How many documents the query has.
pub(crate) async fn count(
    collection: Collection<RawDocumentBuf>,
    query: &Query,
) -> Result<u64, DocumentError> {
    check(query)?;
    let Some(filter) = filter(query, None)? else { return Ok(0) };
    let hint = Hint::Keys(keys(&query.index));
    Ok(request(async move { collection.count_documents(filter).hint(hint).max_time(PATIENCE).await }).await?)
}

fn check(query: &Query) -> Result<(), DocumentError> {
    let (index, values) = (&query.index, query.equals.len());
    let ranged: Option<&Json> = query.at_least.as_ref().or(query.at_most.as_ref());
    let wrong = if !index.kind.indexes().contains(index) {
        format!("{index:?} is not declared")
    } else if values > index.fields.len() || (ranged.is_some() && values == index.fields.len()) {
        format!("index {} has no field for value {ranged:?} after {:?}", index.name, query.equals)
    } else if query.limit == 0 {
        "a page has at least 1 document".to_owned()
    } else {
        return Ok(());
    };
    Err(DocumentError::Invalid(wrong))
}
