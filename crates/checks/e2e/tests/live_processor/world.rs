//! What a live processor stands on: the embedded adapters, or servers.

use anyhow::Result;
use domain::{
    StreamId,
    live::{LiveSegmentRecord, NewStream, Stream},
    video::Video,
};
use e2e::Surroundings;
use live_processor::{Config, Deps, LiveProcessor};
use ports::{Clock, Documents, EventLog, ObjectStore};
use prometheus::Registry;
use service_kit::{Collection, Relay, SystemClock, settings::Settings};
use std::{collections::BTreeMap, env, net::SocketAddr, sync::Arc};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) struct World {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) documents: Arc<dyn Documents>,
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) clock: Arc<dyn Clock>,
    servers: Option<Surroundings>,
    _folder: Arc<TempDir>,
}

impl World {
    /// The adapters of the topology that this run is about.
    pub(crate) async fn of_this_topology() -> Result<Self> {
        if env::var("E2E_TOPOLOGY").is_ok_and(|topology| topology == "processes") {
            Self::servers().await
        } else {
            Self::embedded()
        }
    }

    /// The embedded adapters.
    pub(crate) fn embedded() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        Ok(Self {
            log: Arc::new(sqlite::Log::open(&folder.path().join("log.db"))?),
            documents: Arc::new(sqlite::Catalog::open(&folder.path().join("catalog.db"))?),
            objects: Arc::new(files::Files::open(folder.path().join("objects"), &[7; 32], clock.clone())?),
            clock,
            servers: None,
            _folder: Arc::new(folder),
        })
    }

    /// Names of its own on the servers of the environment.
    async fn servers() -> Result<Self> {
        let servers = Surroundings::from_environment()?;
        Ok(Self {
            log: Arc::new(servers.log().await?),
            documents: Arc::new(servers.catalog().await?),
            objects: Arc::new(servers.store().await?),
            clock: Arc::new(SystemClock::new()),
            servers: Some(servers),
            _folder: Arc::new(tempfile::tempdir()?),
        })
    }

    /// The same world, as a process sees it through stores of its own.
    pub(crate) fn seen_through(
        &self,
        log: Arc<dyn EventLog>,
        documents: Arc<dyn Documents>,
        objects: Arc<dyn ObjectStore>,
    ) -> Self {
        Self {
            log,
            documents,
            objects,
            clock: self.clock.clone(),
            servers: None,
            _folder: self._folder.clone(),
        }
    }

    pub(crate) async fn remove(&self) -> Result<()> {
        match &self.servers {
            Some(servers) => servers.remove().await,
            None => Ok(()),
        }
    }

    /// Starts a stream, as the API does; the target duration is in seconds.
    pub(crate) async fn start_stream(&self, stream: &StreamId, target_duration: u32) -> Result<()> {
        let new = NewStream {
            stream_id: stream.clone(),
            match_id: None,
            home_team: "A".to_owned(),
            away_team: "B".to_owned(),
            competition: String::new(),
            target_duration: Some(target_duration),
        };
        self.streams().insert(&Stream::started(new, self.clock.now())).await?;
        Ok(())
    }

    pub(crate) fn relay(&self) -> Relay {
        Relay::new(self.log.clone())
    }

    pub(crate) fn streams(&self) -> Collection<Stream> {
        Collection::new(self.documents.clone(), self.relay(), self.clock.clone())
    }

    pub(crate) fn segments(&self) -> Collection<LiveSegmentRecord> {
        Collection::new(self.documents.clone(), self.relay(), self.clock.clone())
    }

    pub(crate) fn videos(&self) -> Collection<Video> {
        Collection::new(self.documents.clone(), self.relay(), self.clock.clone())
    }
}

/// A live processor that runs.
pub(crate) struct Running {
    /// Where it listens for encoders.
    pub(crate) ingest: SocketAddr,
    task: JoinHandle<Result<()>>,
}

impl Running {
    pub(crate) async fn start(world: &World) -> Result<Self> {
        let environment: BTreeMap<String, String> =
            BTreeMap::from([("LIVE_INGEST_PORT".to_owned(), "0".to_owned())]);
        let mut settings = Settings::new(&environment);
        let deps = Deps {
            log: world.log.clone(),
            documents: world.documents.clone(),
            objects: world.objects.clone(),
            clock: world.clock.clone(),
            metrics: Registry::new(),
        };
        let processor = LiveProcessor::start(Config::from_settings(&mut settings), deps).await?;
        let ingest = processor.ingest_address();
        Ok(Self { ingest, task: tokio::spawn(processor.run(CancellationToken::new())) })
    }

    /// Ends it between any two of its steps, with nothing put in order.
    pub(crate) fn kill(self) {
        self.task.abort();
    }
}
