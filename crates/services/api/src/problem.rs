//! Problems: what every refusal looks like (RFC 9457), in one table of codes.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use ports::{DocumentError, ObjectError};
use serde::Serialize;
use service_kit::{ChangeError, trace};
use utoipa::ToSchema;

macro_rules! problems {
    ($($variant:ident = $code:literal, $status:ident, $title:literal;)*) => {
        /// The stable code of a refusal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Code { $($variant),* }

        impl Code {
            fn row(self) -> (&'static str, StatusCode, &'static str) {
                match self { $(Self::$variant => ($code, StatusCode::$status, $title)),* }
            }
        }
    };
}

problems! {
    BadRequest = "bad_request", BAD_REQUEST, "The request cannot be understood";
    InvalidField = "invalid_field", UNPROCESSABLE_ENTITY, "A field has a wrong value";
    EmptyBody = "empty_body", BAD_REQUEST, "The upload has no bytes";
    IncompleteBody = "incomplete_body", BAD_REQUEST, "The upload ended before its end";
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The upload is too large";
    UnsupportedType = "unsupported_content_type", UNSUPPORTED_MEDIA_TYPE, "This Content-Type is not accepted here";
    AlreadyExists = "already_exists", CONFLICT, "There is a video of this id";
    NotFound = "not_found", NOT_FOUND, "There is nothing here";
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "This address does not take this method";
    NotPlayableYet = "not_playable_yet", NOT_FOUND, "The video cannot be played yet";
    Deleted = "deleted", NOT_FOUND, "The video was deleted";
    Failed = "failed", CONFLICT, "The video failed";
    Rejected = "rejected", CONFLICT, "The video was rejected";
    SegmentFailed = "segment_failed", NOT_FOUND, "This part of the video could not be encoded";
    StreamEnded = "stream_ended", CONFLICT, "The live stream has ended";
    TargetDurationFixed = "target_duration_fixed", CONFLICT, "The target duration never changes";
    NotRetriable = "not_retriable", CONFLICT, "The dead letter cannot be asked for again";
    Forbidden = "forbidden", FORBIDDEN, "This address is not valid";
    RangeNotSatisfiable = "range_not_satisfiable", RANGE_NOT_SATISFIABLE, "The range lies outside the object";
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "A part of the service is away";
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong here";
}

/// A refusal, as clients get it.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    code: Code,
    detail: String,
}

/// The body of a refusal (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemBody {
    /// Always `about:blank`: the code says what it is.
    r#type: &'static str,
    /// What it is, for people.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What it is, for programs: stable.
    code: &'static str,
    /// What was wrong, with which value, and what to do.
    detail: String,
    /// The request's trace, under which logs tell more.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
}

impl Problem {
    /// A refusal: what was wrong, with which value, and what to do.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// No such video.
    pub(crate) fn no_video(id: &str) -> Self {
        let shown: String = id.chars().take(64).collect();
        Self::new(Code::NotFound, format!("There is no video {shown:?}. GET /vod lists what there is."))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (code, status, title) = self.code.row();
        let body = ProblemBody {
            r#type: "about:blank",
            title,
            status: status.as_u16(),
            code,
            detail: self.detail,
            trace_id: trace::trace_id(),
        };
        let json = serde_json::to_vec(&body).unwrap_or_default();
        let mut response =
            (status, [(header::CONTENT_TYPE, "application/problem+json")], json).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

/// Logs what happened here and tells the client only what it needs.
fn hidden(error: &dyn std::fmt::Display, code: Code, detail: &str) -> Problem {
    tracing::error!(%error, "a request could not be answered");
    Problem::new(code, detail)
}

impl From<DocumentError> for Problem {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::Unavailable(_) => {
                hidden(&error, Code::Unavailable, "The catalog is away. Try again in a moment.")
            }
            DocumentError::Invalid(_) => hidden(&error, Code::Internal, "The request could not be answered."),
        }
    }
}

impl From<ObjectError> for Problem {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::Missing(_) => Self::new(Code::NotFound, "There is no such object."),
            ObjectError::Range { .. } => Self::new(Code::RangeNotSatisfiable, error.to_string()),
            ObjectError::Unavailable(_) => {
                hidden(&error, Code::Unavailable, "The object store is away or full. Try again in a moment.")
            }
            ObjectError::Body(_) => hidden(&error, Code::Internal, "The request could not be answered."),
        }
    }
}

impl<E: std::fmt::Display> From<ChangeError<E>> for Problem {
    fn from(error: ChangeError<E>) -> Self {
        match error {
            ChangeError::Catalog(error) => error.into(),
            ChangeError::Missing => Self::new(Code::NotFound, "There is no such document."),
            ChangeError::Refused(refusal) => Self::new(Code::BadRequest, refusal.to_string()),
        }
    }
}
