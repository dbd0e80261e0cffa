//! Cases about going through an answer page by page.

use super::{add_jobs, endings, find, state};
use domain::collection::{JOBS_BY_RETURN, JOBS_BY_TURN, JOBS_BY_WISH};
use ports::{Cursor, DocumentError, Documents, Query};
use serde_json::json;

/// Jobs of one state with equal, different and lacking fields. The query for all, and how many there are.
async fn jobs(port: &dyn Documents) -> (Query, usize) {
    let state = state();
    let names: Vec<String> = (0..30).map(|n| n.to_string()).collect();
    let bodies = names.iter().enumerate().map(|(n, id)| {
        let mut body = json!({ "state": state });
        if n % 5 > 0 {
            body["lane"] = json!(n % 3);
        }
        if n % 7 > 1 {
            body["turn"] = json!(format!("t{}", n % 4));
        }
        (id.as_str(), body)
    });
    add_jobs(port, bodies).await;
    (Query::of(JOBS_BY_TURN, vec![json!(state)], 100), names.len())
}

/// The ids of all pages of a query.
async fn walk(port: &dyn Documents, query: &Query, limit: u32) -> Vec<String> {
    let (mut ids, mut query) = (Vec::new(), Query { limit, ..query.clone() });
    loop {
        let page = find(port, &query).await;
        assert!(page.documents.len() <= limit as usize);
        assert!(
            page.next.is_none() || page.documents.len() == limit as usize,
            "a page before the last is full"
        );
        ids.extend(page.documents.into_iter().map(|document| document.id));
        if page.next.is_none() {
            return ids;
        }
        query.after = page.next;
    }
}

/// Small pages, one after another, are the same as one large page.
pub async fn pages_have_everything_once(port: &dyn Documents) {
    let (query, count) = jobs(port).await;
    for query in [query.clone(), query.descending()] {
        let whole = walk(port, &query, 100).await;
        assert_eq!(whole.len(), count);
        for limit in [1, 3, 7] {
            assert_eq!(walk(port, &query, limit).await, whole, "pages of {limit}");
        }
    }
}

/// The same within a range, whose ends the cursor must not cross.
pub async fn pages_of_a_range_have_everything_once(port: &dyn Documents) {
    let (query, _) = jobs(port).await;
    let ranges = [
        query.clone().at_least(json!(1)),
        query.clone().at_most(json!(1)),
        query.at_least(json!(1)).at_most(json!(1)),
    ];
    for query in ranges.iter().cloned().chain(ranges.iter().cloned().map(Query::descending)) {
        let whole = walk(port, &query, 100).await;
        assert_eq!(whole.len() as u64, port.count(&query).await.expect("count"));
        for limit in [1, 4] {
            assert_eq!(walk(port, &query, limit).await, whole, "{query:?}");
        }
    }
}

/// Documents that come meanwhile, before and after the place, move nothing that was there.
pub async fn pages_stay_whole_while_others_write(port: &dyn Documents) {
    let (query, _) = jobs(port).await;
    let before = walk(port, &query, 100).await;
    let (mut seen, mut query) = (Vec::new(), Query { limit: 4, ..query });
    loop {
        let page = find(port, &query).await;
        seen.extend(page.documents.iter().map(|document| document.id.clone()));
        if page.next.is_none() {
            break;
        }
        query.after = page.next;
        let state = &query.equals[0];
        let others = [
            ("first", json!({ "state": state })),
            ("last", json!({ "state": state, "lane": 99 })),
            ("middle", json!({ "state": state, "lane": 1, "turn": "t1" })),
        ];
        // The walk would never end if there were always more behind it.
        if seen.len() < before.len() {
            add_jobs(port, others).await;
        }
    }
    let old: Vec<&String> = seen.iter().filter(|id| before.contains(id)).collect();
    assert_eq!(old, before.iter().collect::<Vec<_>>());
    let mut once = seen.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), seen.len(), "nothing comes twice");
}

/// When the last document is on the page there is nothing to go on to.
pub async fn a_full_last_page_has_no_next(port: &dyn Documents) {
    let state = state();
    add_jobs(port, ["1", "2", "3"].map(|id| (id, json!({ "state": state, "wanted_at": id })))).await;
    let page = find(port, &Query::of(JOBS_BY_WISH, vec![json!(state)], 3)).await;
    assert_eq!((endings(&page), &page.next), (vec!["1", "2", "3"], &None));
}

/// A cursor consists of characters that an address need not escape (RFC 3986, section 2.3).
pub async fn a_cursor_is_safe_in_an_address(port: &dyn Documents) {
    let state = state();
    let names = ["ö", "&=#?", "/../", "\u{0}"];
    add_jobs(port, names.map(|id| (id, json!({ "state": state, "wanted_at": format!("{id}+ %") })))).await;
    let mut query = Query::of(JOBS_BY_WISH, vec![json!(state)], 1);
    for _ in 1..names.len() {
        let cursor = find(port, &query).await.next.expect("there is more");
        let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        assert!(cursor.0.bytes().all(safe), "{cursor:?}");
        query.after = Some(cursor);
    }
}

/// A cursor means nothing to another index.
pub async fn a_cursor_of_another_query_is_invalid(port: &dyn Documents) {
    let state = state();
    add_jobs(port, ["1", "2"].map(|id| (id, json!({ "state": state })))).await;
    let cursor = find(port, &Query::of(JOBS_BY_WISH, vec![json!(state)], 1)).await.next;
    assert!(cursor.is_some());
    let other = Query::of(JOBS_BY_RETURN, vec![json!(state)], 1).after(cursor);
    let answer = port.find(&other).await;
    assert!(matches!(answer, Err(DocumentError::Invalid(_))), "{answer:?}");
}

/// What never was a cursor is refused; a cut one too.
pub async fn a_cursor_of_garbage_is_invalid(port: &dyn Documents) {
    let state = state();
    add_jobs(port, ["1", "2"].map(|id| (id, json!({ "state": state })))).await;
    let query = Query::of(JOBS_BY_WISH, vec![json!(state)], 1);
    let real = find(port, &query).await.next.expect("there is more").0;
    let garbage =
        ["", "garbage", "e30", "W10", "bnVsbA", "%%%", "\0", "ÿ🎬", &real[1..], &real[..real.len() / 2]];
    for text in garbage {
        let answer = port.find(&query.clone().after(Some(Cursor(text.to_owned())))).await;
        assert!(matches!(answer, Err(DocumentError::Invalid(_))), "{text:?}: {answer:?}");
    }
}
