//! Cases about what a query has and in which order.

use super::{add_jobs, endings, find, read, replace, state};
use crate::document::unique;
use domain::collection::{
    Index, JOBS_BY_RETURN, JOBS_BY_STREAM, JOBS_BY_TURN, JOBS_BY_WISH, Kind, VIDEOS_BY_STATUS,
};
use ports::{DocumentError, Documents, Json, Query, Replaced};
use serde_json::json;
use std::slice;

/// The documents of a state, in the order of an index that begins with it.
fn all(index: Index, state: &str) -> Query {
    Query::of(index, vec![json!(state)], 100)
}

/// Jobs of one state that were wanted at these times; nothing for a job that nobody wanted.
async fn wanted(port: &dyn Documents, times: &[(&str, Option<Json>)]) -> String {
    let state = state();
    let jobs = times.iter().map(|(id, time)| {
        let body = match time {
            Some(time) => json!({ "state": state, "wanted_at": time }),
            None => json!({ "state": state }),
        };
        (*id, body)
    });
    add_jobs(port, jobs).await;
    state
}

/// Values for the first fields: one field, two fields, and no document that lacks one.
pub async fn first_fields_select(port: &dyn Documents) {
    let (stream, other) = (unique("stream"), unique("stream"));
    let jobs = [
        ("a", json!({ "stream_id": stream, "state": "queued" })),
        ("b", json!({ "stream_id": stream, "state": "done" })),
        ("c", json!({ "stream_id": other, "state": "queued" })),
        ("d", json!({ "stream_id": stream })),
        ("e", json!({ "state": "queued" })),
    ];
    add_jobs(port, jobs).await;
    let one = find(port, &Query::of(JOBS_BY_STREAM, vec![json!(stream)], 100)).await;
    assert_eq!(endings(&one), ["d", "b", "a"]);
    let two = find(port, &Query::of(JOBS_BY_STREAM, vec![json!(stream), json!("queued")], 100)).await;
    assert_eq!(endings(&two), ["a"]);
    let none = find(port, &Query::of(JOBS_BY_STREAM, vec![json!(unique("stream"))], 100)).await;
    assert_eq!((none.documents.len(), none.next), (0, None));
}

/// The order is that of the index's further fields, or the reverse.
pub async fn documents_come_in_the_order_of_the_index(port: &dyn Documents) {
    let state = state();
    let job = |lane: u32, turn: &str| json!({ "state": state, "lane": lane, "turn": turn });
    let jobs =
        [("a", job(2, "x")), ("b", job(1, "y")), ("c", job(2, "w")), ("d", job(1, "x")), ("e", job(10, "a"))];
    add_jobs(port, jobs).await;
    let query = all(JOBS_BY_TURN, &state);
    assert_eq!(endings(&find(port, &query).await), ["d", "b", "c", "a", "e"]);
    assert_eq!(endings(&find(port, &query.descending()).await), ["e", "a", "c", "b", "d"]);
    let lane = Query::of(JOBS_BY_TURN, vec![json!(state), json!(2)], 100);
    assert_eq!(endings(&find(port, &lane.descending()).await), ["a", "c"]);
}

/// Documents with equal fields come by id, or by id from the last.
pub async fn ties_are_in_the_order_of_ids(port: &dyn Documents) {
    let same = Some(json!("same"));
    let jobs: Vec<_> = ["b", "d", "a", "c"].into_iter().map(|id| (id, same.clone())).collect();
    let query = all(JOBS_BY_WISH, &wanted(port, &jobs).await);
    assert_eq!(endings(&find(port, &query).await), ["a", "b", "c", "d"]);
    assert_eq!(endings(&find(port, &query.descending()).await), ["d", "c", "b", "a"]);
}

/// Capitals before small letters, and no language's rules.
pub async fn texts_sort_by_their_code_points(port: &dyn Documents) {
    let texts = ["", " ", "10", "9", "Z", "a", "aa", "b", "é", "世", "🎬"];
    let names: Vec<String> = (0..texts.len()).map(|n| n.to_string()).collect();
    let jobs: Vec<_> =
        names.iter().zip(texts).rev().map(|(id, text)| (id.as_str(), Some(json!(text)))).collect();
    let query = all(JOBS_BY_WISH, &wanted(port, &jobs).await);
    assert_eq!(endings(&find(port, &query).await), names);
}

/// 2 is before 10, and floats are between whole numbers.
pub async fn numbers_sort_as_numbers(port: &dyn Documents) {
    let numbers =
        [json!(i64::MIN), json!(-1.5), json!(-1), json!(0), json!(0.5), json!(2), json!(10), json!(1e15)];
    let names: Vec<String> = (0..numbers.len()).map(|n| n.to_string()).collect();
    let jobs: Vec<_> =
        names.iter().zip(numbers).rev().map(|(id, number)| (id.as_str(), Some(number))).collect();
    let query = all(JOBS_BY_WISH, &wanted(port, &jobs).await);
    assert_eq!(endings(&find(port, &query).await), names);
    let some = find(port, &query.at_least(json!(-1)).at_most(json!(2.0))).await;
    assert_eq!(endings(&some), ["2", "3", "4", "5"]);
}

/// A document that lacks a field, or has nothing in it, sorts before those that have it.
pub async fn a_document_that_lacks_the_field_comes_first(port: &dyn Documents) {
    let jobs = [("c", Some(json!("a"))), ("b", None), ("a", Some(json!(null))), ("d", Some(json!("")))];
    let query = all(JOBS_BY_WISH, &wanted(port, &jobs).await);
    assert_eq!(endings(&find(port, &query).await), ["a", "b", "d", "c"]);
    assert_eq!(endings(&find(port, &query.descending()).await), ["c", "d", "b", "a"]);
}

/// `at_least` and `at_most` take their value in, alone and together, either way round.
pub async fn a_range_includes_its_ends(port: &dyn Documents) {
    let jobs: Vec<_> = ["1", "2", "3", "4", "5"].into_iter().map(|id| (id, Some(json!(id)))).collect();
    let query = all(JOBS_BY_WISH, &wanted(port, &jobs).await);
    let (two, four) = (json!("2"), json!("4"));
    let least = query.clone().at_least(two.clone());
    let most = query.clone().at_most(four.clone());
    let both = query.at_least(two.clone()).at_most(four.clone());
    assert_eq!(endings(&find(port, &least).await), ["2", "3", "4", "5"]);
    assert_eq!(endings(&find(port, &most).await), ["1", "2", "3", "4"]);
    assert_eq!(endings(&find(port, &both).await), ["2", "3", "4"]);
    assert_eq!(endings(&find(port, &both.descending()).await), ["4", "3", "2"]);
    let empty = all(JOBS_BY_WISH, &unique("state")).at_least(four).at_most(two);
    assert_eq!(find(port, &empty).await.documents, []);
}

/// A range has no document without the field, also at the end to which it is open.
pub async fn a_range_excludes_what_lacks_the_field(port: &dyn Documents) {
    let jobs = [("a", None), ("b", Some(json!(null))), ("c", Some(json!("m"))), ("d", Some(json!("z")))];
    let query = all(JOBS_BY_WISH, &wanted(port, &jobs).await);
    let most = query.clone().at_most(json!("n"));
    let least = query.at_least(json!(""));
    assert_eq!(endings(&find(port, &most).await), ["c"]);
    assert_eq!(endings(&find(port, &most.clone().descending()).await), ["c"]);
    assert_eq!(endings(&find(port, &least).await), ["c", "d"]);
    assert_eq!(port.count(&most).await.expect("count"), 1);
    assert_eq!(port.count(&least).await.expect("count"), 2);
}

/// A query sees a write that has returned: the new place in the index, the new body and the new revision.
pub async fn an_answer_has_the_present_version(port: &dyn Documents) {
    let (from, to) = (state(), state());
    let prefix = add_jobs(port, [("a", json!({ "state": from, "not_before": 1 }))]).await;
    let before = read(port, Kind::Job, &format!("{prefix}-a")).await;
    assert_eq!(find(port, &all(JOBS_BY_RETURN, &from)).await.documents, slice::from_ref(&before));
    let body = json!({ "state": to, "not_before": 2 });
    let Replaced::Done(_) = replace(port, &before.id, before.revision, &body).await else {
        panic!("the revision is the present one");
    };
    let after = read(port, Kind::Job, &before.id).await;
    assert_eq!(find(port, &all(JOBS_BY_RETURN, &from)).await.documents, []);
    assert_eq!(find(port, &all(JOBS_BY_RETURN, &to)).await.documents, slice::from_ref(&after));
    port.remove(Kind::Job, &after.id, after.revision).await.expect("remove");
    assert_eq!(find(port, &all(JOBS_BY_RETURN, &to)).await.documents, []);
}

/// `count` counts all that the query has.
pub async fn count_knows_no_limit_and_no_cursor(port: &dyn Documents) {
    let jobs: Vec<_> = ["1", "2", "3", "4", "5"].into_iter().map(|id| (id, Some(json!(id)))).collect();
    let query = Query { limit: 2, ..all(JOBS_BY_WISH, &wanted(port, &jobs).await) };
    let page = find(port, &query).await;
    assert_eq!(endings(&page), ["1", "2"]);
    assert_eq!(port.count(&query.clone().after(page.next)).await.expect("count"), 5);
    assert_eq!(port.count(&query.clone().descending()).await.expect("count"), 5);
    assert_eq!(port.count(&query.at_least(json!("2")).at_most(json!("4"))).await.expect("count"), 3);
    assert_eq!(port.count(&all(VIDEOS_BY_STATUS, &unique("status"))).await.expect("count"), 0);
}

/// An operator, a list or nothing in the place of a value is refused, not interpreted.
pub async fn only_texts_and_numbers_can_be_compared_with(port: &dyn Documents) {
    for value in [json!({ "$ne": null }), json!({}), json!(["a"]), json!(null)] {
        let queries = [
            Query::of(JOBS_BY_STREAM, vec![value.clone()], 10),
            all(JOBS_BY_WISH, "queued").at_least(value.clone()),
            all(JOBS_BY_WISH, "queued").at_most(value),
        ];
        for query in queries {
            let answer = port.find(&query).await;
            assert!(matches!(answer, Err(DocumentError::Invalid(_))), "{query:?}: {answer:?}");
        }
    }
}
