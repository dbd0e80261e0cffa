//! `GET /vod/{id}/manifest`: the address that plays.

use super::{playlists, token::Purpose};
use crate::{
    path::Path,
    problem::{Code, Problem, ProblemBody},
    state::State,
};
use axum::{
    Json,
    extract::State as Extracted,
    http::{HeaderMap, header},
};
use domain::video::{Video, VideoStatus};
use serde::Serialize;
use utoipa::ToSchema;

/// How long the address that is handed out opens the master playlist, in seconds.
pub(crate) const LINK_SECONDS: i64 = 3600;

/// Where a video plays.
#[derive(Serialize, ToSchema)]
pub(crate) struct Manifest {
    /// The video.
    stream_id: String,
    /// The master playlist: play it with VLC, ffplay, Safari or hls.js as it is.
    manifest_url: String,
    /// How long the address is good for starting to play, in seconds.
    expires_in_seconds: i64,
    /// A picture of the video (JPEG); none of sound alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    poster_url: Option<String>,
    /// Thumbnails to seek by: a WebVTT file whose cues name parts of pictures, as `0.jpg#xywh=160,0,160,90`.
    #[serde(skip_serializing_if = "Option::is_none")]
    storyboard_url: Option<String>,
}

/// An address that plays the video, from the moment it is planned.
#[utoipa::path(get, path = "/vod/{stream_id}/manifest", tag = "videos", params(("stream_id" = String, Path, description = "The video")),
    responses(
        (status = 200, body = Manifest),
        (status = 404, body = ProblemBody, description = "There is no such video, or it cannot be played yet"),
        (status = 409, body = ProblemBody, description = "The video failed or was rejected; the detail says why"),
    ))]
pub(crate) async fn manifest(
    Extracted(state): Extracted<State>,
    Path(stream_id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Manifest>, Problem> {
    let video = state.video(&stream_id).await?;
    state.require_playable(&video)?;
    let until = state.clock.now().as_seconds() + LINK_SECONDS;
    let token = state.tokens.sign(Purpose::Link, &stream_id, until);
    let base = base(&state, &headers);
    let manifest_url = format!("{base}/play/{token}/{stream_id}/master.m3u8");
    let (poster_url, storyboard_url) = playlists::stills(&state, &video, &base).unzip();
    Ok(Json(Manifest {
        stream_id,
        manifest_url,
        expires_in_seconds: LINK_SECONDS,
        poster_url,
        storyboard_url,
    }))
}

impl State {
    /// Refuses what cannot be played, with the reason.
    pub(crate) fn require_playable(&self, video: &Video) -> Result<(), Problem> {
        let why = || {
            video
                .reason
                .as_ref()
                .map_or_else(|| "No reason was recorded.".to_owned(), |reason| reason.text.clone())
        };
        match video.status {
            VideoStatus::Ready => Ok(()),
            VideoStatus::Transcoding if self.config.play_while_encoding => Ok(()),
            VideoStatus::Failed => Err(Problem::new(Code::Failed, why())),
            VideoStatus::Rejected => Err(Problem::new(Code::Rejected, why())),
            VideoStatus::Deleted => Err(Problem::new(Code::Deleted, "The video was deleted.")),
            VideoStatus::Uploaded | VideoStatus::Processing | VideoStatus::Transcoding => Err(Problem::new(
                Code::NotPlayableYet,
                format!("The video is {}. Ask again in a moment.", video.status.name()),
            )),
        }
    }
}

/// The address of this API as the viewer knows it.
pub(crate) fn base(state: &State, headers: &HeaderMap) -> String {
    if let Some(url) = &state.config.public_url {
        return url.as_str().trim_end_matches('/').to_owned();
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.filter(|host| host.bytes().all(|b| b.is_ascii_alphanumeric() || b".:-[]_".contains(&b)));
    format!("http://{}", host.unwrap_or("localhost"))
}
