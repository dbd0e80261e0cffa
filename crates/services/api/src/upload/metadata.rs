//! Metadata only, as the original pipeline had it: a test card of the claimed size stands in for the source.

use super::{
    Accepted, accept, choose_id,
    fields::{self, Fields},
};
use crate::{
    problem::{Code, Problem},
    state::State,
};
use axum::{Json, body, extract::Request, http::StatusCode};
use domain::video::{NewSource, TestSource};
use serde::Deserialize;
use utoipa::ToSchema;

const LARGEST_BODY: usize = 64 * 1024;
/// The largest test card, for either orientation.
const CARD: (u32, u32) = (1920, 1080);

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
    let bytes = body::to_bytes(request.into_body(), LARGEST_BODY).await;
    let bytes = bytes.map_err(|_| {
        Problem::new(Code::BodyTooLarge, format!("Metadata takes at most {LARGEST_BODY} bytes, all of them."))
    })?;
    let metadata: Metadata = serde_json::from_slice(&bytes).map_err(|error| {
        let code = if error.is_data() { Code::InvalidField } else { Code::BadRequest };
        Problem::new(code, format!("The JSON is not metadata of a video: {error}."))
    })?;
    let (width, height) = fields::resolution(&metadata.resolution)?;
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
    let card = test_card(width, height, seconds, state.config.simulated_source_max_ms);
    accept(
        state,
        id,
        checked,
        uploader,
        NewSource::TestCard { card, claimed_bytes: metadata.file_size_bytes },
    )
    .await
}

/// The largest card of the claimed shape inside 1080p (turned for portrait).
fn test_card(width: u32, height: u32, seconds: f64, longest_ms: u32) -> TestSource {
    let (long, short) = (f64::from(width.max(height)), f64::from(width.min(height)));
    let scale = (f64::from(CARD.0) / long).min(f64::from(CARD.1) / short).min(1.0);
    let side = |pixels: u32| (((f64::from(pixels) * scale) / 2.0).round() as u32 * 2).max(16);
    let duration_ms = ((seconds * 1000.0).round() as u32).clamp(100, longest_ms.max(100));
    TestSource { width: side(width), height: side(height), duration_ms }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_keep_the_shape() {
        assert_eq!(
            test_card(3840, 2160, 60.0, 8000),
            TestSource { width: 1920, height: 1080, duration_ms: 8000 }
        );
        assert_eq!(
            test_card(720, 1280, 0.5, 8000),
            TestSource { width: 720, height: 1280, duration_ms: 500 }
        );
    }
}
