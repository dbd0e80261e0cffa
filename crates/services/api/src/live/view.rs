//! `GET /streams/{id}/live`: the address that plays a live stream.

use super::live_id;
use crate::{
    path::Path,
    playback::{LINK_SECONDS, Purpose, base},
    problem::{Problem, ProblemBody},
    state::State,
};
use axum::{Json, extract::State as Extracted, http::HeaderMap};
use serde::Serialize;
use utoipa::ToSchema;

/// Where a live stream plays.
#[derive(Serialize, ToSchema)]
pub(crate) struct View {
    /// The stream.
    stream_id: String,
    /// `live`, `stalled` (nothing comes), `ending` or `vod`.
    status: &'static str,
    /// The master playlist: play it with VLC, ffplay, Safari or hls.js as it is.
    manifest_url: String,
    /// How long the address is good for starting to play, in seconds.
    expires_in_seconds: i64,
    /// The number of the oldest segment that viewers can go back to.
    dvr_window_start: u32,
}

/// An address that plays the stream, from its start on; after its end, the last minutes of it.
#[utoipa::path(get, path = "/streams/{stream_id}/live", tag = "streams",
    params(("stream_id" = String, Path, description = "The stream")),
    responses((status = 200, body = View), (status = 404, body = ProblemBody)))]
pub(crate) async fn live(
    Extracted(state): Extracted<State>,
    Path(stream_id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<View>, Problem> {
    let id = live_id(&stream_id)?;
    let stream = state.recent_stream(&id).await?;
    let first = state.playlists.get(&id).and_then(|listing| listing.first);
    let until = state.clock.now().as_seconds() + LINK_SECONDS;
    let token = state.tokens.sign(Purpose::Link, &stream_id, until);
    let manifest_url = format!("{}/play/{token}/{stream_id}/live.m3u8", base(&state, &headers));
    Ok(Json(View {
        status: stream.status.name(),
        manifest_url,
        expires_in_seconds: LINK_SECONDS,
        dvr_window_start: first.unwrap_or(stream.dvr_window_start),
        stream_id,
    }))
}
