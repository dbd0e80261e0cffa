//! `POST /streams/end`: a live stream ends, after the last segment that was published before.

use super::live_id;
use crate::{
    body,
    problem::{Code, Problem, ProblemBody},
    state::State,
};
use axum::{
    Json,
    extract::{Request, State as Extracted},
};
use domain::{
    StreamId, Timestamp,
    event::Topic,
    live::{Stream, StreamRefusal},
};
use serde::{Deserialize, Serialize};
use service_kit::ChangeError;
use utoipa::ToSchema;

/// Which stream ends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct End {
    /// The stream.
    stream_id: String,
}

/// A stream that is ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ended {
    /// The stream.
    stream_id: String,
    /// Always `vod`, which it becomes when its last segments are in.
    status: &'static str,
    /// When it was ended.
    #[schema(value_type = Option<String>)]
    ended_at: Option<Timestamp>,
}

/// Ends a live stream; ending it again answers the same. Its recording is at `/vod/{stream_id}/manifest` a moment later.
#[utoipa::path(post, path = "/streams/end", tag = "streams", request_body = End,
    responses(
        (status = 200, body = Ended),
        (status = 400, body = ProblemBody, description = "The body is no JSON"),
        (status = 404, body = ProblemBody, description = "There is no such stream"),
        (status = 422, body = ProblemBody, description = "A field has a wrong value"),
    ))]
pub(crate) async fn end(
    Extracted(state): Extracted<State>,
    request: Request,
) -> Result<Json<Ended>, Problem> {
    let End { stream_id } = body::json(request, "the stream_id of a stream that ends").await?;
    let id = live_id(&stream_id)?;
    // It goes on when the client hangs up, so that what is written is also announced at once.
    let ending = tokio::spawn(async move { ended(&state, &id).await });
    let stream =
        ending.await.map_err(|_| Problem::new(Code::Internal, "The stream could not be ended."))??;
    let Stream { stream_id, ended_at, .. } = stream;
    Ok(Json(Ended { stream_id: stream_id.into(), status: "vod", ended_at }))
}

async fn ended(state: &State, id: &StreamId) -> Result<Stream, Problem> {
    let now = state.clock.now();
    let changed = state.streams.change(id.as_str(), |stream| stream.end(now)).await;
    state.recent.forget(id);
    match changed {
        Ok(stream) => {
            state.metrics.published.with_label_values(&[Topic::LiveChunks.name()]).inc();
            tracing::info!(stream_id = %id, "ended");
            Ok(stream)
        }
        Err(ChangeError::Refused(StreamRefusal::Already)) => state.stream(id.as_str()).await,
        Err(ChangeError::Missing) => Err(super::no_stream(id.as_str())),
        Err(error) => Err(error.into()),
    }
}
