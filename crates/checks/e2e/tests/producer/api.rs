//! An API of which only the producer's calls are there.

use anyhow::Result;
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path as AtPath, Query, State},
    http::StatusCode,
    routing::{delete, post},
};
use domain::StreamId;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::net::TcpListener;
use url::Url;

/// An API of which only the producer's calls are there.
#[derive(Default)]
pub(crate) struct Api {
    away: AtomicBool,
    /// Title and bytes of uploads by their ids, in their order.
    uploads: Mutex<Vec<(String, String, Bytes)>>,
    deleted: Mutex<Vec<String>>,
    started: Mutex<Vec<Value>>,
    ended: Mutex<Vec<String>>,
}

type Shared = State<Arc<Api>>;

impl Api {
    /// Serves on a port of its own.
    pub(crate) async fn serve(self: Arc<Self>) -> Result<Url> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = Router::new()
            .route("/vod/upload", post(upload))
            .route("/vod/{id}", delete(remove))
            .route("/streams/start", post(start))
            .route("/streams/end", post(end))
            .with_state(self);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Url::parse(&format!("http://{address}/"))?)
    }

    fn here(&self) -> Result<(), StatusCode> {
        if self.away.load(Ordering::SeqCst) { Err(StatusCode::SERVICE_UNAVAILABLE) } else { Ok(()) }
    }

    /// It goes away, or comes back.
    pub(crate) fn is_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    /// Id, title and bytes of all uploads.
    pub(crate) fn uploads(&self) -> Vec<(String, String, Bytes)> {
        locked(&self.uploads).clone()
    }

    /// The ids of what was deleted.
    pub(crate) fn deleted(&self) -> Vec<String> {
        locked(&self.deleted).clone()
    }

    /// What was said of each stream that was started.
    pub(crate) fn started(&self) -> Vec<Value> {
        locked(&self.started).clone()
    }

    /// The ids of the streams that were ended.
    pub(crate) fn ended(&self) -> Vec<String> {
        locked(&self.ended).clone()
    }
}

async fn upload(
    State(api): Shared,
    Query(query): Query<HashMap<String, String>>,
    bytes: Bytes,
) -> Result<StatusCode, StatusCode> {
    api.here()?;
    locked(&api.uploads).push((query["stream_id"].clone(), query["title"].clone(), bytes));
    Ok(StatusCode::CREATED)
}

async fn remove(State(api): Shared, AtPath(id): AtPath<String>) -> Result<StatusCode, StatusCode> {
    api.here()?;
    locked(&api.deleted).push(id);
    Ok(StatusCode::NO_CONTENT)
}

async fn start(State(api): Shared, Json(body): Json<Value>) -> Result<Json<Value>, StatusCode> {
    api.here()?;
    let id = StreamId::live_of_match(body["match_id"].as_str().ok_or(StatusCode::BAD_REQUEST)?);
    locked(&api.started).push(body);
    Ok(Json(json!({ "stream_id": id, "status": "live", "message": "" })))
}

async fn end(State(api): Shared, Json(body): Json<Value>) -> Result<Json<Value>, StatusCode> {
    api.here()?;
    api.ended
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(body["stream_id"].as_str().ok_or(StatusCode::BAD_REQUEST)?.to_owned());
    Ok(Json(json!({ "status": "vod" })))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
