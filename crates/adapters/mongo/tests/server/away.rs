//! A server that is away or stands still: calls end, and the catalog goes on by itself when it is back.

use crate::proxy::{Loss, Mode};
use crate::scratch::Scratch;
use domain::collection::{JOBS_BY_STREAM, Kind};
use futures::future::join_all;
use mongo::{Catalog, OpenError, PATIENCE};
use ports::{DocumentError, Documents as _, Inserted, Query, Revision};
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;

/// What the clock may show beyond the catalog's patience on a busy machine.
const SLACK: Duration = Duration::from_secs(2);
/// By when a catalog has found a server that is back.
const RECOVERY: Duration = Duration::from_secs(15);

/// Every call at once: each must end in time and say that the catalog is away.
async fn every_call_is_unavailable(catalog: &Catalog) {
    let at = Revision(1);
    let query = Query::of(JOBS_BY_STREAM, vec![json!("a")], 1);
    let calls = async {
        tokio::join!(
            async { catalog.get(Kind::Job, "a").await.map(drop) },
            async { catalog.insert(Kind::Job, "a", json!({})).await.map(drop) },
            async { catalog.replace(Kind::Job, "a", at, json!({})).await.map(drop) },
            async { catalog.remove(Kind::Job, "a", at).await.map(drop) },
            async { catalog.append_new(Kind::Job, vec![("a".to_owned(), json!({}))]).await },
            async { catalog.find(&query).await.map(drop) },
            async { catalog.count(&query).await.map(drop) },
            catalog.ping(),
        )
    };
    let ends = timeout(PATIENCE + SLACK, calls).await.expect("every call ends");
    for end in [ends.0, ends.1, ends.2, ends.3, ends.4, ends.5, ends.6, ends.7] {
        assert!(matches!(end, Err(DocumentError::Unavailable(_))), "{end:?}");
    }
}

async fn recovers(catalog: &Catalog) {
    let answer = async {
        while let Err(error) = catalog.get(Kind::Job, "none").await {
            assert!(matches!(error, DocumentError::Unavailable(_)), "{error}");
        }
    };
    timeout(RECOVERY, answer).await.expect("it recovers");
    catalog.ping().await.expect("it is ready");
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable_until_it_is_back() {
    let Some(scratch) = Scratch::new() else { return };
    let (proxy, catalog) = scratch.through_proxy().await;
    for _ in 0..2 {
        proxy.set(Mode::Cut);
        every_call_is_unavailable(&catalog).await;
        proxy.set(Mode::Pass);
        recovers(&catalog).await;
    }
}

#[tokio::test]
async fn a_server_that_stands_still_is_unavailable_until_it_goes_on() {
    let Some(scratch) = Scratch::new() else { return };
    let (proxy, catalog) = scratch.through_proxy().await;
    proxy.set(Mode::Hold);
    // More than there are connections, so that none is left.
    let calls = join_all((0..40).map(|_| catalog.get(Kind::Job, "none")));
    let ends = timeout(PATIENCE + SLACK, calls).await.expect("every call ends");
    assert!(ends.iter().all(|end| matches!(end, Err(DocumentError::Unavailable(_)))), "{ends:?}");
    every_call_is_unavailable(&catalog).await;
    proxy.set(Mode::Pass);
    recovers(&catalog).await;
}

#[tokio::test]
async fn a_short_absence_is_waited_for() {
    let Some(scratch) = Scratch::new() else { return };
    let (proxy, catalog) = scratch.through_proxy().await;
    // The request is lost, the server with it, and then connections by which the catalog looks for it.
    let lost = proxy.lose(Loss::Request, "insert");
    let away = async {
        lost.sprung.await.expect("the request came");
        proxy.set(Mode::Cut);
        drop(lost.release);
        proxy.has_cut(4).await;
        proxy.set(Mode::Pass);
    };
    let (inserted, ()) = tokio::join!(catalog.insert(Kind::Job, "patient", json!({})), away);
    assert!(matches!(inserted, Ok(Inserted::New(_))), "{inserted:?}");
}

#[tokio::test]
async fn callers_that_give_up_leave_the_catalog_whole() {
    let Some(scratch) = Scratch::new() else { return };
    let (proxy, catalog) = scratch.through_proxy().await;
    proxy.set(Mode::Hold);
    for number in 0..50 {
        let id = format!("given-up-{number}");
        let given_up = timeout(Duration::from_millis(1), catalog.insert(Kind::Job, &id, json!({}))).await;
        assert!(given_up.is_err());
    }
    proxy.set(Mode::Pass);
    recovers(&catalog).await;
    // Each reply still belongs to its own request.
    for number in 0..50 {
        let id = format!("kept-{number}");
        catalog.insert(Kind::Job, &id, json!({ "number": number })).await.expect("insert");
        let stored = catalog.get(Kind::Job, &id).await.expect("get").expect("it is there");
        assert_eq!((stored.id, stored.body), (id, json!({ "number": number })));
    }
}

#[tokio::test]
async fn opening_without_a_server_says_what_to_do() {
    let Some(scratch) = Scratch::new() else { return };
    let (proxy, _catalog) = scratch.through_proxy().await;
    proxy.set(Mode::Cut);
    let config = scratch.config(&format!("mongodb://me:secret@{}/?directConnection=true", proxy.address));
    let opened = timeout(PATIENCE + SLACK, Catalog::open(&config)).await.expect("it ends");
    let Err(error @ OpenError::Unreachable { .. }) = opened else { panic!("{opened:?}") };
    let text = error.to_string();
    assert!(text.contains(&proxy.address.to_string()) && text.contains("MONGO_URI"), "{text}");
    assert!(!text.contains("secret"), "{text}");
}
