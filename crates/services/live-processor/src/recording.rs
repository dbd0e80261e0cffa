//! The recording of a stream that has ended: a video of the same id, made of the segments as they are.

use crate::{
    archive,
    shared::{LiveError, Shared, unless_refused},
};
use domain::{
    StreamId,
    collection::LIVE_SEGMENTS_BY_NUMBER,
    live::{Listing, LiveSegmentRecord, RENDITION, Stream},
    object::ObjectKey,
    video::{MeasuredRate, Recording, Video},
};
use futures::TryStreamExt;
use hls::live;
use ports::{Body, Condition, Query};

const PAGE: u32 = 1_000;

/// Makes it, and ends the stream's life. Whatever of it was done before is done again, and is the same.
pub(crate) async fn make(shared: &Shared, stream: &Stream) -> Result<(), LiveError> {
    let records = records(shared, &stream.stream_id).await?;
    let served = live::recording(&records, live::segment_name).to_m3u8();
    put(shared, &ObjectKey::Recording { stream: stream.stream_id.clone() }, served).await?;
    let rate = rate(&records);
    let now = shared.clock.now();
    let video = Video::recorded(stream, recording(stream, &records), rate, now);
    shared.videos.insert(&video).await?;
    write_archive(shared, stream, &records, &rate).await?;
    // Last comes the status that says that nothing is left to do.
    let step = |stream: Stream| stream.recorded(now);
    unless_refused(shared.streams.change(stream.stream_id.as_str(), step).await)?;
    tracing::info!(stream_id = %stream.stream_id, segments = records.len(), "the recording is a video");
    Ok(())
}

/// All records of a stream, in the order of their numbers.
async fn records(shared: &Shared, stream: &StreamId) -> Result<Vec<LiveSegmentRecord>, LiveError> {
    let of_stream = Query::of(LIVE_SEGMENTS_BY_NUMBER, vec![stream.as_str().into()], PAGE);
    Ok(shared.segments.every(of_stream).try_collect().await?)
}

fn recording(stream: &Stream, records: &[LiveSegmentRecord]) -> Recording {
    let count = |records: usize| u32::try_from(records).unwrap_or(u32::MAX);
    Recording {
        segments: count(records.len()),
        gaps: count(records.iter().filter(|record| record.status == Listing::Gap).count()),
        duration_us: records.iter().map(|record| record.duration_us).sum(),
        codecs: stream.format.codecs.clone(),
        frame_rate: stream.format.frame_rate,
    }
}

fn rate(records: &[LiveSegmentRecord]) -> MeasuredRate {
    let mut rate = MeasuredRate::default();
    for record in records.iter().filter(|record| record.status != Listing::Gap) {
        rate.add(record.size_bytes, record.duration_us);
    }
    rate
}

async fn write_archive(
    shared: &Shared,
    stream: &Stream,
    records: &[LiveSegmentRecord],
    rate: &MeasuredRate,
) -> Result<(), LiveError> {
    let id = &stream.stream_id;
    archive::write(&*shared.objects, &*shared.clock, stream).await;
    let key = ObjectKey::Playlist { stream: id.clone(), rendition: RENDITION.to_owned() };
    let master = live::master(&stream.format, rate, key.to_string()).to_m3u8();
    let media = live::recording(records, |number| archive::segment_path(id, number)).to_m3u8();
    put(shared, &key, media).await?;
    put(shared, &ObjectKey::Master { stream: id.clone() }, master).await
}

async fn put(shared: &Shared, key: &ObjectKey, text: String) -> Result<(), LiveError> {
    shared.objects.put(key, Body::from_bytes(text), Condition::Always).await?;
    Ok(())
}
