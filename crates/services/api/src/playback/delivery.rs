//! Delivery: a redirect to the object store, or the bytes themselves.

use crate::{
    MediaDelivery,
    problem::{Code, Problem},
    state::State,
};
use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{Timestamp, object::ObjectKey};
use ports::{ByteRange, Period, SignedAddress};

/// Addresses are signed once per quarter hour for all viewers, and good for at least half an hour more.
const SIGNED_EVERY: i64 = 900;
const SIGNED_FOR: i64 = 3 * SIGNED_EVERY;

/// Answers with an object that is there.
pub(crate) async fn answer(state: &State, key: &ObjectKey, headers: &HeaderMap) -> Result<Response, Problem> {
    match state.config.delivery {
        MediaDelivery::Redirect => Ok(redirect(state, key)),
        MediaDelivery::Proxy => pass_through(state, key, headers).await,
    }
}

fn redirect(state: &State, key: &ObjectKey) -> Response {
    let from = state.clock.now().as_seconds() / SIGNED_EVERY * SIGNED_EVERY;
    let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
    let address = match state.objects.presign(key, Period { from: at(from), until: at(from + SIGNED_FOR) }) {
        SignedAddress::Absolute(url) => url.to_string(),
        SignedAddress::OnApi(path) => path,
    };
    let headers = [(header::LOCATION, address), (header::CACHE_CONTROL, "private, max-age=300".to_owned())];
    (StatusCode::FOUND, headers).into_response()
}

async fn pass_through(state: &State, key: &ObjectKey, headers: &HeaderMap) -> Result<Response, Problem> {
    let missing = || Problem::new(Code::NotFound, "The segment is gone from the store.");
    let size = state.objects.head(key).await?.ok_or_else(missing)?.size;
    let range = match headers.get(header::RANGE).and_then(|value| value.to_str().ok()) {
        Some(text) => parse_range(text, size)?,
        None => None,
    };
    let body = state.objects.get(key, range.clone()).await?;
    let common = [
        (header::CONTENT_TYPE, key.content_type().to_owned()),
        (header::CACHE_CONTROL, "private, max-age=300".to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::CONTENT_LENGTH, range.as_ref().map_or(size, |range| range.end - range.start).to_string()),
    ];
    let body = Body::from_stream(body.into_stream());
    Ok(match range {
        Some(range) => {
            let content_range = format!("bytes {}-{}/{size}", range.start, range.end - 1);
            (StatusCode::PARTIAL_CONTENT, common, [(header::CONTENT_RANGE, content_range)], body)
                .into_response()
        }
        None => (common, body).into_response(),
    })
}

/// A single byte range (RFC 9110 14.1.2). Several at once, and other units, are ignored, as the RFC allows.
fn parse_range(text: &str, size: u64) -> Result<Option<ByteRange>, Problem> {
    let Some((first, last)) = text.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Ok(None);
    };
    let range = match (first.parse::<u64>().ok(), last.parse::<u64>().ok()) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Some(first), None) if last.is_empty() => first..size,
        (None, Some(last)) if first.is_empty() => size.saturating_sub(last)..size,
        _ => return Ok(None),
    };
    if range.start >= range.end {
        let text = format!("The range {text:?} lies outside an object of {size} bytes.");
        return Err(Problem::new(Code::RangeNotSatisfiable, text));
    }
    Ok(Some(range))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_as_the_rfc_has_them() {
        let parsed = |text| parse_range(text, 100).ok().flatten();
        assert_eq!(parsed("bytes=0-9"), Some(0..10));
        assert_eq!(parsed("bytes=90-"), Some(90..100));
        assert_eq!(parsed("bytes=-10"), Some(90..100));
        assert_eq!(parsed("bytes=90-200"), Some(90..100));
        assert_eq!(parsed("bytes=0-1,5-6"), None);
        assert!(parse_range("bytes=100-", 100).is_err());
        assert!(parse_range("bytes=-0", 100).is_err());
    }
}
