//! Conditional requests (RFC 9110, section 13) by the store's own entity tags.

use axum::http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE},
};
use headers::{HeaderMapExt, IfMatch, IfNoneMatch, IfRange, LastModified};
use ports::ObjectMeta;
use std::time::{Duration, UNIX_EPOCH};

/// The answer if the conditions on the entity tag do not hold. They are taken out of the request, with what
/// they override, and so is a range of bytes that have changed: what remains can be answered without the tag.
pub(crate) fn check(headers: &mut HeaderMap, meta: &ObjectMeta) -> Option<StatusCode> {
    let etag = quoted(meta).parse().ok()?;
    if let Some(condition) = headers.typed_get::<IfMatch>() {
        headers.remove(IF_UNMODIFIED_SINCE);
        if !condition.precondition_passes(&etag) {
            return Some(StatusCode::PRECONDITION_FAILED);
        }
    }
    if let Some(condition) = headers.typed_get::<IfNoneMatch>() {
        headers.remove(IF_MODIFIED_SINCE);
        if !condition.precondition_passes(&etag) {
            return Some(StatusCode::NOT_MODIFIED);
        }
    }
    if headers
        .typed_get::<IfRange>()
        .is_some_and(|range| range.is_modified(Some(&etag), Some(&modified(meta))))
    {
        headers.remove(RANGE);
    }
    for answered in [IF_MATCH, IF_NONE_MATCH, IF_RANGE] {
        headers.remove(answered);
    }
    None
}

/// Puts the entity tag on an answer.
pub(crate) fn tag(headers: &mut HeaderMap, meta: &ObjectMeta) {
    if let Ok(etag) = HeaderValue::from_str(&quoted(meta)) {
        headers.insert(ETAG, etag);
    }
}

fn quoted(meta: &ObjectMeta) -> String {
    format!("\"{}\"", meta.etag)
}

fn modified(meta: &ObjectMeta) -> LastModified {
    let since_epoch = u64::try_from(meta.modified.as_millis()).unwrap_or(0);
    LastModified::from(UNIX_EPOCH + Duration::from_millis(since_epoch))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Timestamp;

    fn checked(name: &'static str, value: &str) -> (Option<StatusCode>, HeaderMap) {
        let meta = ObjectMeta {
            size: 3,
            etag: "now".to_owned(),
            sha256: None,
            modified: Timestamp::from_millis(86_400_500),
        };
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_static("bytes=0-1"));
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        (check(&mut headers, &meta), headers)
    }

    #[test]
    fn tags_decide() {
        assert_eq!(checked("if-none-match", "\"now\"").0, Some(StatusCode::NOT_MODIFIED));
        assert_eq!(checked("if-none-match", "\"old\", W/\"now\"").0, Some(StatusCode::NOT_MODIFIED));
        assert_eq!(checked("if-none-match", "\"old\"").0, None);
        assert_eq!(checked("if-match", "\"now\"").0, None);
        assert_eq!(checked("if-match", "\"old\"").0, Some(StatusCode::PRECONDITION_FAILED));
    }

    #[test]
    fn a_range_of_other_bytes_becomes_the_whole() {
        for (value, ranged) in [
            ("\"now\"", true),
            ("\"old\"", false),
            ("Fri, 02 Jan 1970 00:00:00 GMT", true),
            ("Thu, 01 Jan 1970 00:00:00 GMT", false),
        ] {
            assert_eq!(checked("if-range", value).1.contains_key(RANGE), ranged, "{value}");
        }
    }

    #[test]
    fn nothing_on_tags_is_left() {
        for name in ["if-match", "if-none-match", "if-range"] {
            let (_, headers) = checked(name, if name == "if-none-match" { "\"old\"" } else { "\"now\"" });
            assert!(!headers.contains_key(name), "{name}");
        }
    }
}
