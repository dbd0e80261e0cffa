//! `POST /vod/upload` in its three forms: metadata only, multipart, raw bytes.

mod fields;
mod metadata;
mod multipart;
mod raw;
mod receive;

use crate::{
    problem::{Code, Problem, ProblemBody},
    state::State,
};
use axum::{
    Json,
    extract::{ConnectInfo, Request, State as Extracted},
    http::{StatusCode, header},
};
use domain::{
    StreamId,
    event::Topic,
    object::ObjectKey,
    video::{NewSource, NewVideo, Video},
};
use fields::Fields;
use serde::Serialize;
use service_kit::trace;
use std::net::SocketAddr;
use tracing::Instrument;
use utoipa::ToSchema;

/// An upload that is stored, recorded and announced.
#[derive(Serialize, ToSchema)]
pub(crate) struct Accepted {
    /// The video's id.
    stream_id: String,
    /// Always `uploaded`.
    status: &'static str,
    /// What happens next, for people.
    message: String,
    /// The topic that announces it.
    kafka_topic: &'static str,
}

/// Uploads a video: `multipart/form-data` with a `file` (and optional `title`), the raw bytes with any other content type
/// (and `?title=`), or, as `application/json`, metadata only, for which a test card stands in.
#[utoipa::path(post, path = "/vod/upload", tag = "videos",
    params(fields::RawQuery),
    request_body(content(
        (metadata::Metadata = "application/json"),
        (multipart::Form = "multipart/form-data"),
        (Vec<u8> = "application/octet-stream"),
    )),
    responses(
        (status = 201, body = Accepted),
        (status = 400, body = ProblemBody, description = "The body is empty, cut off or malformed"),
        (status = 409, body = ProblemBody, description = "There is a video of this id"),
        (status = 413, body = ProblemBody, description = "The body is over the limit"),
        (status = 422, body = ProblemBody, description = "A field has a wrong value"),
    ))]
pub(crate) async fn upload(
    Extracted(state): Extracted<State>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    let content_type =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let kind = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let uploader = peer.ip().to_string();
    match kind.as_str() {
        "application/json" => metadata::upload(&state, uploader, request).await,
        "multipart/form-data" => multipart::upload(&state, uploader, request).await,
        "application/x-www-form-urlencoded" => Err(Problem::new(
            Code::UnsupportedType,
            "A form without a file is no upload: send multipart/form-data, or the bytes as application/octet-stream.",
        )),
        _ => raw::upload(&state, uploader, request).await,
    }
}

/// The id that was asked for, if it is free, or a new one.
async fn choose_id(state: &State, asked: Option<StreamId>) -> Result<StreamId, Problem> {
    let Some(id) = asked else {
        let mut random = [0; 6];
        state.clock.random(&mut random);
        return Ok(StreamId::vod(random));
    };
    if state.videos.get(id.as_str()).await?.is_some() {
        return Err(taken(&id));
    }
    Ok(id)
}

fn taken(id: &StreamId) -> Problem {
    Problem::new(
        Code::AlreadyExists,
        format!("There is a video {id} already. Leave stream_id out to get a free one."),
    )
}

/// Records and announces an upload. It goes on when the client hangs up: what is stored must not stay without a record.
async fn accept(
    state: &State,
    id: StreamId,
    fields: Fields,
    uploader: String,
    source: NewSource,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    let state = state.clone();
    let recording = async move {
        let stored = matches!(source, NewSource::Stored(_));
        let new = NewVideo {
            stream_id: id.clone(),
            title: fields.title,
            uploader,
            resolution: fields.resolution,
            duration_seconds: fields.duration_seconds,
            audio_track_id: fields.audio_track_id,
            source,
        };
        let mut video = Video::uploaded(new, state.clock.now());
        video.outbox.traceparent = trace::traceparent();
        let inserted = state.videos.insert(&video).await;
        if let Ok(true) = inserted {
            state.metrics.published.with_label_values(&[Topic::VodChunks.name()]).inc();
            tracing::info!(stream_id = %id, "uploaded");
            return Ok(answer(&id));
        }
        // Another upload of the same id owns what is stored under it by now; a failed insert owns nothing.
        if stored && inserted.is_err() {
            discard(&state, &id).await;
        }
        inserted?;
        Err(taken(&id))
    };
    tokio::spawn(recording.in_current_span())
        .await
        .map_err(|_| Problem::new(Code::Internal, "The upload could not be recorded."))?
}

/// Takes back what was stored for an upload that is not accepted.
async fn discard(state: &State, id: &StreamId) {
    if let Err(error) = state.objects.remove(&ObjectKey::Source { stream: id.clone() }).await {
        tracing::warn!(stream_id = %id, %error, "a refused upload stays in the store until the next sweep");
    }
}

fn answer(id: &StreamId) -> (StatusCode, Json<Accepted>) {
    let message = format!("Uploaded. Follow it at /vod/{id}/metadata, play it from /vod/{id}/manifest.");
    let accepted = Accepted {
        stream_id: id.to_string(),
        status: "uploaded",
        message,
        kafka_topic: Topic::VodChunks.name(),
    };
    (StatusCode::CREATED, Json(accepted))
}
