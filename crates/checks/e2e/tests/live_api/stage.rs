//! An API on embedded adapters in this process. The test plays the part of the live-processor.

use api::{Api, Config, Deps};
use domain::{
    StreamId, Timestamp,
    document::Document,
    event::{Envelope, Event, PublishedPlaylist, Topic},
    live::Stream,
};
use files::Files;
use hls::{Kind, MediaPlaylist, Segment, SegmentDuration};
use ports::{Clock, Documents, EventLog, Record, Replaced};
use prometheus::Registry;
use reqwest::{Client, Response, redirect::Policy};
use serde_json::Value;
use service_kit::{SystemClock, settings::Settings};
use sqlite::{Catalog, Log};
use std::{collections::BTreeMap, sync::Arc};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What all APIs of a test stand on.
pub(crate) struct Stage {
    pub(crate) log: Arc<Log>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) objects: Arc<Files>,
    clock: Arc<SystemClock>,
    _folder: TempDir,
}

/// A running API, which ends with the test.
pub(crate) struct Running {
    base: String,
    client: Client,
    stop: CancellationToken,
    _serving: JoinHandle<anyhow::Result<()>>,
}

impl Stage {
    /// Opens empty stores.
    pub(crate) fn open() -> Self {
        let folder = TempDir::new().expect("a folder");
        let (at, clock) = (folder.path(), Arc::new(SystemClock::new()));
        let files = Files::open(at.join("objects"), b"a key for tests", clock.clone());
        Self {
            log: Arc::new(Log::open(&at.join("log.db")).expect("a log")),
            catalog: Arc::new(Catalog::open(&at.join("catalog.db")).expect("a catalog")),
            objects: Arc::new(files.expect("a store")),
            clock,
            _folder: folder,
        }
    }

    /// Starts an API.
    pub(crate) async fn api(&self) -> Running {
        let environment = BTreeMap::from([("API_PORT".to_owned(), "0".to_owned())]);
        let mut config = Config::from_settings(&mut Settings::new(&environment));
        config.signing_keys = vec![vec![7; 32]];
        let deps = Deps {
            log: self.log.clone(),
            documents: self.catalog.clone(),
            objects: self.objects.clone(),
            media: Some(self.objects.routes()),
            clock: self.clock.clone(),
            metrics: Registry::new(),
        };
        let api = Api::start(config, deps).await.expect("starts");
        // Decompressing would hide how an answer was encoded.
        let client = Client::builder().no_proxy().no_gzip().redirect(Policy::none());
        let client = client.build().expect("a client");
        let (base, stop) = (format!("http://{}", api.address()), CancellationToken::new());
        let serving = tokio::spawn(api.run(stop.clone()));
        Running { base, client, stop, _serving: serving }
    }

    /// The clock of all services.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// The present time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Publishes a playlist as its owner would.
    pub(crate) async fn publish(&self, stream: &StreamId, rank: (u64, u64), playlist: &MediaPlaylist) {
        let published = PublishedPlaylist {
            stream_id: stream.clone(),
            epoch: rank.0,
            playlist_version: rank.1,
            playlist: playlist.to_m3u8(),
        };
        let state = format!("{}-{}", rank.0, rank.1);
        let event = Envelope::new(stream.as_str(), &state, self.now(), Event::LivePlaylist(published));
        let payload = Some(serde_json::to_vec(&event).expect("JSON"));
        let record = Record { key: stream.to_string(), payload, headers: Vec::new() };
        self.log.publish(Topic::LivePlaylists, record).await.expect("published");
    }

    /// Changes a stream's document.
    pub(crate) async fn change(&self, stream: &StreamId, change: impl FnOnce(&mut Stream)) {
        let stored = self.catalog.get(Stream::KIND, stream.as_str()).await.expect("read").expect("there");
        let mut document: Stream = serde_json::from_value(stored.body).expect("a stream");
        change(&mut document);
        let body = serde_json::to_value(&document).expect("JSON");
        let replaced = self.catalog.replace(Stream::KIND, stream.as_str(), stored.revision, body).await;
        assert!(matches!(replaced, Ok(Replaced::Done(_))), "{replaced:?}");
    }

    /// Adds a document.
    pub(crate) async fn insert<D: Document>(&self, document: &D) {
        let body = serde_json::to_value(document).expect("JSON");
        self.catalog.insert(D::KIND, document.id(), body).await.expect("inserted");
    }
}

impl Running {
    /// An address of this API; a whole address stays as it is.
    pub(crate) fn url(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) }
    }

    /// `GET`, with headers.
    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = self.client.get(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.expect("an answer")
    }

    /// `GET`.
    pub(crate) async fn get(&self, path: &str) -> Response {
        self.get_with(path, &[]).await
    }

    /// `GET` of JSON, and the status.
    pub(crate) async fn json(&self, path: &str) -> (u16, Value) {
        read(self.get(path).await).await
    }

    /// `POST` of JSON.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        read(self.client.post(self.url(path)).json(body).send().await.expect("an answer")).await
    }

    /// `PUT` of bytes.
    pub(crate) async fn put(&self, path: &str, bytes: &'static [u8]) -> u16 {
        let answer = self.client.put(self.url(path)).body(bytes).send().await.expect("an answer");
        answer.status().as_u16()
    }

    /// Starts a stream with segments of a second.
    pub(crate) async fn start(&self) -> StreamId {
        let body =
            serde_json::json!({"home_team": "Al-Hilal", "away_team": "Al-Nassr", "target_duration": 1});
        let (status, started) = self.post("/streams/start", &body).await;
        assert_eq!(status, 201, "{started}");
        started["stream_id"].as_str().expect("an id").parse().expect("an id")
    }

    /// The address of a stream's media playlist, found as a player finds it, and what the master said.
    pub(crate) async fn playlist(&self, stream: &StreamId) -> (String, String) {
        let (status, view) = self.json(&format!("/streams/{stream}/live")).await;
        assert_eq!(status, 200, "{view}");
        self.follow(view["manifest_url"].as_str().expect("an address")).await
    }

    /// The address of the one media playlist that a master playlist names, and the master.
    pub(crate) async fn follow(&self, master: &str) -> (String, String) {
        let answer = self.get(master).await;
        assert_eq!(answer.status(), 200, "{master}");
        let text = answer.text().await.expect("text");
        let uri = text.lines().last().expect("a line").to_owned();
        let url = url::Url::parse(master).and_then(|master| master.join(&uri)).expect("an address");
        (url.into(), text)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (status, response.json().await.expect("JSON"))
}

/// A window of segments of a second, from this number on.
pub(crate) fn window(numbers: std::ops::Range<u32>) -> MediaPlaylist {
    let mut playlist = MediaPlaylist::new(Kind::Live { ended: false }, 1);
    playlist.media_sequence = u64::from(numbers.start);
    for number in numbers {
        let mut segment =
            Segment::new(hls::live::segment_name(number), SegmentDuration::from_micros(1_000_000));
        segment.program_date_time =
            format!("2026-01-31T12:{:02}:{:02}Z", number / 60, number % 60).parse().ok();
        playlist.segments.push(segment);
    }
    playlist
}
