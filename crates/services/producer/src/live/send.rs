//! Sending a segment: first its bytes, then the event that tells of them.

use super::Stage;
use bytes::Bytes;
use domain::{
    StreamId,
    event::{Envelope, Event, LiveSegment, Topic},
    object::ObjectKey,
};
use ports::{Body, Condition};
use service_kit::{trace, until_available};
use sha2::{Digest, Sha256};
use tracing::Instrument;

/// A segment that was sent, or is about to be.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// What its event says, with the right checksum.
    pub(crate) segment: LiveSegment,
    /// Its bytes.
    pub(crate) bytes: Bytes,
}

/// The SHA-256 of some bytes, lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Where a segment is stored.
pub(crate) fn key(stream: &StreamId, number: u32) -> ObjectKey {
    ObjectKey::LiveSegment { stream: stream.clone(), number }
}

impl Stage {
    /// Stores the bytes and publishes the event, which tells of `checksum`; `occasion` tells this event from others about the
    /// segment. What is away is waited for.
    pub(crate) async fn send(&self, sent: &Sent, checksum: &str, occasion: &str) {
        let span = tracing::info_span!(
            target: trace::TRACE,
            "send a live segment",
            stream_id = %sent.segment.stream_id,
            sequence_number = sent.segment.sequence_number,
            trace_id = tracing::field::Empty,
        );
        self.send_traced(sent, checksum, occasion).instrument(trace::continuing(span, None)).await;
    }

    async fn send_traced(&self, sent: &Sent, checksum: &str, occasion: &str) {
        let LiveSegment { stream_id, sequence_number, .. } = &sent.segment;
        let key = key(stream_id, *sequence_number);
        let storing = || self.objects.put(&key, Body::from_bytes(sent.bytes.clone()), Condition::Always);
        if let Err(error) = until_available(&*self.clock, "storing a live segment", storing).await {
            tracing::error!(%stream_id, sequence_number, %error, "a live segment could not be stored");
            return;
        }
        let segment = LiveSegment { checksum: checksum.to_owned(), ..sent.segment.clone() };
        let state = format!("segment {sequence_number} {occasion}");
        let event = Envelope::new(stream_id.as_str(), &state, self.clock.now(), Event::LiveSegment(segment));
        let publishing = || self.relay.publish(Topic::LiveChunks, stream_id.as_str(), &event);
        if let Err(error) = until_available(&*self.clock, "publishing a live segment", publishing).await {
            tracing::error!(%stream_id, sequence_number, %error, "a live segment could not be published");
            return;
        }
        self.metrics.messages.with_label_values(&["live", Topic::LiveChunks.name()]).inc();
        self.metrics.bytes.with_label_values(&["live"]).inc_by(sent.bytes.len() as u64);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A segment of no contents.
    pub(in super::super) fn sent(stream: &StreamId, number: u32, duration_ms: u64) -> Sent {
        let segment = LiveSegment {
            stream_id: stream.clone(),
            stream_type: "live".to_owned(),
            chunk_index: number,
            sequence_number: number,
            size_bytes: 0,
            checksum: sha256(b""),
            duration_ms,
            duration_us: None,
            program_date_time: None,
            first_pts: None,
            encoder: None,
            keyframe_aligned: true,
            resolution: String::new(),
            codecs: None,
            frame_rate: None,
            audio_track_id: None,
            video_track_id: None,
            raw_path: String::new(),
            match_home: None,
            match_away: None,
            competition: None,
        };
        Sent { segment, bytes: Bytes::new() }
    }
}
