//! What a producer runs on.

use crate::{LIMIT, api::Api};
use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use domain::{
    Timestamp,
    event::{Event, LiveSegment, Topic},
    object::ObjectKey,
};
use ffmpeg::{Ffmpeg, FfmpegConfig};
use files::Files;
use ports::{Clock, EventLog, Follower, Monotonic, ObjectStore, StartAt};
use producer::{Config, Deps, Producer};
use service_kit::{SystemClock, settings::Settings};
use sqlite::Log;
use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

/// How many times faster than real time it is.
const SPEED: u32 = 20;

/// A clock that runs fast, from 20 s before a minute ends.
struct Fast(SystemClock);

#[async_trait]
impl Clock for Fast {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(29_916_666 * 60_000 + 40_000) + self.monotonic().0
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic(self.0.monotonic().0 * SPEED)
    }

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration / SPEED).await;
    }

    fn random(&self, buffer: &mut [u8]) {
        self.0.random(buffer);
    }
}

/// A producer and its world.
pub(crate) struct World {
    folder: TempDir,
    pub(crate) api: Arc<Api>,
    url: Url,
    pub(crate) log: Arc<Log>,
    pub(crate) objects: Arc<Files>,
    settings: BTreeMap<String, String>,
}

impl World {
    pub(crate) async fn new(settings: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let api = Arc::new(Api::default());
        let url = api.clone().serve().await?;
        let data = folder.path().display().to_string();
        let all = settings.iter().copied().chain([("DATA_DIR", data.as_str())]);
        let settings = all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let log = Arc::new(Log::open(&folder.path().join("log.db"))?);
        let objects = Files::open(folder.path().join("objects"), b"key", Arc::new(SystemClock::new()))?;
        Ok(Self { api, url, log, objects: Arc::new(objects), settings, folder })
    }

    /// Runs a producer until its token is cancelled.
    pub(crate) async fn produce(&self) -> Result<(CancellationToken, JoinHandle<Result<()>>)> {
        let mut settings = Settings::new(&self.settings);
        let config = Config::from_settings(&mut settings);
        let encoder = Arc::new(Ffmpeg::new(FfmpegConfig::from_settings(&mut settings)));
        settings.finish()?;
        let deps = Deps {
            log: self.log.clone(),
            objects: self.objects.clone(),
            encoder,
            clock: Arc::new(Fast(SystemClock::new())),
            metrics: prometheus::Registry::new(),
            api: self.url.clone(),
        };
        let stop = CancellationToken::new();
        let producer = Producer::start(config, deps).await?;
        Ok((stop.clone(), tokio::spawn(producer.run(stop))))
    }

    pub(crate) async fn events(&self) -> Result<Events> {
        Ok(Events(self.log.follow(Topic::LiveChunks, StartAt::Beginning).await?))
    }

    pub(crate) async fn bytes(&self, segment: &LiveSegment) -> Result<Vec<u8>> {
        let (stream, number) = (segment.stream_id.clone(), segment.sequence_number);
        let body = self.objects.get(&ObjectKey::LiveSegment { stream, number }, None).await?;
        body.collect().await.map_err(|error| anyhow::anyhow!(error))
    }

    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> Result<String> {
        let path: PathBuf = self.folder.path().join(name);
        std::fs::write(&path, bytes)?;
        Ok(path.display().to_string())
    }
}

/// The events on `live-chunks`.
pub(crate) struct Events(Box<dyn Follower>);

impl Events {
    pub(crate) async fn next(&mut self) -> Result<LiveSegment> {
        let received = tokio::time::timeout(LIMIT, self.0.next()).await.context("no event comes")??;
        let envelope = domain::event::decode(&received.record.payload.context("a payload")?)?;
        let Event::LiveSegment(segment) = envelope.event else { anyhow::bail!("{:?}", envelope.event) };
        ensure!(received.record.key == segment.stream_id.as_str(), "its key is {}", received.record.key);
        Ok(segment)
    }

    /// Everything of the first stream up to its last segment.
    pub(crate) async fn until_number(&mut self, last: u32) -> Result<Vec<LiveSegment>> {
        let mut segments = vec![self.next().await?];
        while segments[segments.len() - 1].sequence_number < last {
            segments.push(self.next().await?);
        }
        Ok(segments)
    }
}
