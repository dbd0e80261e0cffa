//! Reading events: ours of every version that is understood, and the original pipeline's.

use super::{Envelope, VERSION, original};
use serde::{Deserialize, de::IgnoredAny};

/// Why bytes are no event.
#[derive(Debug, thiserror::Error)]
pub enum Undecodable {
    /// They are not JSON, or a field is missing or has another type.
    #[error("the event cannot be decoded: {0}")]
    Json(#[from] serde_json::Error),
    /// A newer service wrote it.
    #[error("version {0} is newer than {VERSION}, the newest that is understood")]
    Version(u64),
    /// An event of the original's producer about something else than a video or a live segment.
    #[error("stream_type is {0:?}; \"vod\" and \"live\" are understood")]
    Kind(String),
}

/// What tells ours from the original's, and how old it is, whatever else it says.
#[derive(Deserialize)]
struct Head {
    event_id: Option<IgnoredAny>,
    r#type: Option<IgnoredAny>,
    version: Option<u64>,
}

/// Reads an event. Unknown fields are ignored.
///
/// # Errors
/// Says what is wrong with the bytes.
pub fn decode(bytes: &[u8]) -> Result<Envelope, Undecodable> {
    let head: Head = serde_json::from_slice(bytes)?;
    // First: a newer event may lack what this version needs.
    if let Some(version) = head.version.filter(|version| *version > u64::from(VERSION)) {
        return Err(Undecodable::Version(version));
    }
    if head.event_id.is_none() && head.r#type.is_none() {
        return original::decode(bytes);
    }
    Ok(serde_json::from_slice(bytes)?)
}

#[cfg(test)]
mod tests {
    use super::{super::Event, *};
    use proptest::prelude::*;

    /// As the original's producer sent it: written from the contract, field by field.
    const ORIGINAL: &str = r#"{"stream_id":"vod-0123456789ab","chunk_index":0,"sequence_number":0,"timestamp":1767323045.678,"size_bytes":52428800,"stream_type":"vod","status":"uploaded","checksum":"9e107d9d372bb6826bd81d3542a419d6","duration_ms":45000,"keyframe_aligned":true,"audio_track_id":"audio-en","video_track_id":"video-main","resolution":"1920x1080","title":"My Streaming Show: Pilot","raw_path":"/vod-raw/vod-0123456789ab/raw/0.ts"}"#;

    #[test]
    fn the_originals_event_is_read() {
        let envelope = decode(ORIGINAL.as_bytes()).unwrap();
        let Event::Announced(announced) = envelope.event else { panic!("{envelope:?}") };
        assert_eq!(announced.stream_id.as_str(), "vod-0123456789ab");
        assert_eq!((announced.duration_ms, announced.size_bytes), (45_000, 52_428_800));
        assert_eq!(announced.title, "My Streaming Show: Pilot");
    }

    /// The same of a live segment.
    const ORIGINAL_LIVE: &str = r#"{"stream_id":"live-0123456789","chunk_index":7,"sequence_number":7,"timestamp":1767323045.678,"size_bytes":262144,"stream_type":"live","status":"available","checksum":"9e107d9d372bb6826bd81d3542a419d6","duration_ms":2500,"keyframe_aligned":true,"audio_track_id":"audio-en","video_track_id":"video-main","resolution":"1920x1080","match_home":"Al-Hilal","match_away":"Al-Nassr","competition":"Saudi Pro League"}"#;

    #[test]
    fn the_originals_live_segment_is_read() {
        let envelope = decode(ORIGINAL_LIVE.as_bytes()).unwrap();
        assert_eq!(envelope.timestamp.as_millis(), 1_767_323_045_678);
        let Event::LiveSegment(segment) = envelope.event else { panic!("{envelope:?}") };
        assert_eq!((segment.sequence_number, segment.duration_us()), (7, 2_500_000));
        assert_eq!(segment.match_home.as_deref(), Some("Al-Hilal"));
        let undated = ORIGINAL_LIVE.replace("1767323045.678", r#""2026-01-02T03:04:05""#);
        assert_eq!(decode(undated.as_bytes()).unwrap().timestamp.as_millis(), 0);
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        for (bytes, why) in [
            ("", "EOF"),
            ("null", "invalid type: null"),
            ("{", "EOF"),
            ("[]", "invalid length"),
            (r#"{"version":2}"#, "version 2 is newer than 1"),
            (r#"{"version":1,"type":"shoe.laced"}"#, "missing field"),
            (r#"{"version":"1"}"#, "invalid type: string"),
            (r#"{"stream_type":"tape"}"#, "stream_type is \"tape\""),
            (r#"{"stream_type":"live"}"#, "missing field"),
            (r#"{"stream_type":"vod","stream_id":"../x"}"#, "is not a stream id"),
            (r#"{"stream_type":"vod","stream_id":7}"#, "invalid type: integer"),
        ] {
            let text = decode(bytes.as_bytes()).unwrap_err().to_string();
            assert!(text.contains(why), "{bytes}: {text}");
        }
        assert!(decode(b"\xff\xfe{}").is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, cut in 0..ORIGINAL.len()) {
            let _ = decode(&bytes);
            prop_assert!(decode(&ORIGINAL.as_bytes()[..cut]).is_err());
        }
    }
}
