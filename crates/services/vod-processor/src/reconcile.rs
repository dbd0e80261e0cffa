//! Reconciliation: finds every video that has not ended and does again what a lost event would have asked for.

use crate::handlers::{ProcessError, Processor};
use domain::{
    collection::{JOBS_BY_STREAM, VIDEOS_BY_STATUS},
    job::JobState,
    video::{Video, VideoStatus},
};
use futures::TryStreamExt;
use ports::Query;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

const LOOK_EVERY: Duration = Duration::from_secs(30);
/// Younger videos are most likely on their ordinary way.
const LEAVE_ALONE: Duration = Duration::from_secs(30);
const PAGE: u32 = 100;

/// Reconciles every half minute until told to stop.
pub(crate) async fn run(processor: Arc<Processor>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = processor.clock.sleep(LOOK_EVERY) => {}
        }
        for status in [VideoStatus::Uploaded, VideoStatus::Processing, VideoStatus::Transcoding] {
            tokio::select! {
                () = stop.cancelled() => return,
                reconciled = all_in(&processor, status) => if let Err(error) = reconciled {
                    tracing::warn!(%error, "videos could not be reconciled");
                },
            }
        }
    }
}

async fn all_in(processor: &Processor, status: VideoStatus) -> Result<(), ProcessError> {
    let old = processor.clock.now() - LEAVE_ALONE;
    let left = Query::of(VIDEOS_BY_STATUS, vec![status.name().into()], PAGE).at_most(old.to_string().into());
    let mut videos = processor.videos.every(left);
    while let Some(video) = videos.try_next().await? {
        match status {
            VideoStatus::Transcoding => transcoding(processor, &video).await?,
            _ => processor.on_uploaded(&video.stream_id).await?,
        }
    }
    Ok(())
}

/// Jobs that were never added are added; jobs that ended unheard are counted.
async fn transcoding(processor: &Processor, video: &Video) -> Result<(), ProcessError> {
    let Some(plan) = &video.plan else { return Ok(()) };
    let of_video = |state: Option<JobState>| {
        let mut equals = vec![video.stream_id.as_str().into()];
        equals.extend(state.map(|state| state.name().into()));
        Query::of(JOBS_BY_STREAM, equals, PAGE)
    };
    let planned = u64::from(plan.part_count()) + u64::from(video.test_source.is_some());
    if processor.jobs.count(&of_video(None)).await? < planned {
        processor.on_uploaded(&video.stream_id).await?;
    }
    for state in [JobState::Done, JobState::Dead, JobState::Rejected] {
        let known = if state == JobState::Done { u64::from(video.parts_done.len()) } else { 0 };
        if processor.jobs.count(&of_video(Some(state))).await? <= known {
            continue;
        }
        let mut jobs = processor.jobs.every(of_video(Some(state)));
        while let Some(job) = jobs.try_next().await? {
            if !video.parts_done.contains(job.position) {
                processor.on_job_ended(&job.job_id).await?;
            }
        }
    }
    Ok(())
}
