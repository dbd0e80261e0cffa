//! Sources by address: read by range, and the same in every bit.

use super::{media::planned, source::Sources};
use axum::{Router, routing::get};
use bytes::Bytes;
use domain::task::EncodeTask;
use ports::{Encoded, EncodedTrack, Encoder, MediaError, Progress, Source, Urgency};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};
use tokio::{net::TcpListener, task::JoinSet};
use tower_http::services::ServeFile;

/// An address of a file, as long as it lives, beside one that nobody may read.
struct Address {
    source: Source,
    hits: Arc<AtomicU32>,
    _serving: JoinSet<()>,
}

impl Address {
    /// Serves what `file` makes, which is told the address that nobody may read.
    async fn of(file: impl FnOnce(&str) -> PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let root = format!("http://{}", listener.local_addr().expect("an address"));
        let hits = Arc::<AtomicU32>::default();
        let counted = hits.clone();
        let canary = get(async move || {
            counted.fetch_add(1, Relaxed);
        });
        let file = file(&format!("{root}/canary.mp4"));
        let router =
            Router::new().route_service("/source", ServeFile::new(file)).route("/canary.mp4", canary);
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.expect("it is served") });
        let source = Source::Address(format!("{root}/source").parse().expect("an address"));
        Self { source, hits, _serving: serving }
    }
}

/// What is found by an address is what is in the file, and each part of a plan comes out of it as it comes out of the file.
pub async fn a_source_by_address_is_encoded_as_its_file(encoder: &dyn Encoder) {
    let sources = Sources::new();
    for name in ["counted.mp4", "counted.mkv", "counted.ts"] {
        let path = sources.counted(name, "30000/1001", 13, "");
        let (info, plan) = planned(encoder, &path).await;
        let address = Address::of(|_| path.clone()).await;
        assert_eq!(encoder.probe(&address.source).await.expect("it is accepted"), info, "{name}");
        let file = Source::File(path);
        for part in plan.parts(&info) {
            let (far, near) = (
                encoded(encoder, &sources, &address.source, &part.task).await,
                encoded(encoder, &sources, &file, &part.task).await,
            );
            assert_eq!(bytes(far), bytes(near), "{name}, {}", part.name);
        }
    }
}

/// A playlist at an address leads nowhere: neither to files nor to other addresses of the same server.
pub async fn a_playlist_at_an_address_reads_nothing_else(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let other = sources.counted("other.mp4", "30", 1, "");
    let (info, plan) = planned(encoder, &other).await;
    let lists = |target: &str| {
        [
            format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{target}\n#EXT-X-ENDLIST\n"),
            format!("ffconcat version 1.0\nfile '{target}'\n"),
        ]
    };
    for which in 0..2 {
        for file in [None, Some(format!("file:{}", other.display()))] {
            let list = |canary: &str| lists(file.as_deref().unwrap_or(canary))[which].clone();
            let address = Address::of(|canary| sources.written("list.mp4", list(canary).as_bytes())).await;
            let looked = encoder.probe(&address.source).await;
            assert!(matches!(&looked, Err(MediaError::Rejected(_))), "{looked:?}");
            for part in plan.parts(&info) {
                let made = attempted(encoder, &sources, &address.source, &part.task).await;
                let segments =
                    |tracks: Vec<EncodedTrack>| tracks.iter().map(|track| track.segments.len()).sum();
                assert_eq!(made.map_or(0, segments), 0, "{} came out of {file:?}", part.name);
            }
            assert_eq!(address.hits.load(Relaxed), 0, "another address was read");
        }
    }
}

async fn encoded(
    encoder: &dyn Encoder,
    sources: &Sources,
    source: &Source,
    task: &EncodeTask,
) -> Vec<EncodedTrack> {
    attempted(encoder, sources, source, task).await.expect("it is encoded")
}

async fn attempted(
    encoder: &dyn Encoder,
    sources: &Sources,
    source: &Source,
    task: &EncodeTask,
) -> Result<Vec<EncodedTrack>, MediaError> {
    let scratch = sources.scratch();
    let (progress, _) = tokio::sync::watch::channel(Progress::default());
    match encoder.encode(Some(source), task, Urgency::Now, scratch.path(), &progress).await? {
        Encoded::Tracks(tracks) => Ok(tracks),
        Encoded::File(path) => panic!("a file came out: {}", path.display()),
    }
}

fn bytes(tracks: Vec<EncodedTrack>) -> Vec<(String, Option<Bytes>, Vec<Bytes>)> {
    let segments =
        |track: &EncodedTrack| track.segments.iter().map(|segment| segment.bytes.clone()).collect();
    tracks.into_iter().map(|track| (track.rendition.clone(), track.init.clone(), segments(&track))).collect()
}
