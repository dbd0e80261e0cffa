//! What the database holds, for the people who look into it and the programs that write beside us.

use crate::scratch::Scratch;
use domain::collection::{JOBS_BY_WISH, Kind};
use mongodb::{
    Collection,
    bson::{Bson, Document, doc, oid::ObjectId},
};
use ports::{DocumentError, Documents as _, Inserted, Json, Query, Replaced};
use serde_json::json;
use std::slice;

/// The collection of jobs as any other client meets it.
async fn jobs(scratch: &Scratch) -> Collection<Document> {
    let client = mongodb::Client::with_uri_str(&scratch.address).await.expect("a client");
    client.database(&scratch.database).collection(Kind::Job.name())
}

fn wanted(state: &str, limit: u32) -> Query {
    Query::of(JOBS_BY_WISH, vec![json!(state)], limit)
}

#[tokio::test]
async fn a_person_sees_ordinary_documents() {
    let Some(scratch) = Scratch::new() else { return };
    let catalog = scratch.open().await;
    let body = json!({ "job_id": "seen", "lane": 1, "plan": { "1080p": [{ "rate": 0.5 }] } });
    let Ok(Inserted::New(first)) = catalog.insert(Kind::Job, "seen", body.clone()).await else {
        panic!("it is new");
    };
    let Ok(Replaced::Done(second)) = catalog.replace(Kind::Job, "seen", first, body).await else {
        panic!("the revision is the present one");
    };
    let seen = jobs(&scratch).await.find_one(doc! { "_id": "seen" }).await.expect("find_one");
    let plain = doc! {
        "_id": "seen", "job_id": "seen", "lane": 1, "plan": { "1080p": [{ "rate": 0.5 }] },
        "revision": second.0.cast_signed(), "replaced_revision": first.0.cast_signed(),
    };
    assert_eq!(seen, Some(plain));
}

#[tokio::test]
async fn names_that_mongodb_would_misread_survive() {
    let Some(scratch) = Scratch::new() else { return };
    let catalog = scratch.open().await;
    let body = json!({
        "_id": 1, "revision": "mine", "replaced_revision": null, "": 0, "$set": { "$ref": "a", "$id": {} },
        "a.b": { "c.d": [{ "": 1 }] }, "nul\0inside": { "\0": true }, "100%": "%24",
    });
    let Ok(Inserted::New(first)) = catalog.insert(Kind::Job, "names", body.clone()).await else {
        panic!("it is new");
    };
    assert!(matches!(catalog.replace(Kind::Job, "names", first, body.clone()).await, Ok(Replaced::Done(_))));
    catalog.append_new(Kind::Job, vec![("names-too".to_owned(), body.clone())]).await.expect("append_new");
    for id in ["names", "names-too"] {
        assert_eq!(catalog.get(Kind::Job, id).await.expect("get").expect("it is there").body, body);
    }
}

#[tokio::test]
async fn what_mongodb_cannot_hold_is_invalid_and_adds_nothing() {
    let Some(scratch) = Scratch::new() else { return };
    let catalog = scratch.open().await;
    let large = json!({ "pad": "x".repeat(17 << 20) });
    for body in [large, json!({ "n": u64::MAX }), json!("text")] {
        let inserted = catalog.insert(Kind::Job, "invalid", body.clone()).await;
        assert!(matches!(inserted, Err(DocumentError::Invalid(_))), "{inserted:?}");
        let bodies = vec![("valid".to_owned(), json!({})), ("invalid".to_owned(), body)];
        let appended = catalog.append_new(Kind::Job, bodies).await;
        assert!(matches!(appended, Err(DocumentError::Invalid(_))), "{appended:?}");
    }
    for id in ["valid", "invalid"] {
        assert_eq!(catalog.get(Kind::Job, id).await.expect("get"), None);
    }
}

#[tokio::test]
async fn another_programs_documents_are_not_ours() {
    let Some(scratch) = Scratch::new() else { return };
    let catalog = scratch.open().await;
    let alien = |id: Bson| doc! { "_id": id, "state": "alien", "wanted_at": 1 };
    let aliens = [ObjectId::new().into(), 7.into(), Bson::Null].map(alien);
    jobs(&scratch).await.insert_many(aliens).await.expect("insert_many");
    catalog.insert(Kind::Job, "ours", json!({ "state": "alien", "wanted_at": 1 })).await.expect("insert");
    for query in [wanted("alien", 1), wanted("alien", 1).at_least(json!(0)), wanted("alien", 1).descending()]
    {
        let page = catalog.find(&query).await.expect("find");
        let ids: Vec<&str> = page.documents.iter().map(|document| &*document.id).collect();
        assert_eq!((ids, page.next), (vec!["ours"], None), "{query:?}");
        assert_eq!(catalog.count(&query).await.expect("count"), 1, "{query:?}");
    }
}

#[tokio::test]
async fn a_document_that_was_added_by_hand_can_be_read_and_changed() {
    let Some(scratch) = Scratch::new() else { return };
    let catalog = scratch.open().await;
    jobs(&scratch).await.insert_one(doc! { "_id": "by-hand", "state": "hand" }).await.expect("insert_one");
    let stored = catalog.get(Kind::Job, "by-hand").await.expect("get").expect("it is there");
    assert_eq!(stored.body, json!({ "state": "hand" }));
    let found = catalog.find(&wanted("hand", 5)).await.expect("find");
    assert_eq!(found.documents, slice::from_ref(&stored));
    let replaced = catalog.replace(Kind::Job, "by-hand", stored.revision, json!({ "n": 1 })).await;
    let Ok(Replaced::Done(revision)) = replaced else { panic!("{replaced:?}") };
    let again = catalog.replace(Kind::Job, "by-hand", stored.revision, json!({ "n": 2 })).await;
    assert_eq!(again.expect("replace"), Replaced::Conflict);
    assert_eq!(
        catalog.remove(Kind::Job, "by-hand", revision).await.expect("remove"),
        Replaced::Done(revision)
    );
}

/// Values of one field in the order of the port, two documents with each.
fn mixed() -> Vec<Option<Json>> {
    let values = [json!(-1.5), json!(0), json!(i64::MAX), json!(""), json!("a"), json!("a\0"), json!("b")];
    [None].into_iter().chain(values.into_iter().map(Some)).flat_map(|value| [value.clone(), value]).collect()
}

#[tokio::test]
async fn texts_and_numbers_in_one_field_have_one_order() {
    let Some(scratch) = Scratch::new() else { return };
    let catalog = scratch.open().await;
    let values = mixed();
    let jobs = values.iter().enumerate().map(|(number, value)| {
        let mut body = json!({ "state": "mixed" });
        if let Some(value) = value {
            body["wanted_at"] = value.clone();
        }
        (format!("mixed-{number:02}"), body)
    });
    catalog.append_new(Kind::Job, jobs.collect()).await.expect("append_new");
    let bounds: Vec<usize> = (2..values.len()).step_by(2).collect();
    let bound = |at: Option<usize>| at.and_then(|at| values[at].clone());
    let ends =
        |bounds: &[usize]| [None].into_iter().chain(bounds.iter().copied().map(Some)).collect::<Vec<_>>();
    for (from, to) in
        ends(&bounds).into_iter().flat_map(|from| ends(&bounds).into_iter().map(move |to| (from, to)))
    {
        let query = Query { at_least: bound(from), at_most: bound(to), ..wanted("mixed", 3) };
        // What lacks the field is in no range.
        let first = from.unwrap_or(if to.is_some() { 2 } else { 0 });
        let last = to.map_or(values.len(), |to| to + 2);
        let mut expected: Vec<String> = (first..last).map(|number| format!("mixed-{number:02}")).collect();
        assert_eq!(catalog.count(&query).await.expect("count"), expected.len() as u64, "{query:?}");
        assert_eq!(walk(&catalog, query.clone()).await, expected, "{query:?}");
        expected.reverse();
        assert_eq!(walk(&catalog, query.clone().descending()).await, expected, "{query:?}");
    }
}

/// The ids of all pages.
async fn walk(catalog: &mongo::Catalog, mut query: Query) -> Vec<String> {
    let mut ids = Vec::new();
    loop {
        let page = catalog.find(&query).await.expect("find");
        ids.extend(page.documents.into_iter().map(|document| document.id));
        if page.next.is_none() {
            return ids;
        }
        query.after = page.next;
    }
}
