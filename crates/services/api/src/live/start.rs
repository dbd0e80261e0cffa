//! `POST /streams/start`: a live stream begins.

use super::uploads::{self, Upload};
use crate::{
    Config, body,
    playback::base,
    problem::{Code, Problem, ProblemBody},
    state::State,
};
use axum::{
    Json,
    extract::{Request, State as Extracted},
    http::StatusCode,
};
use domain::{
    StreamId,
    event::Topic,
    live::{NewStream, Stream, StreamStatus},
};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use url::Url;
use utoipa::ToSchema;

/// The longest name, in characters.
const NAME_CHARS: usize = 200;

/// The target durations that a stream may have, in seconds.
const TARGET_DURATIONS: RangeInclusive<u32> = 1..=60;

/// Uploads that the answer prepares, so that an encoder can begin at once.
const FIRST_UPLOADS: u32 = 10;

/// What is said of a stream when it starts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Start {
    /// The home team.
    home_team: String,
    /// The visiting team.
    away_team: String,
    /// The competition.
    #[serde(default)]
    competition: String,
    /// The caller's own name for it: starting it again is the same stream.
    match_id: Option<String>,
    /// The longest that a rounded segment may be, in whole seconds: 1 to 60, 6 unless given. It never changes.
    target_duration: Option<u32>,
}

/// A stream that is started.
#[derive(Serialize, ToSchema)]
pub(crate) struct Started {
    /// The stream's id.
    stream_id: String,
    /// `live`, unless it was started before and is further by now.
    status: &'static str,
    /// What happens next, for people.
    message: String,
    /// The longest that a rounded segment may be, in whole seconds.
    target_duration: u32,
    /// What an encoder needs.
    ingest: Ingest,
}

/// Where an encoder puts segments, and how it tells of them.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ingest {
    /// The topic of the events that tell of stored segments.
    topic: &'static str,
    /// The key of these events.
    key: String,
    /// The Content-Type of segments: MPEG-TS that begins with a keyframe.
    content_type: &'static str,
    /// Where the first segments are put.
    uploads: Vec<Upload>,
    /// Where to ask for more of these; `{n}` is the number of the first.
    more_uploads: String,
    /// Where encoders that speak only HTTP put segments instead, and tell nobody; `{n}` is any number that rises.
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<String>,
}

/// Starts a live stream. Its playlist is there from now on; starting a match again answers with the same stream.
#[utoipa::path(post, path = "/streams/start", tag = "streams", request_body = Start,
    responses(
        (status = 201, body = Started, description = "It is started"),
        (status = 200, body = Started, description = "It was started before"),
        (status = 400, body = ProblemBody, description = "The body is no JSON"),
        (status = 409, body = ProblemBody, description = "The match has a stream with another target duration"),
        (status = 422, body = ProblemBody, description = "A field has a wrong value"),
    ))]
pub(crate) async fn start(
    Extracted(state): Extracted<State>,
    request: Request,
) -> Result<(StatusCode, Json<Started>), Problem> {
    let base = base(&state, request.headers());
    let wanted = checked(&state, &body::json(request, "what starts a stream").await?)?;
    let target_duration = wanted.target_duration;
    let stream = Stream::started(wanted, state.clock.now());
    if state.streams.insert(&stream).await? {
        tracing::info!(stream_id = %stream.stream_id, "started");
        return Ok((StatusCode::CREATED, Json(answer(&state, &stream, &base))));
    }
    let before = state.stream(stream.stream_id.as_str()).await?;
    if let Some(other) = target_duration.filter(|wanted| *wanted != before.target_duration) {
        let fixed = before.target_duration;
        let text = format!("target_duration is {other}, and {fixed} for the stream's life. Leave it out.");
        return Err(Problem::new(Code::TargetDurationFixed, text));
    }
    Ok((StatusCode::OK, Json(answer(&state, &before, &base))))
}

fn checked(state: &State, start: &Start) -> Result<NewStream, Problem> {
    let match_id = start.match_id.as_deref().map(|id| name("match_id", id)).transpose()?;
    if let Some(seconds) = start.target_duration.filter(|seconds| !TARGET_DURATIONS.contains(seconds)) {
        let text = format!("target_duration is {seconds}; it takes 1 to 60 seconds.");
        return Err(Problem::new(Code::InvalidField, text));
    }
    let stream_id = match &match_id {
        Some(id) => StreamId::live_of_match(id),
        None => {
            let mut random = [0; 5];
            state.clock.random(&mut random);
            StreamId::live(random)
        }
    };
    Ok(NewStream {
        stream_id,
        match_id,
        home_team: name("home_team", &start.home_team)?,
        away_team: name("away_team", &start.away_team)?,
        competition: text("competition", &start.competition)?,
        target_duration: start.target_duration,
    })
}

fn name(field: &str, value: &str) -> Result<String, Problem> {
    let name = text(field, value)?;
    if name.is_empty() {
        return Err(Problem::new(Code::InvalidField, format!("{field} is empty; it takes a name.")));
    }
    Ok(name)
}

/// A text fit to be shown: control characters, which could forge lines elsewhere, become spaces.
fn text(field: &str, value: &str) -> Result<String, Problem> {
    if value.chars().count() > NAME_CHARS {
        let text = format!("{field} has more than {NAME_CHARS} characters.");
        return Err(Problem::new(Code::InvalidField, text));
    }
    let cleaned: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Ok(cleaned.trim().to_owned())
}

fn answer(state: &State, stream: &Stream, base: &str) -> Started {
    let id = &stream.stream_id;
    let message = match stream.status {
        StreamStatus::Live | StreamStatus::Stalled => {
            format!("Send segments. Watch it from /streams/{id}/live, end it with POST /streams/end.")
        }
        StreamStatus::Ending | StreamStatus::Vod => {
            format!("The stream has ended. Watch its recording from /vod/{id}/manifest.")
        }
    };
    let first = stream.timeline.next.unwrap_or(0);
    Started {
        stream_id: id.to_string(),
        status: stream.status.name(),
        message,
        target_duration: stream.target_duration,
        ingest: Ingest {
            topic: Topic::LiveChunks.name(),
            key: id.to_string(),
            content_type: "video/mp2t",
            uploads: uploads::signed(state, id, first, FIRST_UPLOADS),
            more_uploads: format!("/streams/{id}/uploads?from={{n}}"),
            http: http_ingest(&state.config, base)
                .map(|listener| format!("{listener}/streams/{id}/segments/{{n}}.ts")),
        },
    }
}

/// The address of the listener for segments, as an encoder knows it that reaches this API under `base`.
fn http_ingest(config: &Config, base: &str) -> Option<String> {
    let listener = match &config.ingest_url {
        Some(url) => url.clone(),
        None if config.ingest_port == 0 => return None,
        None => {
            // What stands before the API and speaks TLS knows nothing of the listener.
            let mut url = Url::parse(base).ok()?;
            url.set_scheme("http").ok()?;
            url.set_port(Some(config.ingest_port)).ok()?;
            url.set_path("");
            url
        }
    };
    Some(listener.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use service_kit::settings::Settings;
    use std::collections::BTreeMap;

    #[test]
    fn the_listener_is_on_the_host_that_the_request_names_unless_told() {
        let config = |settings: &[(&str, &str)]| {
            let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Config::from_settings(&mut Settings::new(&settings.collect::<BTreeMap<_, _>>()))
        };
        for (settings, base, listener) in [
            (&[][..], "http://localhost:8000", Some("http://localhost:8769")),
            (
                &[("LIVE_INGEST_PORT", "9")],
                "https://video.example.org/api",
                Some("http://video.example.org:9"),
            ),
            (
                &[("LIVE_INGEST_URL", "https://in.example.org/a/")],
                "http://b",
                Some("https://in.example.org/a"),
            ),
            (&[("LIVE_INGEST_PORT", "0")], "http://localhost:8000", None),
        ] {
            assert_eq!(http_ingest(&config(settings), base).as_deref(), listener, "{settings:?}");
        }
    }

    #[test]
    fn names_are_neither_empty_nor_long_nor_several_lines() {
        assert_eq!(name("home_team", " Al-Hilal\n#EXT").unwrap(), "Al-Hilal #EXT");
        assert!(name("home_team", " \t").is_err());
        assert!(text("competition", &"x".repeat(201)).is_err());
        assert_eq!(text("competition", "").unwrap(), "");
    }
}
