//! The bytes of a file as the whole body, such as `curl --data-binary @film.mp4`.

use super::{
    Accepted, accept, choose_id,
    fields::{self, Fields, RawQuery},
    receive,
};
use crate::{
    problem::{Code, Problem},
    state::State,
};
use axum::{
    Json,
    extract::{Query, Request},
    http::{StatusCode, header},
};
use domain::video::NewSource;

/// Accepts a body.
pub(super) async fn upload(
    state: &State,
    uploader: String,
    request: Request,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    let Query(query) = Query::<RawQuery>::try_from_uri(request.uri())
        .map_err(|error| Problem::new(Code::InvalidField, error.body_text()))?;
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let limit = state.config.upload_max_bytes;
    if announced.is_some_and(|length| length > limit) {
        return Err(Problem::new(Code::BodyTooLarge, format!("An upload takes at most {limit} bytes.")));
    }
    let checked = Fields {
        title: fields::title(query.title.as_deref().unwrap_or_default())?,
        stream_id: query.stream_id.as_deref().map(fields::stream_id).transpose()?,
        ..Fields::default()
    };
    let id = choose_id(state, checked.stream_id.clone()).await?;
    let source = receive::source(state, &id, request.into_body().into_data_stream()).await?;
    accept(state, id, checked, uploader, NewSource::Stored(source)).await
}
