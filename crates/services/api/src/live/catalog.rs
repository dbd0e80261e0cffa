//! Live streams and their segments in the catalog.

use crate::{
    catalog::listing::{ListQuery, page, wanted},
    path::Path,
    problem::{Code, Problem, ProblemBody},
    state::State,
};
use axum::{
    Json,
    extract::{Query as UrlQuery, State as Extracted, rejection::QueryRejection},
};
use domain::{
    collection::{LIVE_SEGMENTS_BY_NUMBER, STREAMS_BY_CREATION, STREAMS_BY_STATUS},
    document::Document,
    live::{LiveSegmentRecord, Stream, StreamStatus},
};
use ports::Query;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// A page of live streams, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct StreamList {
    /// The streams' documents, without what only the service needs.
    streams: Vec<Value>,
    /// The cursor of the next page; null at the end.
    next: Option<String>,
}

/// A page of a stream's segments, by number.
#[derive(Serialize, ToSchema)]
pub(crate) struct SegmentList {
    /// The segments' documents.
    segments: Vec<Value>,
    /// The cursor of the next page; null at the end.
    next: Option<String>,
}

/// Lists live streams, newest first. Those of a status: live, stalled, ending or vod.
#[utoipa::path(get, path = "/streams", tag = "streams", params(ListQuery),
    responses((status = 200, body = StreamList), (status = 422, body = ProblemBody)))]
pub(crate) async fn list(
    Extracted(state): Extracted<State>,
    query: Result<UrlQuery<ListQuery>, QueryRejection>,
) -> Result<Json<StreamList>, Problem> {
    let wanted = wanted(query)?;
    let all = StreamStatus::ALL.map(|status| (status.name(), status));
    let query = match wanted.status_among(&all)? {
        Some(status) => Query::of(STREAMS_BY_STATUS, vec![status.name().into()], wanted.limit()?),
        None => Query::of(STREAMS_BY_CREATION, Vec::new(), wanted.limit()?),
    };
    let (found, next) = page(&state.streams, query.descending(), wanted).await?;
    Ok(Json(StreamList { streams: found.iter().map(summary).collect(), next }))
}

/// A live stream's document: everything that is known of it.
#[utoipa::path(get, path = "/streams/{stream_id}/metadata", tag = "streams",
    params(("stream_id" = String, Path, description = "The stream")),
    responses((status = 200, body = Value), (status = 404, body = ProblemBody)))]
pub(crate) async fn metadata(
    Extracted(state): Extracted<State>,
    Path(stream_id): Path<String>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(summary(&state.stream(&stream_id).await?)))
}

/// Lists a stream's segments by number, gaps among them.
#[utoipa::path(get, path = "/streams/{stream_id}/segments", tag = "streams",
    params(("stream_id" = String, Path, description = "The stream"), ListQuery),
    responses((status = 200, body = SegmentList), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub(crate) async fn segments(
    Extracted(state): Extracted<State>,
    Path(stream_id): Path<String>,
    query: Result<UrlQuery<ListQuery>, QueryRejection>,
) -> Result<Json<SegmentList>, Problem> {
    let wanted = wanted(query)?;
    wanted.status_among::<()>(&[])?;
    let stream = state.stream(&stream_id).await?;
    let of_stream = vec![stream.stream_id.as_str().into()];
    let query = Query::of(LIVE_SEGMENTS_BY_NUMBER, of_stream, wanted.limit()?);
    let (found, next) = page(&state.segments, query, wanted).await?;
    Ok(Json(SegmentList { segments: found.iter().map(visible).collect(), next }))
}

/// A segment's document: what became of it, when it plays, where it is.
#[utoipa::path(get, path = "/streams/{stream_id}/segments/{number}", tag = "streams",
    params(("stream_id" = String, Path, description = "The stream"), ("number" = u32, Path, description = "The segment's number")),
    responses((status = 200, body = Value), (status = 404, body = ProblemBody)))]
pub(crate) async fn segment(
    Extracted(state): Extracted<State>,
    Path((stream_id, number)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let missing = || Problem::new(Code::NotFound, "The stream has no such segment.");
    let stream = super::live_id(&stream_id)?;
    let number = number.parse().map_err(|_| missing())?;
    let record = state.segments.get(&LiveSegmentRecord::id_of(&stream, number)).await?;
    Ok(Json(visible(&record.ok_or_else(missing)?)))
}

/// The catalog's view of a stream that is no video yet.
pub(crate) fn content(stream: &Stream) -> Value {
    json!({
        "stream_id": stream.stream_id,
        "stream_type": "live",
        "title": stream.title(),
        "status": stream.status,
        "duration_seconds": stream.timeline.duration_us as f64 / 1e6,
        "resolution": stream.format.resolution,
        "variants": [],
        "manifest": format!("/streams/{}/live", stream.stream_id),
        "created_at": stream.created_at,
        "ended_at": stream.ended_at,
        "completed_at": stream.completed_at,
    })
}

/// What only the services need stays inside; of the timeline, what changes with every segment.
fn summary(stream: &Stream) -> Value {
    let mut document = visible(stream);
    if let Some(timeline) = document.get_mut("timeline").and_then(Value::as_object_mut) {
        for inner in ["window", "unrecorded", "tail"] {
            timeline.remove(inner);
        }
    }
    document
}

fn visible<D: Document>(document: &D) -> Value {
    let mut document = serde_json::to_value(document).unwrap_or_default();
    if let Some(fields) = document.as_object_mut() {
        for hidden in ["outbox", "outbox_since", "_id"] {
            fields.remove(hidden);
        }
    }
    document
}
