//! The archive of a finished video's playlists, with unsigned references: for people and tools at the bucket, never served.

use crate::handlers::{ProcessError, Processor};
use domain::{collection::JOBS_BY_STREAM, job::JobState, object::ObjectKey, video::Video};
use futures::TryStreamExt;
use hls::vod::{self, ArchiveAddresses};
use ports::{Body, Condition, Query};
use std::collections::BTreeMap;

const PAGE: u32 = 200;

/// Writes the master and every rendition's playlist.
pub(crate) async fn write(processor: &Processor, video: &Video) -> Result<(), ProcessError> {
    let Some(plan) = &video.plan else { return Ok(()) };
    let epochs = epochs(processor, video).await?;
    let addresses = ArchiveAddresses { video, epochs: &epochs };
    let master = vod::master(plan, Some(vod::Measured::of(video)), &addresses).to_m3u8();
    put(processor, &ObjectKey::Master { stream: video.stream_id.clone() }, master).await?;
    for rendition in video.rates.keys() {
        if let Some(playlist) = vod::media(plan, rendition, &addresses) {
            let key = ObjectKey::Playlist { stream: video.stream_id.clone(), rendition: rendition.clone() };
            put(processor, &key, playlist.to_m3u8()).await?;
        }
    }
    Ok(())
}

/// The epoch under which each part was made.
async fn epochs(processor: &Processor, video: &Video) -> Result<BTreeMap<u32, u32>, ProcessError> {
    let done = vec![video.stream_id.as_str().into(), JobState::Done.name().into()];
    let mut jobs = processor.jobs.every(Query::of(JOBS_BY_STREAM, done, PAGE));
    let mut epochs = BTreeMap::new();
    while let Some(job) = jobs.try_next().await? {
        let outputs = job.outputs.filter(|outputs| outputs.source.is_none());
        epochs.extend(outputs.map(|outputs| (job.position, outputs.epoch)));
    }
    Ok(epochs)
}

async fn put(processor: &Processor, key: &ObjectKey, text: String) -> Result<(), ProcessError> {
    processor.objects.put(key, Body::from_bytes(text), Condition::Always).await?;
    Ok(())
}
