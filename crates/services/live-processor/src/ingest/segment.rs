//! A segment comes: it is read, given its number, stored, and told of.

use super::{Inner, MAX_SEGMENT, numbers::Numbers, problem::Problem, ts};
use axum::{
    Json,
    body::Body,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use domain::{
    event::{Envelope, Event, LiveSegment, Topic},
    live::Stream,
    object::ObjectKey,
};
use ports::{Condition, ObjectError};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// What became of a segment.
#[derive(Serialize)]
struct Taken {
    stream_id: String,
    /// The number that it got.
    sequence_number: u32,
    duration_ms: u64,
}

pub(super) async fn take(
    inner: &Inner,
    stream: &Stream,
    numbers: &mut Numbers,
    sent: u32,
    body: Body,
) -> Result<Response, Problem> {
    let bytes = inner.body(body, MAX_SEGMENT).await?;
    let facts = read(&bytes)?;
    let longest_us = u64::from(stream.target_duration) * 1_000_000 + 499_999;
    if facts.duration_us > longest_us {
        let seconds = facts.duration_us as f64 / 1e6;
        return Err(Problem::TooLong { seconds, most: stream.target_duration });
    }
    let checksum = hex::encode(Sha256::digest(&bytes));
    let number = store(inner, stream, numbers, sent, &bytes, &checksum).await?;
    numbers.given(number);
    let event = event(stream, number, numbers, &facts, bytes.len(), checksum);
    let state = format!("segment {number} {}", event.checksum);
    let event =
        Envelope::new(stream.stream_id.as_str(), &state, inner.shared.clock.now(), Event::LiveSegment(event));
    let publish = inner.shared.relay.publish(Topic::LiveChunks, stream.stream_id.as_str(), &event);
    publish.await.map_err(|error| {
        tracing::warn!(stream_id = %stream.stream_id, %error, "a segment could not be told of");
        Problem::Unavailable
    })?;
    let duration_ms = facts.duration_us.div_ceil(1000);
    let taken = Taken { stream_id: stream.stream_id.to_string(), sequence_number: number, duration_ms };
    Ok((StatusCode::CREATED, Json(taken)).into_response())
}

fn read(bytes: &Bytes) -> Result<ts::Facts, Problem> {
    let mut reader = ts::Reader::default();
    reader.push(bytes);
    Ok(reader.finish()?)
}

/// Stores a segment under the number that it gets. The same bytes again are stored already; bytes that were never listed may
/// be replaced; other bytes under a number that is taken come from an encoder that was restarted.
async fn store(
    inner: &Inner,
    stream: &Stream,
    numbers: &mut Numbers,
    sent: u32,
    bytes: &Bytes,
    checksum: &str,
) -> Result<u32, Problem> {
    let next = stream.timeline.next;
    let mut number = numbers.place(sent, next).ok_or(Problem::NoNumber)?;
    loop {
        let key = ObjectKey::LiveSegment { stream: stream.stream_id.clone(), number };
        let condition = if stream.timeline.is_gap(number) { Condition::Always } else { Condition::Absent };
        if inner.put(&key, bytes, condition).await? || inner.holds(&key, checksum).await? {
            return Ok(number);
        }
        number = numbers.begin_anew(sent, next).ok_or(Problem::NoNumber)?;
        // Whatever is stored there was never told of to the playlist.
        numbers.given(number);
    }
}

impl Inner {
    /// Whether the object has these bytes now.
    async fn put(&self, key: &ObjectKey, bytes: &Bytes, condition: Condition) -> Result<bool, Problem> {
        let put = self.shared.objects.put(key, ports::Body::from_bytes(bytes.clone()), condition);
        let stored = put.await.map_err(|error| unavailable(key, &error))?;
        Ok(matches!(stored, ports::StoredObject::Done(_)))
    }

    async fn holds(&self, key: &ObjectKey, checksum: &str) -> Result<bool, Problem> {
        let stored = self.shared.objects.head(key).await.map_err(|error| unavailable(key, &error))?;
        Ok(stored.and_then(|meta| meta.sha256).is_some_and(|sha256| sha256 == checksum))
    }
}

fn event(
    stream: &Stream,
    number: u32,
    numbers: &Numbers,
    facts: &ts::Facts,
    size: usize,
    checksum: String,
) -> LiveSegment {
    let key = ObjectKey::LiveSegment { stream: stream.stream_id.clone(), number };
    LiveSegment {
        stream_id: stream.stream_id.clone(),
        stream_type: "live".to_owned(),
        chunk_index: number,
        sequence_number: number,
        size_bytes: size as u64,
        checksum,
        duration_ms: (facts.duration_us + 500) / 1000,
        duration_us: Some(facts.duration_us),
        program_date_time: None,
        first_pts: Some(facts.first_pts),
        encoder: Some(numbers.encoder()),
        keyframe_aligned: facts.keyframe,
        resolution: facts.resolution.map_or_else(String::new, |(width, height)| format!("{width}x{height}")),
        codecs: facts.codecs.clone(),
        frame_rate: facts.frame_rate,
        audio_track_id: None,
        video_track_id: None,
        raw_path: key.to_string(),
        match_home: Some(stream.home_team.clone()),
        match_away: Some(stream.away_team.clone()),
        competition: Some(stream.competition.clone()),
    }
}

fn unavailable(key: &ObjectKey, error: &ObjectError) -> Problem {
    tracing::warn!(%key, %error, "a segment could not be stored");
    Problem::Unavailable
}
