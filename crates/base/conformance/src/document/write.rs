//! Cases about inserting, replacing, removing and appending.

use super::{add, read, replace};
use crate::document::unique;
use domain::collection::Kind;
use futures::future::join_all;
use ports::{Documents, Inserted, Json, Replaced, Revision};
use serde_json::json;
use std::collections::HashSet;

/// `get` gives what `insert` was given, with its revision.
pub async fn what_was_inserted_is_read(port: &dyn Documents) {
    let (id, body) = (unique("job"), json!({ "state": "queued", "nested": { "list": [1, "two"] } }));
    let revision = add(port, Kind::Job, &id, &body).await;
    let stored = read(port, Kind::Job, &id).await;
    assert_eq!((stored.id, stored.revision, stored.body), (id, revision, body));
}

/// `get` of an unknown id gives nothing.
pub async fn what_was_never_inserted_is_not_there(port: &dyn Documents) {
    assert_eq!(port.get(Kind::Video, &unique("none")).await.expect("get"), None);
}

/// One id in two collections is two documents.
pub async fn collections_are_separate(port: &dyn Documents) {
    let id = unique("both");
    add(port, Kind::Video, &id, &json!({ "is": "video" })).await;
    add(port, Kind::Job, &id, &json!({ "is": "job" })).await;
    assert_eq!(read(port, Kind::Video, &id).await.body, json!({ "is": "video" }));
    assert_eq!(read(port, Kind::Job, &id).await.body, json!({ "is": "job" }));
}

/// `insert` of an id that is there gives what is there and changes nothing.
pub async fn an_insert_leaves_what_is_there(port: &dyn Documents) {
    let id = unique("job");
    add(port, Kind::Job, &id, &json!({ "n": 1 })).await;
    let before = read(port, Kind::Job, &id).await;
    let second = port.insert(Kind::Job, &id, json!({ "n": 2 })).await.expect("insert");
    assert_eq!(second, Inserted::AlreadyThere(before.clone()));
    assert_eq!(read(port, Kind::Job, &id).await, before);
}

/// Of many inserts of one id at once, one is new, and it is what is read.
pub async fn of_many_inserts_one_is_new(port: &dyn Documents) {
    let id = unique("job");
    let inserts = (0..16).map(|n| port.insert(Kind::Job, &id, json!({ "n": n })));
    let outcomes: Vec<_> =
        join_all(inserts).await.into_iter().map(|outcome| outcome.expect("insert")).collect();
    let new: Vec<usize> = (0..16).filter(|n| matches!(outcomes[*n], Inserted::New(_))).collect();
    assert_eq!(new.len(), 1);
    assert_eq!(read(port, Kind::Job, &id).await.body, json!({ "n": new[0] }));
}

/// `replace` is done at the present revision and a conflict at any other, which changes nothing.
pub async fn a_replacement_needs_the_present_revision(port: &dyn Documents) {
    let id = unique("job");
    let first = add(port, Kind::Job, &id, &json!({ "n": 1 })).await;
    let Replaced::Done(second) = replace(port, &id, first, &json!({ "n": 2 })).await else {
        panic!("the revision is the present one");
    };
    for stale in [first, Revision(second.0 + 1), Revision(u64::MAX)] {
        assert_eq!(replace(port, &id, stale, &json!({ "n": 3 })).await, Replaced::Conflict);
    }
    let stored = read(port, Kind::Job, &id).await;
    assert_eq!((stored.revision, stored.body), (second, json!({ "n": 2 })));
}

/// `replace` adds nothing.
pub async fn a_missing_document_cannot_be_replaced(port: &dyn Documents) {
    let id = unique("none");
    for revision in [Revision(0), Revision(1)] {
        assert_eq!(replace(port, &id, revision, &json!({})).await, Replaced::Conflict);
    }
    assert_eq!(port.get(Kind::Job, &id).await.expect("get"), None);
}

/// `remove` is done at the present revision only.
pub async fn a_removal_needs_the_present_revision(port: &dyn Documents) {
    let id = unique("job");
    let first = add(port, Kind::Job, &id, &json!({ "n": 1 })).await;
    let Replaced::Done(second) = replace(port, &id, first, &json!({ "n": 2 })).await else {
        panic!("the revision is the present one");
    };
    assert_eq!(port.remove(Kind::Job, &id, first).await.expect("remove"), Replaced::Conflict);
    assert_eq!(read(port, Kind::Job, &id).await.revision, second);
    assert_eq!(port.remove(Kind::Job, &id, second).await.expect("remove"), Replaced::Done(second));
    assert_eq!(port.get(Kind::Job, &id).await.expect("get"), None);
}

/// `remove` of what is not there is a conflict.
pub async fn a_missing_document_cannot_be_removed(port: &dyn Documents) {
    let removed = port.remove(Kind::Job, &unique("none"), Revision(1)).await.expect("remove");
    assert_eq!(removed, Replaced::Conflict);
}

/// A revision of a document's past does not fit the one that was added in its place.
pub async fn what_was_removed_can_be_added_again_under_another_revision(port: &dyn Documents) {
    let id = unique("job");
    let first = add(port, Kind::Job, &id, &json!({ "n": 1 })).await;
    port.remove(Kind::Job, &id, first).await.expect("remove");
    let second = add(port, Kind::Job, &id, &json!({ "n": 2 })).await;
    assert_ne!(first, second);
    assert_eq!(replace(port, &id, first, &json!({ "n": 3 })).await, Replaced::Conflict);
    assert_eq!(read(port, Kind::Job, &id).await.body, json!({ "n": 2 }));
}

/// No two versions of a document have one revision, even if they say the same.
pub async fn every_write_gives_another_revision(port: &dyn Documents) {
    let (id, body) = (unique("job"), json!({ "n": 1 }));
    let mut revision = add(port, Kind::Job, &id, &body).await;
    let mut seen = HashSet::from([revision]);
    for _ in 0..10 {
        let Replaced::Done(next) = replace(port, &id, revision, &body).await else {
            panic!("the revision is the present one");
        };
        assert!(seen.insert(next), "{next:?} again");
        assert_eq!(read(port, Kind::Job, &id).await.revision, next);
        revision = next;
    }
}

/// Of many replacements of one version at once, one is done, and it is what is read.
pub async fn of_many_replacements_one_is_done(port: &dyn Documents) {
    let id = unique("job");
    let at = add(port, Kind::Job, &id, &json!({})).await;
    let replacements = (0..16).map(|n| {
        let id = &id;
        async move { replace(port, id, at, &json!({ "n": n })).await }
    });
    let outcomes = join_all(replacements).await;
    let done: Vec<usize> = (0..16).filter(|n| matches!(outcomes[*n], Replaced::Done(_))).collect();
    assert_eq!(done.len(), 1);
    let stored = read(port, Kind::Job, &id).await;
    assert_eq!(stored.body, json!({ "n": done[0] }));
    assert_eq!(Replaced::Done(stored.revision), outcomes[done[0]]);
}

/// Of replacements of many documents at once, those are done that name the present revision; the others change nothing.
pub async fn replacements_at_once_have_an_answer_each(port: &dyn Documents) {
    let ids: Vec<String> = (0..40).map(|n| unique(&format!("job-{n}"))).collect();
    let empty = json!({});
    let added = ids.iter().map(|id| add(port, Kind::Job, id, &empty));
    let mut at: Vec<Revision> = join_all(added).await;
    for n in (0..40).filter(|n| n % 4 > 1) {
        // Of those that come too late, some are a step behind, others several.
        let mut now = at[n];
        for step in 0..n % 4 {
            let Replaced::Done(next) = replace(port, &ids[n], now, &json!({ "step": step })).await else {
                panic!("the revision is the present one");
            };
            now = next;
        }
    }
    at[36] = Revision(1);
    let body = json!({ "n": 1 });
    let all = ids.iter().zip(&at).map(|(id, at)| replace(port, id, *at, &body));
    for (n, outcome) in join_all(all).await.into_iter().enumerate() {
        let is_done = n % 4 < 2 && n != 36;
        assert_eq!(matches!(outcome, Replaced::Done(_)), is_done, "document {n}: {outcome:?}");
        let stored = read(port, Kind::Job, &ids[n]).await;
        assert_eq!(stored.body == body, is_done, "document {n}");
        if let Replaced::Done(revision) = outcome {
            assert_eq!(stored.revision, revision, "document {n}");
        }
    }
}

/// Many who read, add 1 and try again after a conflict count right.
pub async fn concurrent_increments_lose_nothing(port: &dyn Documents) {
    const TASKS: u64 = 8;
    const EACH: u64 = 10;
    let id = unique("job");
    add(port, Kind::Job, &id, &json!({ "n": 0 })).await;
    let increment = || async {
        loop {
            let stored = read(port, Kind::Job, &id).await;
            let next = stored.body["n"].as_u64().expect("a number") + 1;
            if let Replaced::Done(_) = replace(port, &id, stored.revision, &json!({ "n": next })).await {
                return;
            }
        }
    };
    let task = || async {
        for _ in 0..EACH {
            increment().await;
        }
    };
    join_all((0..TASKS).map(|_| task())).await;
    assert_eq!(read(port, Kind::Job, &id).await.body, json!({ "n": TASKS * EACH }));
}

/// `append_new` leaves what is there and adds the rest; of two bodies under one id the first counts.
pub async fn appending_adds_what_is_not_there_and_only_that(port: &dyn Documents) {
    let (old, new) = (unique("old"), unique("new"));
    add(port, Kind::Job, &old, &json!({ "n": 0 })).await;
    let before = read(port, Kind::Job, &old).await;
    let bodies = vec![
        (old.clone(), json!({ "n": 1 })),
        (new.clone(), json!({ "n": 2 })),
        (new.clone(), json!({ "n": 3 })),
    ];
    port.append_new(Kind::Job, bodies.clone()).await.expect("append_new");
    let added = read(port, Kind::Job, &new).await;
    assert_eq!(added.body, json!({ "n": 2 }));
    port.append_new(Kind::Job, bodies).await.expect("append_new");
    assert_eq!(read(port, Kind::Job, &new).await, added);
    assert_eq!(read(port, Kind::Job, &old).await, before);
}

/// The same appended by two at once is there once, and can be replaced.
pub async fn appending_twice_at_once_adds_each_once(port: &dyn Documents) {
    let ids: Vec<String> = (0..50).map(|_| unique("job")).collect();
    let bodies = |by: &str| -> Vec<(String, Json)> {
        ids.iter().map(|id| (id.clone(), json!({ "by": by }))).collect()
    };
    let (one, two) =
        tokio::join!(port.append_new(Kind::Job, bodies("a")), port.append_new(Kind::Job, bodies("b")));
    one.and(two).expect("append_new");
    for id in &ids {
        let stored = read(port, Kind::Job, id).await;
        assert!(matches!(replace(port, id, stored.revision, &json!({})).await, Replaced::Done(_)));
    }
}

/// An empty list is fine.
pub async fn appending_nothing_is_nothing(port: &dyn Documents) {
    port.append_new(Kind::Job, Vec::new()).await.expect("append_new");
}
