//! All routes, with their documentation and the layers around them.

use crate::{
    catalog, health, live, metrics, playback,
    problem::{Code, Problem},
    state::State,
    trace, upload,
};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, HeaderValue, Method, header},
    middleware,
    response::Redirect,
    routing::get,
};
use std::{any::Any, time::Duration};
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{Any as AnyOrigin, CorsLayer},
    set_header::SetResponseHeaderLayer,
};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};
use utoipa_swagger_ui::SwaggerUi;

/// The head of the OpenAPI document.
#[derive(OpenApi)]
#[openapi(
    info(title = "Reelfleet", description = "Turns uploaded and live video into streams that play at once."),
    tags(
        (name = "videos", description = "Uploading, watching and removing videos"),
        (name = "streams", description = "Live streams: starting, watching and ending them"),
        (name = "work", description = "What is being encoded, and what could not be"),
        (name = "service", description = "Health and metrics"),
    )
)]
struct Document;

/// The whole service. `media` serves presigned addresses where the object store has no port of its own.
pub(crate) fn router(state: &State, media: Option<Router>) -> Router {
    let (api, mut document) = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(health::health))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .routes(routes!(upload::upload))
        .routes(routes!(catalog::letters::list))
        .routes(routes!(catalog::letters::letter))
        .routes(routes!(catalog::letters::retry))
        .routes(routes!(catalog::videos::list))
        .routes(routes!(catalog::videos::delete))
        .routes(routes!(catalog::videos::metadata))
        .routes(routes!(catalog::videos::content))
        .routes(routes!(playback::manifest::manifest))
        .routes(routes!(live::start::start))
        .routes(routes!(live::end::end))
        .routes(routes!(live::catalog::list))
        .routes(routes!(live::view::live))
        .routes(routes!(live::catalog::metadata))
        .routes(routes!(live::catalog::segments))
        .routes(routes!(live::catalog::segment))
        .routes(routes!(live::uploads::uploads))
        .routes(routes!(catalog::jobs::job))
        .routes(routes!(catalog::stats::stats))
        .split_for_parts();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    Router::new()
        .merge(api)
        .merge(SwaggerUi::new("/docs").url("/openapi.json", document))
        .route("/", get(|| async { Redirect::temporary("/docs") }))
        .route("/play/{token}/{stream}/master.m3u8", get(playback::playlists::master))
        .route("/play/{token}/{stream}/live.m3u8", get(live::play::master))
        .route("/play/{token}/{stream}/{rendition}/{file}", get(playback::file))
        .with_state(state.clone())
        .merge(media.unwrap_or_default())
        .fallback(|| async {
            Problem::new(Code::NotFound, "There is no such address. GET /docs lists what there is.")
        })
        .method_not_allowed_fallback(|method: Method| async move {
            Problem::new(
                Code::MethodNotAllowed,
                format!("{method} is not taken here. GET /docs lists what is."),
            )
        })
        // Uploads have a limit of their own, which counts what flows instead of what is announced.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(state.clone(), metrics::measure))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(trace::request))
        .layer(cors())
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
}

/// Players in pages of any origin: addresses are signed, and no cookie exists that could be misused.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AnyOrigin)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::DELETE])
        .allow_headers([header::RANGE, header::CONTENT_TYPE, header::IF_NONE_MATCH])
        .expose_headers([
            header::CONTENT_RANGE,
            header::CONTENT_LENGTH,
            header::ETAG,
            HeaderName::from_static("age"),
        ])
        .max_age(Duration::from_secs(24 * 3600))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that the layer takes")]
fn panicked(panic: Box<dyn Any + Send>) -> axum::response::Response {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("?"), "a request handler panicked");
    axum::response::IntoResponse::into_response(Problem::new(
        Code::Internal,
        "The request could not be answered.",
    ))
}
