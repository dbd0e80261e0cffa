//! Whether the service lives, whether it is ready, and what it measures.

use crate::{problem::Problem, state::State};
use axum::{Json, extract::State as Extracted, http::StatusCode, http::header, response::IntoResponse};
use domain::{
    collection::VIDEOS_BY_CREATION,
    object::{Bucket, Prefix},
};
use ports::{DocumentError, ObjectError, Query};
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};
use utoipa::ToSchema;

/// That the service lives.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// Always `ok`.
    status: &'static str,
    /// The name of the API in the original pipeline, which clients know.
    service: &'static str,
}

/// Whether the process answers; says nothing of what it depends on.
#[utoipa::path(get, path = "/health", tag = "service", responses((status = 200, body = Health)))]
pub(crate) async fn health() -> Json<Health> {
    Json(Health { status: "ok", service: "pipeline-api" })
}

/// What the service depends on.
#[derive(Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// Everything below is `ok`.
    ready: bool,
    /// Each dependency: `ok`, or what is the matter.
    dependencies: BTreeMap<&'static str, &'static str>,
}

/// A dependency that takes longer is not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether requests can be served, and which dependency is not ready.
#[utoipa::path(get, path = "/readyz", tag = "service",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
pub(crate) async fn readyz(Extracted(state): Extracted<State>) -> impl IntoResponse {
    let catalog =
        async { state.documents.find(&Query::of(VIDEOS_BY_CREATION, Vec::new(), 1)).await.map(drop) };
    let objects = async {
        state.objects.list(&Prefix { bucket: Bucket::Manifests, path: "-/".to_owned() }).await.map(drop)
    };
    let (catalog, objects) = tokio::join!(
        async {
            tokio::select! { answered = catalog => answered, () = state.clock.sleep(PATIENCE) => Err(DocumentError::Unavailable("slow".to_owned())) }
        },
        async {
            tokio::select! { answered = objects => answered, () = state.clock.sleep(PATIENCE) => Err(ObjectError::Unavailable("slow".to_owned())) }
        },
    );
    let said = |ok: bool| if ok { "ok" } else { "not available" };
    let dependencies =
        BTreeMap::from([("catalog", said(catalog.is_ok())), ("object_store", said(objects.is_ok()))]);
    let ready = catalog.is_ok() && objects.is_ok();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, dependencies }))
}

/// Everything that is measured, in the Prometheus text format.
#[utoipa::path(get, path = "/metrics", tag = "service", responses((status = 200, content_type = "text/plain")))]
pub(crate) async fn metrics(Extracted(state): Extracted<State>) -> Result<impl IntoResponse, Problem> {
    let text = service_kit::render(&state.registry)
        .map_err(|error| Problem::new(crate::problem::Code::Internal, error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}
