//! Statistics: how much waits, runs and is done.

use crate::{problem::Problem, state::State};
use axum::{Json, extract::State as Extracted};
use domain::{
    Timestamp,
    collection::{JOBS_BY_TURN, VIDEOS_BY_STATUS},
    job::JobState,
    video::VideoStatus,
};
use ports::Query;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How much waits, runs and is done.
#[derive(Serialize, ToSchema)]
pub(crate) struct Stats {
    /// Videos by status.
    videos: BTreeMap<&'static str, u64>,
    /// Jobs by state.
    jobs: BTreeMap<&'static str, u64>,
    /// How long the job that is next in turn has existed, in seconds; null when none waits.
    next_job_age_seconds: Option<f64>,
    /// When this was counted.
    #[schema(value_type = String)]
    at: Timestamp,
}

/// Counts of videos and jobs, and the age of what waits.
#[utoipa::path(get, path = "/stats", tag = "work", responses((status = 200, body = Stats)))]
pub(crate) async fn stats(Extracted(state): Extracted<State>) -> Result<Json<Stats>, Problem> {
    let (mut videos, mut jobs) = (BTreeMap::new(), BTreeMap::new());
    for status in VideoStatus::ALL {
        let query = Query::of(VIDEOS_BY_STATUS, vec![status.name().into()], 1);
        videos.insert(status.name(), state.videos.count(&query).await?);
    }
    for job_state in JobState::ALL {
        let query = Query::of(JOBS_BY_TURN, vec![job_state.name().into()], 1);
        jobs.insert(job_state.name(), state.jobs.count(&query).await?);
    }
    let next = state.jobs.find(&Query::of(JOBS_BY_TURN, vec![JobState::Queued.name().into()], 1)).await?;
    let at = state.clock.now();
    let age = next.documents.first().map(|job| at.seconds_since(job.created_at));
    Ok(Json(Stats { videos, jobs, next_job_age_seconds: age, at }))
}
