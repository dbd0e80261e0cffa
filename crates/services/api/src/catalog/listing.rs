//! Lists: what every one of them takes, and how a page of it is read.

use crate::problem::{Code, Problem};
use axum::extract::{Query as UrlQuery, rejection::QueryRejection};
use domain::document::Document;
use ports::{Cursor, DocumentError, Query};
use serde::Deserialize;
use service_kit::Collection;
use utoipa::IntoParams;

const LARGEST_PAGE: u32 = 200;

/// What to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Only those of this status.
    status: Option<String>,
    /// How many at most, 1 to 200; 50 unless given.
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// The query of a request.
pub(crate) fn wanted(query: Result<UrlQuery<ListQuery>, QueryRejection>) -> Result<ListQuery, Problem> {
    let UrlQuery(wanted) = query.map_err(|error| Problem::new(Code::InvalidField, error.body_text()))?;
    Ok(wanted)
}

impl ListQuery {
    /// How many to list.
    pub(crate) fn limit(&self) -> Result<u32, Problem> {
        let limit = self.limit.unwrap_or(50);
        if (1..=LARGEST_PAGE).contains(&limit) {
            return Ok(limit);
        }
        let text = format!("limit is {limit}; it takes 1 to {LARGEST_PAGE}.");
        Err(Problem::new(Code::InvalidField, text))
    }

    /// The status that is asked for, if any, of those that there are.
    pub(crate) fn status_among<T: Copy>(&self, all: &[(&str, T)]) -> Result<Option<T>, Problem> {
        let Some(text) = &self.status else { return Ok(None) };
        let found = all.iter().find(|(name, _)| name == text);
        found.map(|(_, status)| Some(*status)).ok_or_else(|| {
            let words: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
            let takes = if words.is_empty() {
                "no value here".to_owned()
            } else {
                format!("one of {}", words.join(", "))
            };
            Problem::new(Code::InvalidField, format!("status is {text:?}; it takes {takes}."))
        })
    }
}

/// Reads a page, and the cursor of the next one.
pub(crate) async fn page<D: Document>(
    collection: &Collection<D>,
    query: Query,
    wanted: ListQuery,
) -> Result<(Vec<D>, Option<String>), Problem> {
    let found =
        collection.find(&query.after(wanted.cursor.map(Cursor))).await.map_err(|error| match error {
            DocumentError::Invalid(_) => {
                Problem::new(Code::InvalidField, "cursor is not one that this list gave.")
            }
            error => error.into(),
        })?;
    Ok((found.documents, found.next.map(|cursor| cursor.0)))
}
