//! Requests and replies that are lost: a write that took place is never called a conflict, and takes place
//! once.

use crate::proxy::{Loss, Lost, Proxy};
use crate::scratch::Scratch;
use domain::collection::Kind;
use mongo::Catalog;
use ports::{DocumentError, Documents as _, Inserted, Json, Replaced, Revision, Stored};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// A catalog whose requests may be lost, and one beside it.
struct Setup {
    proxy: Proxy,
    mine: Catalog,
    other: Catalog,
    _scratch: Arc<Scratch>,
}

async fn setup() -> Option<Setup> {
    let scratch = Scratch::new()?;
    let (proxy, mine) = scratch.through_proxy().await;
    Some(Setup { proxy, mine, other: scratch.open().await, _scratch: scratch })
}

fn id() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    format!("job-{}", COUNTER.fetch_add(1, Ordering::Relaxed))
}

async fn add(catalog: &Catalog, id: &str) -> Revision {
    match catalog.insert(Kind::Job, id, json!({ "n": 0 })).await.expect("insert") {
        Inserted::New(revision) => revision,
        Inserted::AlreadyThere(stored) => panic!("{stored:?}"),
    }
}

async fn replace(catalog: &Catalog, id: &str, at: Revision, n: i32) -> Result<Replaced, DocumentError> {
    catalog.replace(Kind::Job, id, at, json!({ "n": n })).await
}

/// Another's replacement of whatever is there.
async fn overwrite(catalog: &Catalog, id: &str, n: i32) {
    let Stored { revision, .. } = read(catalog, id).await.expect("it is there");
    assert!(matches!(replace(catalog, id, revision, n).await, Ok(Replaced::Done(_))));
}

async fn read(catalog: &Catalog, id: &str) -> Option<Stored> {
    catalog.get(Kind::Job, id).await.expect("get")
}

fn body(stored: Option<Stored>) -> Option<Json> {
    stored.map(|stored| stored.body)
}

/// Runs a call of which a request or reply is lost, and what others do in that moment.
async fn meanwhile<T>(lost: Lost, call: impl Future<Output = T>, others: impl Future<Output = ()>) -> T {
    let Lost { sprung, release } = lost;
    let interfere = async {
        sprung.await.expect("the request came");
        others.await;
        drop(release);
    };
    tokio::join!(call, interfere).0
}

async fn nothing() {}

const LOSSES: [Loss; 2] = [Loss::Request, Loss::Reply];

#[tokio::test]
async fn an_insert_whose_reply_is_lost_is_new() {
    let Some(Setup { proxy, mine, other, _scratch }) = setup().await else { return };
    for loss in LOSSES {
        let id = id();
        let inserted =
            meanwhile(proxy.lose(loss, "insert"), mine.insert(Kind::Job, &id, json!({ "n": 1 })), nothing());
        let Ok(Inserted::New(revision)) = inserted.await else { panic!("it is new") };
        assert_eq!(read(&other, &id).await, Some(Stored { id, revision, body: json!({ "n": 1 }) }));
    }
}

#[tokio::test]
async fn an_insert_is_new_even_if_another_replaces_it_before_the_reply() {
    let Some(Setup { proxy, mine, other, _scratch }) = setup().await else { return };
    let id = id();
    let insert = mine.insert(Kind::Job, &id, json!({ "n": 1 }));
    let inserted = meanwhile(proxy.lose(Loss::Reply, "insert"), insert, overwrite(&other, &id, 2)).await;
    assert!(matches!(inserted, Ok(Inserted::New(_))), "{inserted:?}");
    assert_eq!(body(read(&mine, &id).await), Some(json!({ "n": 2 })));
}

#[tokio::test]
async fn an_insert_that_another_forestalled_finds_what_is_there() {
    let Some(Setup { proxy, mine, other, _scratch }) = setup().await else { return };
    let id = id();
    let insert = mine.insert(Kind::Job, &id, json!({ "n": 1 }));
    let others = async {
        add(&other, &id).await;
    };
    let inserted = meanwhile(proxy.lose(Loss::Request, "insert"), insert, others).await;
    assert_eq!(
        inserted.expect("insert"),
        Inserted::AlreadyThere(read(&mine, &id).await.expect("it is there"))
    );
}

#[tokio::test]
async fn a_replacement_whose_reply_is_lost_is_done() {
    let Some(Setup { proxy, mine, other, _scratch }) = setup().await else { return };
    for loss in LOSSES {
        let id = id();
        let at = add(&other, &id).await;
        let replaced = meanwhile(proxy.lose(loss, "update"), replace(&mine, &id, at, 1), nothing()).await;
        let Ok(Replaced::Done(revision)) = replaced else { panic!("{replaced:?}") };
        assert_eq!(read(&other, &id).await, Some(Stored { id, revision, body: json!({ "n": 1 }) }));
    }
}

#[tokio::test]
async fn a_replacement_is_done_even_if_another_follows_before_the_reply() {
    let Some(Setup { proxy, mine, other, _scratch }) = setup().await else { return };
    let id = id();
    let at = add(&other, &id).await;
    let lost = proxy.lose(Loss::Reply, "update");
    let replaced = meanwhile(lost, replace(&mine, &id, at, 1), overwrite(&other, &id, 2)).await;
    assert!(matches!(replaced, Ok(Replaced::Done(_))), "{replaced:?}");
    assert_eq!(body(read(&mine, &id).await), Some(json!({ "n": 2 })));
}

#[tokio::test]
async fn a_replacement_that_another_forestalled_is_a_conflict() {
    let Some(Setup { proxy, mine, other, _scratch }) = setup().await else { return };
    let id = id();
    let at = add(&other, &id).await;
    let lost = proxy.lose(Loss::Request, "update");
    let replaced = meanwhile(lost, replace(&mine, &id, at, 1), overwrite(&other, &id, 2)).await;
    assert_eq!(replaced.expect("replace"), Replaced::Conflict);
    assert_eq!(body(read(&mine, &id).await), Some(json!({ "n": 2 })));
}

#[tokio::test]
async fn a_replacement_that_nobody_can_tell_of_is_no_conflict() {
    let Some(Setup { proxy, mine, other, _scratch }) = setup().await else { return };
    let id = id();
    let at = add(&other, &id).await;
    let others = async {
        overwrite(&other, &id, 2).await;
        overwrite(&other, &id, 3).await;
    };
    let lost = proxy.lose(Loss::Reply, "update");
    let replaced = meanwhile(lost, replace(&mine, &id, at, 1), others).await;
    assert!(matches!(replaced, Err(DocumentError::Unavailable(_))), "{replaced:?}");
    assert_eq!(body(read(&mine, &id).await), Some(json!({ "n": 3 })));
}

#[tokio::test]
async fn a_removal_whose_reply_is_lost_is_done() {
    let Some(Setup { proxy, mine, other, _scratch }) = setup().await else { return };
    for loss in LOSSES {
        let id = id();
        let at = add(&other, &id).await;
        let removed = meanwhile(proxy.lose(loss, "delete"), mine.remove(Kind::Job, &id, at), nothing()).await;
        assert_eq!(removed.expect("remove"), Replaced::Done(at));
        assert_eq!(read(&other, &id).await, None);
    }
}

#[tokio::test]
async fn a_removal_that_another_forestalled_is_a_conflict() {
    let Some(Setup { proxy, mine, other, _scratch }) = setup().await else { return };
    let id = id();
    let at = add(&other, &id).await;
    let lost = proxy.lose(Loss::Request, "delete");
    let removed = meanwhile(lost, mine.remove(Kind::Job, &id, at), overwrite(&other, &id, 2)).await;
    assert_eq!(removed.expect("remove"), Replaced::Conflict);
    assert_eq!(body(read(&mine, &id).await), Some(json!({ "n": 2 })));
}

#[tokio::test]
async fn what_is_appended_is_there_once_whatever_is_lost() {
    let Some(Setup { proxy, mine, other, _scratch }) = setup().await else { return };
    for loss in LOSSES {
        let ids: Vec<String> = (0..20).map(|_| id()).collect();
        let bodies = ids.iter().map(|id| (id.clone(), json!({ "n": 1 }))).collect();
        // In the middle of them one is there already.
        let there = add(&other, &ids[10]).await;
        meanwhile(proxy.lose(loss, "insert"), mine.append_new(Kind::Job, bodies), nothing())
            .await
            .expect("append_new");
        for id in &ids {
            let stored = read(&other, id).await.expect("it is there");
            assert_eq!((stored.revision == there, stored.body["n"] == 0), (id == &ids[10], id == &ids[10]));
        }
    }
}

#[tokio::test]
async fn callers_who_append_together_lose_nothing_when_one_gives_up() {
    let Some(Setup { proxy, mine, other, _scratch }) = setup().await else { return };
    let ids: Vec<String> = (0..20).map(|_| id()).collect();
    let append = |id: &String| {
        let (mine, bodies) = (mine.clone(), vec![(id.clone(), json!({ "n": 1 }))]);
        tokio::spawn(async move { mine.append_new(Kind::Job, bodies).await })
    };
    let Lost { sprung, release } = proxy.lose(Loss::Request, "insert");
    let first = append(&ids[0]);
    sprung.await.expect("the first request came");
    let others: Vec<_> = ids[1..].iter().map(append).collect();
    first.abort();
    drop(release);
    for other in others {
        other.await.expect("nobody stopped it").expect("append_new");
    }
    for id in &ids {
        assert_eq!(body(read(&other, id).await), Some(json!({ "n": 1 })), "{id}");
    }
}
