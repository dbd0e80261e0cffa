//! A form with a file, as browsers and curl send it.

use super::{
    Accepted, accept, choose_id, discard,
    fields::{self, Fields},
    receive,
};
use crate::{
    problem::{Code, Problem},
    state::State,
};
use axum::{
    Json,
    extract::{
        FromRequest, Request,
        multipart::{Field, Multipart, MultipartError},
    },
    http::StatusCode,
};
use domain::{StreamId, job::SourceOutput, video::NewSource};
use utoipa::ToSchema;

/// The form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents the form; the fields are read as they flow")]
pub(crate) struct Form {
    /// The video.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    file: String,
    /// The title; the file's name unless given.
    title: Option<String>,
    /// A name for the sound.
    audio_track_id: Option<String>,
    /// The id that the video is to have, if it is free. Before `file`.
    stream_id: Option<String>,
}

const LARGEST_FIELD: usize = 16 * 1024;

/// Accepts a form.
pub(super) async fn upload(
    state: &State,
    uploader: String,
    request: Request,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    let announced = request
        .headers()
        .get(axum::http::header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    let slack = 1024 * 1024;
    if announced.is_some_and(|length| length > state.config.upload_max_bytes.saturating_add(slack)) {
        let limit = state.config.upload_max_bytes;
        return Err(Problem::new(Code::BodyTooLarge, format!("An upload takes at most {limit} bytes.")));
    }
    let form = Multipart::from_request(request, state).await;
    let mut form = form.map_err(|error| Problem::new(Code::BadRequest, error.body_text()))?;
    let mut partial = Partial::default();
    match partial.read(state, &mut form).await {
        Ok(()) => partial.accept(state, uploader).await,
        Err(problem) => {
            partial.discard(state).await;
            Err(problem)
        }
    }
}

/// What has been read of a form.
#[derive(Default)]
struct Partial {
    fields: Fields,
    title: Option<String>,
    file_title: String,
    stored: Option<(StreamId, SourceOutput)>,
}

impl Partial {
    async fn read(&mut self, state: &State, form: &mut Multipart) -> Result<(), Problem> {
        while let Some(field) = form.next_field().await.map_err(malformed)? {
            match field.name().unwrap_or_default() {
                "file" => self.store(state, field).await?,
                "title" => self.title = Some(fields::title(&text(field).await?)?),
                "audio_track_id" => self.fields.audio_track_id = Some(fields::track_id(&text(field).await?)?),
                "stream_id" => self.fields.stream_id = Some(fields::stream_id(&text(field).await?)?),
                // Claims that the original's clients make: what is found in the file is what counts.
                "duration_seconds" | "resolution" | "file_size_bytes" => drop(text(field).await?),
                other => {
                    let shown: String = other.chars().take(64).collect();
                    return Err(Problem::new(
                        Code::InvalidField,
                        format!(
                            "The form has a field {shown:?}; it takes file, title, audio_track_id and stream_id."
                        ),
                    ));
                }
            }
        }
        Ok(())
    }

    async fn store(&mut self, state: &State, field: Field<'_>) -> Result<(), Problem> {
        if self.stored.is_some() {
            return Err(Problem::new(Code::InvalidField, "The form has two files; send one form for each."));
        }
        self.file_title = fields::title_of_file(field.file_name().unwrap_or_default());
        let id = choose_id(state, self.fields.stream_id.clone()).await?;
        let source = receive::source(state, &id, field).await?;
        self.stored = Some((id, source));
        Ok(())
    }

    async fn accept(
        mut self,
        state: &State,
        uploader: String,
    ) -> Result<(StatusCode, Json<Accepted>), Problem> {
        let Some((id, source)) = self.stored else {
            return Err(Problem::new(Code::EmptyBody, "The form has no field \"file\" with the video."));
        };
        self.fields.title = self.title.unwrap_or(self.file_title);
        accept(state, id, self.fields, uploader, NewSource::Stored(source)).await
    }

    async fn discard(&self, state: &State) {
        if let Some((id, _)) = &self.stored {
            discard(state, id).await;
        }
    }
}

async fn text(mut field: Field<'_>) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(malformed)? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > LARGEST_FIELD {
            return Err(Problem::new(
                Code::InvalidField,
                format!("A field takes at most {LARGEST_FIELD} bytes."),
            ));
        }
    }
    String::from_utf8(bytes).map_err(|_| Problem::new(Code::InvalidField, "A field is not UTF-8 text."))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
fn malformed(error: MultipartError) -> Problem {
    tracing::debug!(error = error.body_text(), "a form was cut off or malformed");
    Problem::new(Code::IncompleteBody, "The form ended before its end or is malformed. Send it again.")
}
