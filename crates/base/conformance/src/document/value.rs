//! Cases about bodies that a store could mangle or misunderstand.

use super::{add, add_jobs, endings, find, read};
use crate::document::unique;
use domain::collection::{JOBS_BY_STREAM, Kind};
use ports::{Documents, Json, Query};
use serde_json::json;

/// Texts that mean something to SQL, MongoDB, JSON or C.
pub(super) const STRANGE: [&str; 14] = [
    "",
    " ",
    "'",
    "\"; DROP TABLE jobs; --",
    "$ne",
    "$.state",
    "a.b.c",
    "{\"$ne\":null}",
    "nul\0inside",
    "nul\0elsewhere",
    "%_*?",
    "line\nbreak\\n\u{7f}\u{2028}",
    "Grüße, 世界 🎬",
    "e\u{301} is not \u{e9}",
];

async fn survives(port: &dyn Documents, value: Json) {
    let (id, body) = (unique("job"), json!({ "value": value }));
    add(port, Kind::Job, &id, &body).await;
    assert_eq!(read(port, Kind::Job, &id).await.body, body);
}

/// Any text comes back as it was.
pub async fn strange_texts_survive(port: &dyn Documents) {
    for text in STRANGE {
        survives(port, json!(text)).await;
    }
}

/// Whole numbers of 64 bits with a sign, and floats, come back as they were.
pub async fn numbers_survive(port: &dyn Documents) {
    for whole in [0, 1, -1, i64::MIN, i64::MAX, (1 << 53) + 1] {
        survives(port, json!(whole)).await;
    }
    for float in [0.5, 0.1, -1e-300, f64::MAX, f64::MIN_POSITIVE, 1.0 / 3.0, 1_234_567.891_234_567] {
        survives(port, json!(float)).await;
    }
}

/// Nothing, booleans, empty and nested lists and objects come back as they were.
pub async fn shapes_survive(port: &dyn Documents) {
    let deep =
        (0..30).fold(json!({}), |inner, n| if n % 2 == 0 { json!([inner]) } else { json!({ "in": inner }) });
    for shape in [json!(null), json!(true), json!([]), json!({}), json!([[], {}, null, [1, "a"]]), deep] {
        survives(port, shape).await;
    }
}

/// A text in a query is equal to itself and to nothing else.
pub async fn strange_texts_are_found_by_equality_alone(port: &dyn Documents) {
    let stream = unique("stream");
    let names: Vec<String> = (0..STRANGE.len()).map(|n| n.to_string()).collect();
    let jobs = names.iter().zip(STRANGE);
    add_jobs(port, jobs.map(|(id, text)| (id.as_str(), json!({ "stream_id": stream, "state": text })))).await;
    for (id, text) in names.iter().zip(STRANGE) {
        let page = find(port, &Query::of(JOBS_BY_STREAM, vec![json!(stream), json!(text)], 100)).await;
        assert_eq!(endings(&page), [id], "{text:?}");
    }
}
