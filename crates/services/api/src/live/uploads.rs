//! Where an encoder puts its segments: presigned addresses, by the segments' numbers.

use crate::{
    path::Path,
    problem::{Code, Problem, ProblemBody},
    state::State,
};
use axum::{
    Json,
    extract::{Query, State as Extracted, rejection::QueryRejection},
};
use domain::{StreamId, Timestamp, live::StreamStatus, object::ObjectKey};
use ports::{Period, SignedAddress};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How long an address takes a segment, in seconds.
const SIGNED_SECONDS: i64 = 3600;

const MOST: u32 = 1000;

/// Which addresses to prepare.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadsQuery {
    /// The number of the first segment.
    from: u32,
    /// For how many segments, 1 to 1000; 100 unless given.
    count: Option<u32>,
}

/// Where one segment is put.
#[derive(Serialize, ToSchema)]
pub(crate) struct Upload {
    /// The segment's number: `sequence_number` and `chunk_index` of its event.
    chunk_index: u32,
    /// The address: `PUT` the bytes there. Relative to the API's own address where that serves the store.
    url: String,
    /// What `raw_path` of its event is.
    raw_path: String,
    /// How long the address takes it, in seconds.
    expires_in_seconds: i64,
}

/// Where an encoder puts its next segments.
#[utoipa::path(get, path = "/streams/{stream_id}/uploads", tag = "streams",
    params(("stream_id" = String, Path, description = "The stream"), UploadsQuery),
    responses(
        (status = 200, body = Vec<Upload>),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody, description = "The stream has ended"),
        (status = 422, body = ProblemBody),
    ))]
pub(crate) async fn uploads(
    Extracted(state): Extracted<State>,
    Path(stream_id): Path<String>,
    query: Result<Query<UploadsQuery>, QueryRejection>,
) -> Result<Json<Vec<Upload>>, Problem> {
    let Query(wanted) = query.map_err(|error| Problem::new(Code::InvalidField, error.body_text()))?;
    let count = wanted.count.unwrap_or(100);
    if !(1..=MOST).contains(&count) {
        return Err(Problem::new(Code::InvalidField, format!("count is {count}; it takes 1 to {MOST}.")));
    }
    let stream = state.stream(&stream_id).await?;
    if matches!(stream.status, StreamStatus::Ending | StreamStatus::Vod) {
        return Err(Problem::new(Code::StreamEnded, "The stream takes no more segments. Start another one."));
    }
    Ok(Json(signed(&state, &stream.stream_id, wanted.from, count)))
}

/// The addresses of so many segments.
pub(super) fn signed(state: &State, stream: &StreamId, from: u32, count: u32) -> Vec<Upload> {
    let now = state.clock.now().as_seconds();
    let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
    let valid = Period { from: at(now), until: at(now + SIGNED_SECONDS) };
    let upload = |number: u32| {
        let key = ObjectKey::LiveSegment { stream: stream.clone(), number };
        let url = match state.objects.presign_put(&key, valid) {
            SignedAddress::Absolute(url) => url.to_string(),
            SignedAddress::OnApi(path) => path,
        };
        Upload { chunk_index: number, url, raw_path: key.to_string(), expires_in_seconds: SIGNED_SECONDS }
    };
    (from..from.saturating_add(count)).map(upload).collect()
}
