//! The encoders' side: segments are stored, and their events published at an even pace, as an encoder does it.

use super::{
    audience::{Audience, Watched},
    offer::Offered,
    product::Product,
};
use crate::clock::{self, Stopwatch};
use anyhow::Context;
use bytes::Bytes;
use domain::{
    StreamId,
    event::{Envelope, Event, LiveSegment, Topic},
    object::ObjectKey,
};
use futures::{TryStreamExt, stream};
use ports::{Body, Clock, Condition};
use service_kit::Relay;
use sha2::{Digest, Sha256};
use std::{ops::Range, sync::Arc, time::Duration};
use tokio::task::JoinSet;

/// A segment's bytes: nobody reads them.
const BYTES: Bytes = Bytes::from_static(&[0x47; 188]);
/// So many segments are stored at once.
const STORED_AT_ONCE: usize = 16;

/// Stores segments of these numbers of every stream.
pub(super) async fn store(product: &Product, audience: &Audience, numbers: Range<u32>) -> anyhow::Result<()> {
    let segments = numbers.flat_map(|number| audience.streams.iter().map(move |watched| (watched, number)));
    stream::iter(segments.map(Ok::<_, anyhow::Error>))
        .try_for_each_concurrent(STORED_AT_ONCE, |(watched, number)| async move {
            let key = ObjectKey::LiveSegment { stream: watched.stream.clone(), number };
            let put = product.world.objects.put(&key, Body::from_bytes(BYTES), Condition::Always);
            put.await.context("storing a segment")?;
            Ok(())
        })
        .await
}

/// Publishes the events of segments of these numbers of every stream, at the offered rate.
pub(super) async fn publish(
    product: &Product,
    audience: &Audience,
    offered: Offered,
    numbers: Range<u32>,
) -> anyhow::Result<()> {
    let mut running = JoinSet::new();
    let begin_s = audience.since.seconds();
    for (place, watched) in audience.streams.iter().enumerate() {
        let encoder = Encoder {
            relay: Relay::new(product.world.log.clone()),
            clock: product.world.clock.clone(),
            watched: watched.clone(),
            since: audience.since,
            checksum: hex::encode(Sha256::digest(BYTES)),
            offered,
        };
        // Evenly between those of the other streams.
        let begin_s = begin_s + place as f64 / f64::from(offered.rate);
        running.spawn(encoder.send(numbers.clone(), begin_s));
    }
    while let Some(ended) = running.join_next().await {
        ended.context("an encoder panicked")??;
    }
    Ok(())
}

/// One stream's encoder.
struct Encoder {
    relay: Relay,
    clock: Arc<dyn Clock>,
    watched: Arc<Watched>,
    since: Stopwatch,
    checksum: String,
    offered: Offered,
}

impl Encoder {
    /// One after the other. What is held up by the event before counts from when it was due.
    async fn send(self, numbers: Range<u32>, begin_s: f64) -> anyhow::Result<()> {
        for (place, number) in numbers.enumerate() {
            let due_s = begin_s + place as f64 * self.offered.period_s();
            let early_s = due_s - self.since.seconds();
            if early_s > 0.0 {
                clock::pause(Duration::from_secs_f64(early_s)).await;
            }
            let event = self.event(number);
            let published_s = if early_s > 0.0 { self.since.seconds() } else { due_s };
            self.watched.expect(number, published_s);
            let stream = self.watched.stream.as_str();
            self.relay.publish(Topic::LiveChunks, stream, &event).await.context("publishing an event")?;
        }
        Ok(())
    }

    fn event(&self, number: u32) -> Envelope {
        let (stream, now) = (self.watched.stream.clone(), self.clock.now());
        let segment = segment(stream.clone(), number, self.offered.duration_ms(), &self.checksum);
        Envelope::new(stream.as_str(), &format!("segment {number}"), now, Event::LiveSegment(segment))
    }
}

fn segment(stream_id: StreamId, number: u32, duration_ms: u64, checksum: &str) -> LiveSegment {
    let key = ObjectKey::LiveSegment { stream: stream_id.clone(), number };
    LiveSegment {
        stream_id,
        stream_type: "live".to_owned(),
        chunk_index: number,
        sequence_number: number,
        size_bytes: BYTES.len() as u64,
        checksum: checksum.to_owned(),
        duration_ms,
        duration_us: None,
        program_date_time: None,
        first_pts: Some(u64::from(number) * duration_ms * 90),
        encoder: None,
        keyframe_aligned: true,
        resolution: "640x360".to_owned(),
        codecs: Some("avc1.64001e,mp4a.40.2".to_owned()),
        frame_rate: Some(25.0),
        audio_track_id: None,
        video_track_id: None,
        raw_path: key.to_string(),
        match_home: None,
        match_away: None,
        competition: None,
    }
}
