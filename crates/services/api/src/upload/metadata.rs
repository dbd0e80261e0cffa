//! Metadata only, as the original pipeline had it: a test card of the claimed size stands in for the source.

use super::{
    Accepted, accept, choose_id,
    fields::{self, Fields},
};
use crate::{
    body,
    problem::{Code, Problem},
    state::State,
};
use axum::{Json, extract::Request, http::StatusCode};
use domain::video::{NewSource, TestSource};
use serde::Deserialize;
use utoipa::ToSchema;

/// What the original's clients send.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metadata {
    /// The title.
    title: String,
    /// The length, in seconds.
    duration_seconds: f64,
    /// `WIDTHxHEIGHT`.
    #[serde(default = "full_hd")]
    resolution: String,
    /// The size of the file that the metadata is about.
    #[serde(default)]
    file_size_bytes: u64,
    /// A name for the sound.
    audio_track_id: Option<String>,
    /// The id that the video is to have, if it is free.
    stream_id: Option<String>,
}

fn full_hd() -> String {
    "1920x1080".to_owned()
}

/// Accepts metadata.
pub(super) async fn upload(
    state: &State,
    uploader: String,
    request: Request,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    let metadata: Metadata = body::json(request, "metadata of a video").await?;
    let resolution = fields::resolution(&metadata.resolution)?;
    let seconds = metadata.duration_seconds;
    if !(seconds > 0.0 && seconds <= 7.0 * 24.0 * 3600.0) {
        return Err(Problem::new(
            Code::InvalidField,
            format!("duration_seconds is {seconds}; it takes more than 0, up to a week."),
        ));
    }
    let checked = Fields {
        title: fields::title(&metadata.title)?,
        resolution: metadata.resolution,
        duration_seconds: seconds,
        audio_track_id: metadata.audio_track_id.as_deref().map(fields::track_id).transpose()?,
        stream_id: metadata.stream_id.as_deref().map(fields::stream_id).transpose()?,
    };
    let id = choose_id(state, checked.stream_id.clone()).await?;
    let card = TestSource::claimed(resolution, seconds, state.config.simulated_source_max_ms);
    accept(
        state,
        id,
        checked,
        uploader,
        NewSource::TestCard { card, claimed_bytes: metadata.file_size_bytes },
    )
    .await
}
