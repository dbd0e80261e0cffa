//! What a gap's address answers with. Players that do not know EXT-X-GAP (VLC 3) stop for good at a refusal, and play on
//! with this.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};

/// A second of black and silence: H.264 and AAC in MPEG-TS.
const FILLER: &[u8] = include_bytes!("filler.ts");

/// The filler. It is not kept for long: what comes late takes its place in the recording.
pub(super) fn answer() -> Response {
    let headers = [(header::CONTENT_TYPE, "video/mp2t"), (header::CACHE_CONTROL, "private, max-age=60")];
    (headers, FILLER).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_whole_packets_of_mpeg_ts() {
        assert!(!FILLER.is_empty() && FILLER.len() < 16 * 1024, "{} bytes", FILLER.len());
        assert_eq!(FILLER.len() % 188, 0);
        assert!(FILLER.chunks(188).all(|packet| packet[0] == 0x47));
    }
}
