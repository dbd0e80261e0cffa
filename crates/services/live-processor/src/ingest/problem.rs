//! Why a segment is not taken: what every refusal looks like (RFC 9457), in one table of codes.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// A refusal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("{0:?} names neither a segment, such as 7.ts or live7.ts, nor a playlist, such as live.m3u8.")]
    Name(String),
    #[error("There is no live stream {0:?}. Start one with POST /streams/start.")]
    NoStream(String),
    #[error("The stream has ended. Start another one with POST /streams/start.")]
    Ended,
    #[error("A segment has at most {0} bytes. Make it shorter, or its rate lower.")]
    TooLarge(usize),
    #[error("The body ended early, or took more than {0} s.")]
    Incomplete(u64),
    #[error("{0}.")]
    Unreadable(#[from] super::ts::Unreadable),
    #[error("The playlist cannot be read: {0}.")]
    Playlist(String),
    #[error(
        "The segment plays {seconds:.3} s; the stream's segments play at most {most} s when rounded. Cut it shorter, or start a stream with a longer target_duration."
    )]
    TooLong { seconds: f64, most: u32 },
    #[error("The stream has no number left for another segment.")]
    NoNumber,
    #[error("A part of the service is away. Send the segment again.")]
    Unavailable,
    #[error("Segments are sent with PUT or POST.")]
    Method,
    #[error("Segments are sent to /streams/STREAM/segments/NUMBER.ts.")]
    Nothing,
}

/// The body of a refusal.
#[derive(Serialize)]
struct Body {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: String,
}

impl Problem {
    fn row(&self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Self::Name(_) => ("bad_name", StatusCode::BAD_REQUEST, "The name is none of a segment"),
            Self::NoStream(_) => ("not_found", StatusCode::NOT_FOUND, "There is no such stream"),
            Self::Ended => ("stream_ended", StatusCode::CONFLICT, "The stream has ended"),
            Self::TooLarge(_) => {
                ("body_too_large", StatusCode::PAYLOAD_TOO_LARGE, "The segment is too large")
            }
            Self::Incomplete(_) => ("incomplete_body", StatusCode::BAD_REQUEST, "The body is not whole"),
            Self::Unreadable(_) => {
                ("not_a_segment", StatusCode::UNPROCESSABLE_ENTITY, "The body is no segment")
            }
            Self::Playlist(_) => {
                ("not_a_playlist", StatusCode::UNPROCESSABLE_ENTITY, "The body is no playlist")
            }
            Self::TooLong { .. } => {
                ("segment_too_long", StatusCode::UNPROCESSABLE_ENTITY, "The segment is too long")
            }
            Self::NoNumber => ("no_number", StatusCode::CONFLICT, "The stream is full"),
            Self::Unavailable => {
                ("unavailable", StatusCode::SERVICE_UNAVAILABLE, "A part of the service is away")
            }
            Self::Method => {
                ("method_not_allowed", StatusCode::METHOD_NOT_ALLOWED, "This method is not taken here")
            }
            Self::Nothing => ("not_found", StatusCode::NOT_FOUND, "There is nothing here"),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (code, status, title) = self.row();
        let body =
            Body { r#type: "about:blank", title, status: status.as_u16(), code, detail: self.to_string() };
        (status, [(header::CONTENT_TYPE, "application/problem+json")], Json(body)).into_response()
    }
}
