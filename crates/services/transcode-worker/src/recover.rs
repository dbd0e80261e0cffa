//! Finding what an earlier attempt had finished before its worker died: it is checked and not made again.

use crate::store::outputs_key;
use domain::job::{Job, Outputs};
use ports::{ObjectError, ObjectStore};

/// The newest complete output of an earlier attempt at this job, if every object of it is there in its recorded size (and
/// hash, where the store keeps hashes).
pub(crate) async fn finished_before(
    objects: &dyn ObjectStore,
    job: &Job,
) -> Result<Option<Outputs>, ObjectError> {
    for epoch in (1..job.epoch).rev() {
        if let Some(outputs) = recorded(objects, job, epoch).await?
            && intact(objects, job, &outputs).await?
        {
            return Ok(Some(outputs));
        }
    }
    Ok(None)
}

async fn recorded(objects: &dyn ObjectStore, job: &Job, epoch: u32) -> Result<Option<Outputs>, ObjectError> {
    let body = match objects.get(&outputs_key(job, epoch), None).await {
        Err(ObjectError::Missing(_)) => return Ok(None),
        body => body?.collect().await.map_err(ObjectError::Body)?,
    };
    Ok(serde_json::from_slice(&body).ok())
}

async fn intact(objects: &dyn ObjectStore, job: &Job, outputs: &Outputs) -> Result<bool, ObjectError> {
    for track in &outputs.tracks {
        for segment in &track.segments {
            let key = track.segment_key(&job.stream_id, outputs.epoch, segment.index);
            let Some(meta) = objects.head(&key).await? else { return Ok(false) };
            let same_bytes = meta.sha256.is_none_or(|sha256| sha256 == segment.sha256);
            if meta.size != segment.size_bytes || !same_bytes {
                return Ok(false);
            }
        }
    }
    Ok(outputs.source.is_none() && !outputs.tracks.is_empty())
}
