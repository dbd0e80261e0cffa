//! Serving objects to whoever has a signed address.

use crate::{Files, conditions, metadata, signature::Claims, store::PIECE};
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
use ports::{ObjectError, ObjectMeta};
use serde::Deserialize;
use std::path::PathBuf;
use tower::ServiceExt;
use tower_http::services::ServeFile;

/// The store's routes.
pub(crate) fn routes(files: Files) -> Router {
    Router::new().route("/objects/{bucket}/{*path}", get(serve)).with_state(files)
}

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
    if !files.signer.allows((&bucket, &path), &claims, &signature.signature, files.clock.now()) {
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

impl Files {
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
