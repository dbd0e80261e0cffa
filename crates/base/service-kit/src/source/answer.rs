//! Answers to those who read a served object: all of it, or one range (RFC 9110 section 14).

use super::{reading, served::Shared};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use http_range_header::parse_range_header;
use std::{ops::Range, sync::Arc};

/// What a reader asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    Part(Range<u64>),
    /// Nothing of it is there.
    Outside,
}

/// Answers `GET` and `HEAD`.
pub(super) async fn answer(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if shared.closed.is_cancelled() {
        return StatusCode::NOT_FOUND.into_response();
    }
    let size = shared.object.size;
    match wanted(&headers, size) {
        Wanted::Whole => (length(size), body(shared, 0..size)).into_response(),
        Wanted::Part(range) => {
            let shown = format!("bytes {}-{}/{size}", range.start, range.end - 1);
            let head = [(header::CONTENT_RANGE, shown)];
            (StatusCode::PARTIAL_CONTENT, head, length(range.end - range.start), body(shared, range))
                .into_response()
        }
        Wanted::Outside => {
            (StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, format!("bytes */{size}"))])
                .into_response()
        }
    }
}

/// Several ranges, and what is no range, are answered with the whole, as RFC 9110 section 14.2 allows.
fn wanted(headers: &HeaderMap, size: u64) -> Wanted {
    let asked = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let Some(ranges) = asked.and_then(|range| parse_range_header(range).ok()) else { return Wanted::Whole };
    match ranges.validate(size).as_deref() {
        Ok([only]) => Wanted::Part(*only.start()..only.end() + 1),
        Ok(_) => Wanted::Whole,
        Err(_) => Wanted::Outside,
    }
}

fn length(bytes: u64) -> [(header::HeaderName, String); 2] {
    [(header::ACCEPT_RANGES, "bytes".to_owned()), (header::CONTENT_LENGTH, bytes.to_string())]
}

/// A body that ends early, which breaks its connection, when the object cannot be read or is closed.
fn body(shared: Arc<Shared>, range: Range<u64>) -> Body {
    let closed = shared.closed.clone().cancelled_owned();
    Body::from_stream(reading::pieces(shared, range).take_until(closed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_understood_and_cut_to_the_object() {
        let wanted = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, text.parse().unwrap());
            wanted(&headers, 10)
        };
        assert_eq!(super::wanted(&HeaderMap::new(), 10), Wanted::Whole);
        for (text, range) in
            [("bytes=0-", 0..10), ("bytes=9-", 9..10), ("bytes=2-99", 2..10), ("bytes=-3", 7..10)]
        {
            assert_eq!(wanted(text), Wanted::Part(range), "{text}");
        }
        assert_eq!(wanted("bytes=10-"), Wanted::Outside);
        for text in ["bytes=0-1,4-5", "lines=1-2", "bytes=one"] {
            assert_eq!(wanted(text), Wanted::Whole, "{text}");
        }
    }
}
