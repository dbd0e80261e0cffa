//! One playlist as all its viewers get it: computed once, compressed when the first of them takes it so, then only copied.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use hls::{Survey, live::segment_number};
use sha2::{Digest, Sha256};
use std::{io::Write, sync::OnceLock, time::Duration};

/// How new a playlist is: the epoch of the stream's owner, and its count of changes.
pub(super) type Rank = (u64, u64);

/// A playlist of a stream or its recording, ready to be sent.
pub(crate) struct Listing {
    pub(super) rank: Rank,
    /// The numbers of the listed segments that are no gaps, in order.
    present: Vec<u32>,
    /// The number of the first listed segment.
    pub(super) first: Option<u32>,
    /// Within which time it has to change; none when it has ended, or has nothing to show yet.
    pub(super) changes_within: Option<Duration>,
    plain: Form,
    /// Of many streams nobody asks for each playlist: made for the first viewer who takes it.
    gzip: OnceLock<Option<Form>>,
    gzip_etag: HeaderValue,
}

/// One form in which a playlist is sent.
struct Form {
    headers: HeaderMap,
    etag: HeaderValue,
    bytes: Bytes,
}

impl Listing {
    /// Prepares a playlist whose segments are named `{n}.ts`.
    pub(super) fn new(rank: Rank, text: String) -> Self {
        let (segments, target) = match Survey::of(&text) {
            Survey::Media(named) => (named.segments, named.target_duration.filter(|_| !named.ended)),
            Survey::Master(_) => (Vec::new(), None),
        };
        // RFC 8216 6.2.1.
        let changes_within = target.map(|seconds| Duration::from_secs(seconds).mul_f64(1.5));
        let mut present: Vec<u32> = segments
            .iter()
            .filter(|segment| !segment.gap)
            .filter_map(|segment| segment_number(&segment.uri))
            .collect();
        present.sort_unstable();
        let first = segments.first().and_then(|segment| segment_number(&segment.uri));
        let digest = hex::encode(&Sha256::digest(&text)[..12]);
        let changes_within = changes_within.filter(|_| first.is_some());
        Self {
            rank,
            present,
            first,
            changes_within,
            plain: Form::new(etag(&digest), text.into(), false),
            gzip: OnceLock::new(),
            gzip_etag: etag(&format!("{digest}-gzip")),
        }
    }

    /// Whether it lists this segment, and not as a gap.
    pub(super) fn has(&self, number: u32) -> bool {
        self.present.binary_search(&number).is_ok()
    }

    /// The playlist, compressed if the viewer takes that; or that it has not changed.
    pub(super) fn answer(&self, request: &HeaderMap) -> Response {
        let gzip = takes_gzip(request).then(|| self.gzip()).flatten();
        let form = gzip.unwrap_or(&self.plain);
        let known = request.get(header::IF_NONE_MATCH).is_some_and(|sent| {
            let etags = [&self.plain.etag, &self.gzip_etag];
            etags.into_iter().any(|etag| names(sent.as_bytes(), etag.as_bytes()))
        });
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Response::new(form.bytes.clone().into())
        };
        response.headers_mut().extend(form.headers.clone());
        response
    }

    fn gzip(&self) -> Option<&Form> {
        let form = |bytes| Form::new(self.gzip_etag.clone(), bytes, true);
        self.gzip.get_or_init(|| compressed(&self.plain.bytes).map(form)).as_ref()
    }

    /// The same, of a playlist that never changes: its viewer may keep it for so many seconds.
    pub(super) fn answer_for(&self, request: &HeaderMap, max_age: i64) -> Response {
        let mut response = self.answer(request);
        if let Ok(kept) = HeaderValue::try_from(format!("private, max-age={max_age}")) {
            response.headers_mut().insert(header::CACHE_CONTROL, kept);
        }
        response
    }
}

impl Form {
    fn new(etag: HeaderValue, bytes: Bytes, gzip: bool) -> Self {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/vnd.apple.mpegurl"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=1"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(header::ETAG, etag.clone());
        if gzip {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Self { headers, etag, bytes }
    }
}

/// An entity tag (RFC 9110 8.8.3) of letters, digits and hyphens.
fn etag(name: &str) -> HeaderValue {
    #[expect(clippy::expect_used, reason = "letters, digits, hyphens and quotes are legal in a header")]
    HeaderValue::try_from(format!("\"{name}\"")).expect("its characters are legal in a header")
}

/// The text in gzip, if that is shorter.
fn compressed(text: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 4), Compression::default());
    let written = encoder.write_all(text).and_then(|()| encoder.finish()).ok()?;
    (written.len() < text.len()).then(|| written.into())
}

/// Whether gzip stands in Accept-Encoding, and not with a weight of zero (RFC 9110 12.5.3).
fn takes_gzip(request: &HeaderMap) -> bool {
    let Some(accepted) = request.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let weight = weight.trim().trim_start_matches("q=").parse::<f32>();
        name.trim().eq_ignore_ascii_case("gzip") && weight.is_ok_and(|weight| weight > 0.0)
    })
}

/// Whether If-None-Match names an entity tag, weakly compared (RFC 9110 13.1.2).
fn names(sent: &[u8], etag: &[u8]) -> bool {
    sent.split(|byte| *byte == b',')
        .map(<[u8]>::trim_ascii)
        .any(|tag| tag == b"*" || tag.strip_prefix(b"W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1.0,\n7.ts\n#EXT-X-GAP\n#EXTINF:1.0,\n8.ts\n\
                        #EXTINF:1.0,\n9.ts\n#EXTINF:1.0,\n10.ts\n#EXTINF:1.0,\n11.ts\n#EXTINF:1.0,\n12.ts\n";

    fn request(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    fn header(response: &Response, name: header::HeaderName) -> &str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[test]
    fn it_knows_what_it_lists() {
        let listing = Listing::new((0, 0), TEXT.to_owned());
        let found: Vec<u32> = (0..20).filter(|number| listing.has(*number)).collect();
        assert_eq!((found, listing.first), (vec![7, 9, 10, 11, 12], Some(7)));
    }

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        let listing = Listing::new((0, 0), TEXT.to_owned());
        for (accepted, encoding) in
            [("gzip", "gzip"), ("br, GZIP;q=0.5", "gzip"), ("gzip;q=0", ""), ("br", ""), ("", "")]
        {
            let response = listing.answer(&request(header::ACCEPT_ENCODING, accepted));
            assert_eq!(header(&response, header::CONTENT_ENCODING), encoding, "{accepted:?}");
            assert_eq!(header(&response, header::VARY), "accept-encoding");
        }
    }

    #[test]
    fn what_has_not_changed_is_not_sent_again() {
        let listing = Listing::new((0, 0), TEXT.to_owned());
        let first = listing.answer(&request(header::ACCEPT_ENCODING, "gzip"));
        let etag = header(&first, header::ETAG).to_owned();
        for sent in [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()] {
            let again = listing.answer(&request(header::IF_NONE_MATCH, &sent));
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{sent}");
        }
        let other = Listing::new((0, 1), TEXT.replace("7.ts", "6.ts"));
        assert_eq!(other.answer(&request(header::IF_NONE_MATCH, &etag)).status(), StatusCode::OK);
    }
}
