//! The ingest listener: takes segments over HTTP from encoders that speak nothing else, stores them, and publishes the event
//! that any other encoder would. It decides nothing.

mod numbers;
mod problem;
mod segment;
mod ts;

use crate::shared::Shared;
use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    routing::any,
};
use domain::{
    StreamId,
    live::{Stream, StreamStatus},
};
use hls::MediaPlaylist;
use numbers::Numbers;
use problem::Problem;
use service_kit::trace;
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

/// The largest segment: six seconds of 22 Mbit/s.
const MAX_SEGMENT: usize = 16 << 20;
/// The largest playlist of an encoder.
const MAX_PLAYLIST: usize = 1 << 20;
/// So many bodies are held at once.
const MAX_BODIES: usize = 8;
/// A body takes at most so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is under way at a stop has so long to end.
const DRAIN: Duration = Duration::from_secs(2);

/// The listener.
pub(crate) struct Listener {
    listener: TcpListener,
    address: SocketAddr,
}

/// What requests share.
#[derive(Clone)]
struct Ingest(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    bodies: Semaphore,
    under_way: TaskTracker,
    /// How each stream's encoder counts. One segment of a stream after the other is given its number.
    encoders: Mutex<HashMap<StreamId, Arc<tokio::sync::Mutex<Numbers>>>>,
}

impl Listener {
    /// Binds an address; port 0 takes any free one.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub(crate) async fn bind(wanted: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(wanted).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until told to stop.
    pub(crate) async fn run(self, shared: Arc<Shared>, stop: CancellationToken) {
        let (clock, under_way) = (shared.clock.clone(), TaskTracker::new());
        let bodies = Semaphore::new(MAX_BODIES);
        let inner = Inner { shared, bodies, under_way: under_way.clone(), encoders: Mutex::default() };
        let router = Router::new()
            .route("/streams/{stream}/segments/{name}", any(file))
            .fallback(|| async { Problem::Nothing })
            .with_state(Ingest(Arc::new(inner)));
        let serving = axum::serve(self.listener, router);
        tokio::select! {
            served = serving.into_future() => if let Err(error) = served {
                tracing::error!(%error, "the ingest listener ended");
            },
            () = stop.cancelled() => {}
        }
        under_way.close();
        tokio::select! {
            () = under_way.wait() => {}
            () = clock.sleep(DRAIN) => {}
        }
    }
}

/// What an encoder sends.
enum File {
    Segment(u32),
    Playlist,
}

/// Encoders such as ffmpeg close the connection once they have sent the last byte: what they sent is dealt with all the same.
async fn file(
    State(ingest): State<Ingest>,
    Path((stream, name)): Path<(String, String)>,
    method: Method,
    body: Body,
) -> Result<Response, Problem> {
    let file = parse(&name)?;
    match method {
        Method::PUT | Method::POST => {}
        // Encoders tidy up behind themselves; what has a place is kept.
        Method::DELETE => return Ok(StatusCode::NO_CONTENT.into_response()),
        _ => return Err(Problem::Method),
    }
    let span = tracing::info_span!(
        target: trace::TRACE,
        "take from an encoder",
        stream_id = stream.get(..64).unwrap_or(&stream),
        trace_id = tracing::field::Empty,
    );
    let work = ingest.0.under_way.spawn({
        let ingest = ingest.clone();
        let taking = async move { ingest.take(&stream, file, body).await };
        taking.instrument(trace::continuing(span, None))
    });
    work.await.map_err(|_| Problem::Unavailable)?
}

/// Any name that ends in a number is a segment's, so that encoders may call them as they do by default.
fn parse(name: &str) -> Result<File, Problem> {
    let wrong = || Problem::Name(name.chars().take(64).collect());
    if name.ends_with(".m3u8") {
        return Ok(File::Playlist);
    }
    let stem = name.strip_suffix(".ts").ok_or_else(wrong)?;
    let digits = stem.len() - stem.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
    stem[stem.len() - digits..].parse().map(File::Segment).map_err(|_| wrong())
}

impl Ingest {
    async fn take(&self, id: &str, file: File, body: Body) -> Result<Response, Problem> {
        let id: StreamId = id.parse().map_err(|_| Problem::NoStream(id.chars().take(64).collect()))?;
        let numbers = self.0.numbers(&id);
        // Waits in line: the next segment may be on its way before this one is dealt with.
        let mut numbers = numbers.lock().await;
        let stream = self.stream(&id).await.inspect_err(|_| self.0.forget(&id))?;
        match file {
            File::Segment(number) => segment::take(&self.0, &stream, &mut numbers, number, body).await,
            File::Playlist => {
                let bytes = self.0.body(body, MAX_PLAYLIST).await?;
                let text = String::from_utf8_lossy(&bytes);
                MediaPlaylist::parse(&text).map_err(|error| Problem::Playlist(error.to_string()))?;
                // Segments say themselves how long they play.
                Ok(StatusCode::NO_CONTENT.into_response())
            }
        }
    }

    async fn stream(&self, id: &StreamId) -> Result<Stream, Problem> {
        let found = self.0.shared.streams.get(id.as_str()).await.map_err(|error| {
            tracing::warn!(stream_id = %id, %error, "a stream could not be looked for");
            Problem::Unavailable
        })?;
        let found = found.ok_or_else(|| Problem::NoStream(id.to_string()))?;
        match found.status {
            StreamStatus::Live | StreamStatus::Stalled => Ok(found),
            StreamStatus::Ending | StreamStatus::Vod => Err(Problem::Ended),
        }
    }
}

impl Inner {
    /// A whole body, of which there are only so many at once.
    async fn body(&self, body: Body, limit: usize) -> Result<bytes::Bytes, Problem> {
        let _held = self.bodies.acquire().await.map_err(|_| Problem::Unavailable)?;
        let reading = axum::body::to_bytes(body, limit);
        let read = tokio::select! {
            read = reading => read,
            () = self.shared.clock.sleep(PATIENCE) => return Err(Problem::Incomplete(PATIENCE.as_secs())),
        };
        read.map_err(|error| {
            let too_large = std::error::Error::source(&error)
                .is_some_and(|source| source.to_string().contains("length limit"));
            if too_large { Problem::TooLarge(limit) } else { Problem::Incomplete(PATIENCE.as_secs()) }
        })
    }

    /// Nobody sends to a stream that is not there, or not any more.
    fn forget(&self, stream: &StreamId) {
        self.encoders.lock().unwrap_or_else(PoisonError::into_inner).remove(stream);
    }

    fn numbers(&self, stream: &StreamId) -> Arc<tokio::sync::Mutex<Numbers>> {
        let mut encoders = self.encoders.lock().unwrap_or_else(PoisonError::into_inner);
        encoders.entry(stream.clone()).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_encoders_give_them() {
        for (name, number) in [("7.ts", 7), ("live7.ts", 7), ("seg-0012.ts", 12), ("4294967295.ts", u32::MAX)]
        {
            assert!(matches!(parse(name), Ok(File::Segment(found)) if found == number), "{name}");
        }
        assert!(matches!(parse("live.m3u8"), Ok(File::Playlist)));
        for name in ["", "a.ts", ".ts", "7.mp4", "4294967296.ts", "7.TS", "é.ts"] {
            assert!(parse(name).is_err(), "{name}");
        }
    }
}
