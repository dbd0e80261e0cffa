//! Jobs: one at a time, for whoever looks into a video that does not come.

use crate::{
    path::Path,
    problem::{Code, Problem, ProblemBody},
    state::State,
};
use axum::{Json, extract::State as Extracted};
use domain::JobId;
use serde_json::Value;

/// A job's document: where it stands, what it made, why it failed.
#[utoipa::path(get, path = "/jobs/{job_id}", tag = "work", params(("job_id" = String, Path, description = "The job")),
    responses((status = 200, body = Value), (status = 404, body = ProblemBody)))]
pub(crate) async fn job(
    Extracted(state): Extracted<State>,
    Path(job_id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let missing = || Problem::new(Code::NotFound, "There is no such job.");
    let id: JobId = job_id.parse().map_err(|_| missing())?;
    let job = state.jobs.get(id.as_str()).await?.ok_or_else(missing)?;
    let mut document = serde_json::to_value(job).unwrap_or_default();
    if let Some(fields) = document.as_object_mut() {
        for hidden in ["outbox", "outbox_since", "uploader"] {
            fields.remove(hidden);
        }
    }
    Ok(Json(document))
}
