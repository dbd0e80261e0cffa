//! Videos: listing them, their documents, removing them.

use super::listing::{ListQuery, page, wanted};
use crate::{
    live,
    path::Path,
    problem::{Problem, ProblemBody},
    state::State,
};
use axum::{
    Json,
    extract::{Query as UrlQuery, State as Extracted, rejection::QueryRejection},
    http::StatusCode,
};
use domain::{
    collection::{VIDEOS_BY_CREATION, VIDEOS_BY_STATUS},
    event::Topic,
    video::{Video, VideoRefusal, VideoStatus},
};
use ports::Query;
use serde::Serialize;
use serde_json::{Value, json};
use service_kit::ChangeError;
use utoipa::ToSchema;

/// A page of videos, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct VideoList {
    /// The videos' documents, without what only the service needs.
    videos: Vec<Value>,
    /// The cursor of the next page; null at the end.
    next: Option<String>,
}

/// Lists videos, newest first. Those of a status: uploaded, processing, transcoding, ready, failed, rejected or deleted.
#[utoipa::path(get, path = "/vod", tag = "videos", params(ListQuery),
    responses((status = 200, body = VideoList), (status = 422, body = ProblemBody)))]
pub(crate) async fn list(
    Extracted(state): Extracted<State>,
    query: Result<UrlQuery<ListQuery>, QueryRejection>,
) -> Result<Json<VideoList>, Problem> {
    let wanted = wanted(query)?;
    let all = VideoStatus::ALL.map(|status| (status.name(), status));
    let query = match wanted.status_among(&all)? {
        Some(status) => Query::of(VIDEOS_BY_STATUS, vec![status.name().into()], wanted.limit()?),
        None => Query::of(VIDEOS_BY_CREATION, Vec::new(), wanted.limit()?),
    };
    let (found, next) = page(&state.videos, query.descending(), wanted).await?;
    Ok(Json(VideoList { videos: found.iter().map(summary).collect(), next }))
}

/// A video's document: everything that is known of it.
#[utoipa::path(get, path = "/vod/{stream_id}/metadata", tag = "videos", params(("stream_id" = String, Path, description = "The video")),
    responses((status = 200, body = Value), (status = 404, body = ProblemBody)))]
pub(crate) async fn metadata(
    Extracted(state): Extracted<State>,
    Path(stream_id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let video = state.video(&stream_id).await?;
    Ok(Json(document(&video)))
}

/// The catalog's view of a video or live stream: what it is called, how long it is, which renditions it has, where it
/// plays.
#[utoipa::path(get, path = "/content/{stream_id}", tag = "videos", params(("stream_id" = String, Path, description = "The video")),
    responses((status = 200, body = Value), (status = 404, body = ProblemBody)))]
pub(crate) async fn content(
    Extracted(state): Extracted<State>,
    Path(stream_id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let video = match state.video(&stream_id).await {
        Ok(video) => video,
        Err(refused) => match state.stream_of(&stream_id).await? {
            Some(stream) => return Ok(Json(live::catalog::content(&stream))),
            None => return Err(refused),
        },
    };
    let variants: Vec<Value> = video
        .plan
        .iter()
        .flat_map(|plan| &plan.renditions)
        .map(|rendition| {
            json!({
                "name": rendition.name, "width": rendition.width, "height": rendition.height,
            })
        })
        .collect();
    Ok(Json(json!({
        "stream_id": video.stream_id,
        "stream_type": "vod",
        "title": video.title,
        "status": video.status,
        "reason": video.reason,
        "duration_seconds": video.duration_seconds,
        "resolution": video.resolution,
        "variants": variants,
        "manifest": format!("/vod/{}/manifest", video.stream_id),
        "progress_percent": video.progress_percent,
        "created_at": video.created_at,
        "playable_at": video.playable_at,
        "completed_at": video.completed_at,
    })))
}

/// Removes a video with everything it had; a tombstone document of the status `deleted` stays.
#[utoipa::path(delete, path = "/vod/{stream_id}", tag = "videos", params(("stream_id" = String, Path, description = "The video")),
    responses((status = 204), (status = 404, body = ProblemBody)))]
pub(crate) async fn delete(
    Extracted(state): Extracted<State>,
    Path(stream_id): Path<String>,
) -> Result<StatusCode, Problem> {
    let video = state.video(&stream_id).await?;
    let now = state.clock.now();
    match state.videos.change(video.stream_id.as_str(), |video| video.delete(now)).await {
        Ok(_) => state.metrics.published.with_label_values(&[Topic::VodChunks.name()]).inc(),
        Err(ChangeError::Refused(VideoRefusal::Already)) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(StatusCode::NO_CONTENT)
}

/// What only the services need stays inside.
fn document(video: &Video) -> Value {
    let mut document = serde_json::to_value(video).unwrap_or_default();
    if let Some(fields) = document.as_object_mut() {
        for hidden in ["outbox", "outbox_since", "_id", "uploader"] {
            fields.remove(hidden);
        }
    }
    document
}

/// A document without its longer parts.
fn summary(video: &Video) -> Value {
    let mut document = document(video);
    if let Some(fields) = document.as_object_mut() {
        for long in ["media", "plan", "inits", "rates"] {
            fields.remove(long);
        }
    }
    document
}
