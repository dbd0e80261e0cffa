//! Dead letters: what could not be handled, and asking for it again.

use crate::{
    path::Path,
    problem::{Code, Problem, ProblemBody},
    state::State,
};
use axum::{
    Json,
    extract::{Query as UrlQuery, State as Extracted, rejection::QueryRejection},
};
use domain::{
    JobId, StreamId,
    collection::{JOBS_BY_STREAM, LETTERS_BY_ARRIVAL, LETTERS_BY_STATUS},
    event::Topic,
    job::JobState,
    letter::{Letter, LetterId, LetterRefusal, LetterStatus, Payload, Subject},
};
use ports::{Cursor, DocumentError, LogError, Query, Record};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service_kit::ChangeError;
use utoipa::{IntoParams, ToSchema};

const LARGEST_PAGE: u32 = 200;
/// Dead jobs of one video that one retry revives.
const MOST_JOBS: u32 = 1000;

/// Which dead letters to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Only those of this status: parked or retried.
    status: Option<String>,
    /// How many at most, 1 to 200; 50 unless given.
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A page of dead letters, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct LetterList {
    /// The letters, without payloads and the encoder's output.
    letters: Vec<Value>,
    /// The cursor of the next page; null at the end.
    next: Option<String>,
}

/// Lists dead letters, newest first.
#[utoipa::path(get, path = "/dlq", tag = "work", params(ListQuery),
    responses((status = 200, body = LetterList), (status = 422, body = ProblemBody)))]
pub(crate) async fn list(
    Extracted(state): Extracted<State>,
    query: Result<UrlQuery<ListQuery>, QueryRejection>,
) -> Result<Json<LetterList>, Problem> {
    let UrlQuery(wanted) = query.map_err(|error| Problem::new(Code::InvalidField, error.body_text()))?;
    let limit = wanted.limit.unwrap_or(50);
    if !(1..=LARGEST_PAGE).contains(&limit) {
        let text = format!("limit is {limit}; it takes 1 to {LARGEST_PAGE}.");
        return Err(Problem::new(Code::InvalidField, text));
    }
    let query = match wanted.status.as_deref().map(parse_status).transpose()? {
        Some(status) => Query::of(LETTERS_BY_STATUS, vec![status.name().into()], limit),
        None => Query::of(LETTERS_BY_ARRIVAL, Vec::new(), limit),
    };
    let found = state.letters.find(&query.descending().after(wanted.cursor.map(Cursor))).await;
    let found = found.map_err(|error| match error {
        DocumentError::Invalid(_) => {
            Problem::new(Code::InvalidField, "cursor is not one that this list gave.")
        }
        error => error.into(),
    })?;
    let letters = found.documents.iter().map(summary).collect();
    Ok(Json(LetterList { letters, next: found.next.map(|cursor| cursor.0) }))
}

/// A dead letter with all that was kept of it.
#[utoipa::path(get, path = "/dlq/{letter_id}", tag = "work", params(("letter_id" = String, Path, description = "The letter")),
    responses((status = 200, body = Value), (status = 404, body = ProblemBody)))]
pub(crate) async fn letter(
    Extracted(state): Extracted<State>,
    Path(letter_id): Path<String>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(document(&find(&state, &letter_id).await?)))
}

/// Asks for a dead letter again: an event is published once more where it came from, a dead job is queued with all
/// attempts before it. What fails again becomes another letter.
#[utoipa::path(post, path = "/dlq/{letter_id}/retry", tag = "work", params(("letter_id" = String, Path, description = "The letter")),
    responses((status = 200, body = Value), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub(crate) async fn retry(
    Extracted(state): Extracted<State>,
    Path(letter_id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let letter = find(&state, &letter_id).await?;
    if letter.status == LetterStatus::Retried {
        return Err(retried_already());
    }
    // First the effect, then the mark: between the two it may be asked for twice, and both effects bear that.
    match &letter.subject {
        Subject::Event { origin, key, payload, headers } => {
            publish_again(&state, origin, key, payload, headers).await?;
        }
        Subject::Job { job_id, stream_id, .. } => revive(&state, job_id, stream_id).await?,
    }
    let now = state.clock.now();
    match state.letters.change(letter.letter_id.as_str(), |letter| letter.retried(now)).await {
        Ok(letter) => Ok(Json(document(&letter))),
        Err(ChangeError::Refused(LetterRefusal::Already)) => Err(retried_already()),
        Err(error) => Err(error.into()),
    }
}

async fn publish_again(
    state: &State,
    origin: &str,
    key: &str,
    payload: &Payload,
    headers: &[(String, String)],
) -> Result<(), Problem> {
    let name = origin.split('/').next().unwrap_or_default();
    let Some(topic) = Topic::ALL.into_iter().find(|topic| topic.name() == name) else {
        let text = format!("The letter does not say where it came from ({origin:?}).");
        return Err(Problem::new(Code::NotRetriable, text));
    };
    let Some(payload) = payload.bytes() else {
        let text = "The event was too large to be kept whole. Let its producer send it again.";
        return Err(Problem::new(Code::NotRetriable, text));
    };
    let record = Record { key: key.to_owned(), payload, headers: headers.to_vec() };
    state.log.publish(topic, record).await.map_err(|error| match error {
        LogError::TooLarge { .. } => Problem::new(Code::NotRetriable, "The event is over its topic's limit."),
        LogError::Unavailable(_) => {
            tracing::error!(%error, "a dead letter could not be published again");
            Problem::new(Code::Unavailable, "The event log is away. Try again in a moment.")
        }
    })
}

/// The video first: its jobs are counted only while it is being encoded. All of its dead jobs, for it takes each.
async fn revive(state: &State, job_id: &JobId, stream: &StreamId) -> Result<(), Problem> {
    let now = state.clock.now();
    match state.videos.change(stream.as_str(), |video| video.revive(now)).await {
        Ok(_) => state.metrics.published.with_label_values(&[Topic::VodChunks.name()]).inc(),
        // It goes on already, by the letter of another of its jobs; or it needs the job no longer.
        Err(ChangeError::Refused(_)) => {}
        Err(ChangeError::Missing) => return Err(gone()),
        Err(error) => return Err(error.into()),
    }
    let dead =
        Query::of(JOBS_BY_STREAM, vec![stream.as_str().into(), JobState::Dead.name().into()], MOST_JOBS);
    let mut jobs: Vec<JobId> =
        state.jobs.find(&dead).await?.documents.into_iter().map(|job| job.job_id).collect();
    if jobs.is_empty() {
        jobs.push(job_id.clone());
    }
    for job in jobs {
        match state.jobs.change(job.as_str(), domain::job::Job::revive).await {
            Ok(_) | Err(ChangeError::Refused(_)) => {}
            Err(ChangeError::Missing) => return Err(gone()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn gone() -> Problem {
    Problem::new(Code::NotRetriable, "Its video was removed: there is nothing left to do again.")
}

fn retried_already() -> Problem {
    Problem::new(
        Code::NotRetriable,
        "It was asked for again already. If that failed, there is another letter.",
    )
}

async fn find(state: &State, id: &str) -> Result<Letter, Problem> {
    let missing =
        || Problem::new(Code::NotFound, "There is no such dead letter. GET /dlq lists what there is.");
    let id: LetterId = id.parse().map_err(|_| missing())?;
    state.letters.get(id.as_str()).await?.ok_or_else(missing)
}

fn parse_status(text: &str) -> Result<LetterStatus, Problem> {
    let found = LetterStatus::ALL.into_iter().find(|status| status.name() == text);
    found.ok_or_else(|| {
        let words: Vec<&str> = LetterStatus::ALL.iter().map(|status| status.name()).collect();
        Problem::new(Code::InvalidField, format!("status is {text:?}; it takes one of {}.", words.join(", ")))
    })
}

fn document(letter: &Letter) -> Value {
    let mut document = serde_json::to_value(letter).unwrap_or_default();
    if let Some(fields) = document.as_object_mut() {
        for hidden in ["outbox", "outbox_since"] {
            fields.remove(hidden);
        }
    }
    document
}

/// A document without its longer parts.
fn summary(letter: &Letter) -> Value {
    let mut document = document(letter);
    if let Some(subject) = document.get_mut("subject").and_then(Value::as_object_mut) {
        for long in ["payload", "headers", "stderr"] {
            subject.remove(long);
        }
    }
    document
}
