//! Serving objects to whoever has a signed address, and storing them.

use crate::{
    Files, conditions,
    error::Unreceived,
    incoming::Incoming,
    metadata,
    signature::{Access, Claims},
    store::PIECE,
};
use axum::{
    Router,
    body::Body,
    extract::{
        Path, Query, Request, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use futures::StreamExt;
use ports::{BodyError, Condition, ObjectError, ObjectMeta, StoredObject};
use serde::Deserialize;
use std::path::PathBuf;
use tower::ServiceExt;
use tower_http::services::ServeFile;

/// The store's routes.
pub(crate) fn routes(files: Files) -> Router {
    Router::new().route("/objects/{bucket}/{*path}", get(serve).put(store)).with_state(files)
}

/// The largest object that is stored under a signed address, in bytes: segments are stored so.
const LARGEST_STORED: usize = 256 << 20;

#[derive(Deserialize)]
struct Signature {
    signature: String,
}

async fn serve(
    State(files): State<Files>,
    place: Result<Path<(String, String)>, PathRejection>,
    claims: Result<Query<Claims>, QueryRejection>,
    signature: Result<Query<Signature>, QueryRejection>,
    request: Request,
) -> Response {
    // Everything that is wrong with an address is answered alike: it tells nothing of what there is.
    let (Ok(Path((bucket, path))), Ok(Query(claims)), Ok(Query(signature))) = (place, claims, signature)
    else {
        return problem(StatusCode::FORBIDDEN, "signature_invalid");
    };
    if !files.signer.allows(Access::Read, (&bucket, &path), &claims, &signature.signature, files.clock.now())
    {
        return problem(StatusCode::FORBIDDEN, "signature_invalid");
    }
    match files.find(&bucket, &path).await {
        Ok(Some((path, meta))) => send(path, &meta, &claims, request).await,
        Ok(None) => problem(StatusCode::NOT_FOUND, "not_found"),
        Err(error) => {
            tracing::error!(%error, bucket, path, "cannot serve an object");
            problem(StatusCode::SERVICE_UNAVAILABLE, "storage_unavailable")
        }
    }
}

async fn store(
    State(files): State<Files>,
    place: Result<Path<(String, String)>, PathRejection>,
    claims: Result<Query<Claims>, QueryRejection>,
    signature: Result<Query<Signature>, QueryRejection>,
    request: Request,
) -> Response {
    let (Ok(Path((bucket, path))), Ok(Query(claims)), Ok(Query(signature))) = (place, claims, signature)
    else {
        return problem(StatusCode::FORBIDDEN, "signature_invalid");
    };
    let place = (bucket.as_str(), path.as_str());
    if !files.signer.allows(Access::Store, place, &claims, &signature.signature, files.clock.now()) {
        return problem(StatusCode::FORBIDDEN, "signature_invalid");
    }
    match files.receive(&bucket, &path, request.into_body()).await {
        Ok(Some(meta)) => {
            let mut response = StatusCode::OK.into_response();
            conditions::tag(response.headers_mut(), &meta);
            response
        }
        Ok(None) => problem(StatusCode::FORBIDDEN, "signature_invalid"),
        Err(ObjectError::Body(error)) if error.is::<TooLarge>() => {
            problem(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large")
        }
        Err(ObjectError::Body(_)) => problem(StatusCode::BAD_REQUEST, "incomplete_body"),
        Err(error) => {
            tracing::error!(%error, bucket, path, "cannot store an object");
            problem(StatusCode::SERVICE_UNAVAILABLE, "storage_unavailable")
        }
    }
}

/// More comes than is taken.
#[derive(Debug, thiserror::Error)]
#[error("the body has more than {LARGEST_STORED} bytes")]
struct TooLarge;

/// The same body, which fails as soon as more than `limit` bytes have come.
fn limited(body: Body, limit: usize) -> ports::Body {
    let mut left = limit;
    ports::Body::from_stream(body.into_data_stream().map(move |piece| -> Result<_, BodyError> {
        let piece = piece?;
        left = left.checked_sub(piece.len()).ok_or(TooLarge)?;
        Ok(piece)
    }))
}

impl Files {
    /// Stores a body; none if no object may be there.
    async fn receive(&self, bucket: &str, path: &str, body: Body) -> Result<Option<ObjectMeta>, ObjectError> {
        let Some(target) = self.layout.locate(bucket, path) else { return Ok(None) };
        let received = Incoming::receive(self.layout.incoming(), limited(body, LARGEST_STORED)).await;
        let incoming = received.map_err(|error: Unreceived| error.told(self.layout.root()))?;
        let stored = self.blocking(move |layout| incoming.commit(layout, &target, Condition::Always)).await?;
        Ok(match stored {
            StoredObject::Done(meta) => Some(meta),
            StoredObject::AlreadyThere => None,
        })
    }

    async fn find(&self, bucket: &str, path: &str) -> Result<Option<(PathBuf, ObjectMeta)>, ObjectError> {
        let Some(path) = self.layout.locate(bucket, path) else { return Ok(None) };
        self.blocking(move |_| Ok(metadata::open(&path)?.map(|(_, meta)| (path, meta)))).await
    }
}

async fn send(path: PathBuf, meta: &ObjectMeta, claims: &Claims, mut request: Request) -> Response {
    let mut response = match conditions::check(request.headers_mut(), meta) {
        Some(status) => status.into_response(),
        None => {
            let serve = ServeFile::new(path).with_buf_chunk_size(PIECE).ignore_multi_range_requests(true);
            let Ok(response) = serve.oneshot(request).await;
            response.map(Body::new)
        }
    };
    if response.status() == StatusCode::NOT_FOUND {
        return problem(StatusCode::NOT_FOUND, "not_found");
    }
    describe(&mut response, meta, claims);
    response
}

/// Says what is sent: the type that was signed, whatever the bytes or the path look like.
fn describe(response: &mut Response, meta: &ObjectMeta, claims: &Claims) {
    let status = response.status();
    let headers = response.headers_mut();
    conditions::tag(headers, meta);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if status.is_success() || status == StatusCode::NOT_MODIFIED {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(claims.cache_policy().header()));
    }
    if status.is_success()
        && let Ok(content_type) = HeaderValue::from_str(&claims.content_type)
    {
        headers.insert(CONTENT_TYPE, content_type);
    }
}

/// A problem (RFC 9457) without details.
fn problem(status: StatusCode, code: &str) -> Response {
    let title = status.canonical_reason();
    let body =
        serde_json::json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "code": code });
    let headers = [(CONTENT_TYPE, "application/problem+json"), (CACHE_CONTROL, "no-store")];
    (status, headers, body.to_string()).into_response()
}
