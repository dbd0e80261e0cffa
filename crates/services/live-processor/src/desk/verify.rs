//! Comparing what events say with what is stored, without reading a byte of it.

use crate::shared::Shared;
use domain::{
    event::{Envelope, Event, LiveSegment},
    live::{Arrival, Bytes, StoredBytes},
    object::ObjectKey,
};
use futures::future::try_join_all;
use ports::ObjectError;
use service_kit::until_available;

/// The segments of these events, in their order.
pub(super) async fn all(shared: &Shared, events: &[Envelope]) -> Result<Vec<Arrival>, ObjectError> {
    let segments = events.iter().filter_map(|event| match &event.event {
        Event::LiveSegment(segment) => Some((event, segment)),
        _ => None,
    });
    try_join_all(segments.map(|(event, segment)| one(shared, event, segment))).await
}

async fn one(shared: &Shared, event: &Envelope, segment: &LiveSegment) -> Result<Arrival, ObjectError> {
    let key = ObjectKey::LiveSegment { stream: segment.stream_id.clone(), number: segment.sequence_number };
    let look = || shared.looks.of(key.clone());
    let stored = until_available(&*shared.clock, "looking for a live segment", look).await?;
    let stored =
        stored.map(|meta| StoredBytes { size_bytes: meta.size, sha256: meta.sha256, etag: meta.etag });
    let bytes = Bytes::compare(segment, stored.as_ref());
    if bytes == Bytes::Wrong {
        shared.metrics.checksum_failures.with_label_values(&["live"]).inc();
    }
    Ok(Arrival { segment: segment.clone(), event_at: event.timestamp, bytes })
}
