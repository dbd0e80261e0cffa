//! What an operator sees of a service that has no HTTP surface of its own: `/health`, `/readyz`, `/metrics`.

use crate::{readiness::answers, render};
use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures::future::{BoxFuture, join_all};
use ports::Clock;
use prometheus::Registry;
use serde::Serialize;
use std::{collections::BTreeMap, net::SocketAddr, path::Path, sync::Arc};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Asks a dependency whether it answers.
pub type Check = Arc<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>;

/// The listener of a service's operators.
pub struct Monitoring {
    listener: TcpListener,
    address: SocketAddr,
    shared: Shared,
}

#[derive(Clone)]
struct Shared {
    service: &'static str,
    registry: Registry,
    checks: Arc<Vec<(&'static str, Check)>>,
    clock: Arc<dyn Clock>,
}

/// The body of `/health`.
#[derive(Serialize)]
struct Health {
    status: &'static str,
    service: &'static str,
}

/// The body of `/readyz`.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    dependencies: BTreeMap<&'static str, &'static str>,
}

impl Monitoring {
    /// Binds an address; port 0 takes any free one.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn bind(
        address: SocketAddr,
        service: &'static str,
        registry: Registry,
        checks: Vec<(&'static str, Check)>,
        clock: Arc<dyn Clock>,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, shared: Shared { service, registry, checks: Arc::new(checks), clock } })
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Writes the address to a file, for scripts that asked for any free port.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn write_address(&self, file: &Path) -> std::io::Result<()> {
        tokio::fs::write(file, self.address.to_string()).await
    }

    /// Serves until told to stop.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn run(self, stop: CancellationToken) -> std::io::Result<()> {
        let router = Router::new()
            .route("/health", get(health))
            .route("/readyz", get(readyz))
            .route("/metrics", get(metrics))
            .with_state(self.shared);
        let serving = axum::serve(self.listener, router);
        tokio::select! {
            served = serving.into_future() => served,
            () = stop.cancelled() => Ok(()),
        }
    }
}

async fn health(State(shared): State<Shared>) -> impl IntoResponse {
    Json(Health { status: "ok", service: shared.service })
}

async fn readyz(State(shared): State<Shared>) -> impl IntoResponse {
    let asked = shared.checks.iter().map(|(name, check)| {
        let clock = shared.clock.clone();
        async move { (*name, if answers(check, &*clock).await { "ok" } else { "not available" }) }
    });
    let dependencies: BTreeMap<_, _> = join_all(asked).await.into_iter().collect();
    let ready = dependencies.values().all(|said| *said == "ok");
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, dependencies }))
}

async fn metrics(State(shared): State<Shared>) -> Response {
    match render(&shared.registry) {
        Ok(text) => {
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
