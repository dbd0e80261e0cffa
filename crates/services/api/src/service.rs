//! The API as a service: bound, then run until told to stop.

use crate::{
    Config,
    bell::Bell,
    live::{self, Playlists, Recent, Recordings},
    metrics::Metrics,
    playback::Tokens,
    routes,
    state::{Shared, State},
};
use axum::Router;
use domain::{
    job::Job,
    letter::Letter,
    live::{LiveSegmentRecord, Stream},
    video::Video,
};
use ports::{Clock, Documents, EventLog, ObjectStore};
use prometheus::Registry;
use service_kit::{Collection, MetricsError, Relay};
use std::{net::SocketAddr, sync::Arc};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What the API needs of the world.
#[derive(Clone)]
pub struct Deps {
    /// The event log.
    pub log: Arc<dyn EventLog>,
    /// The catalog.
    pub documents: Arc<dyn Documents>,
    /// The object store.
    pub objects: Arc<dyn ObjectStore>,
    /// Serves presigned addresses at the API's own port, where the object store has none.
    pub media: Option<Router>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where its metrics go, and what `/metrics` shows.
    pub metrics: Registry,
}

/// Why the API does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}. Choose another API_PORT, or stop what uses this one")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// A metric exists already.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The file for the address cannot be written.
    #[error("cannot write the address to a file: {0}")]
    AddressFile(std::io::Error),
}

/// An API that listens and is ready to run.
pub struct Api {
    listener: TcpListener,
    address: SocketAddr,
    router: Router,
    bell: Bell,
    playlists: Playlists,
    metrics: Metrics,
    log: Arc<dyn EventLog>,
    clock: Arc<dyn Clock>,
}

impl Api {
    /// Assembles the API and binds its port.
    ///
    /// # Errors
    /// A [`StartError`].
    pub async fn start(config: Config, deps: Deps) -> Result<Self, StartError> {
        let wanted = SocketAddr::new(config.address, config.port);
        let bind = |error| StartError::Bind { address: wanted, error };
        let listener = TcpListener::bind(wanted).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        if let Some(file) = &config.address_file {
            tokio::fs::write(file, address.to_string()).await.map_err(StartError::AddressFile)?;
        }
        let relay = Relay::new(deps.log.clone());
        let (bell, playlists) = (Bell::new(), Playlists::default());
        let metrics = Metrics::new(&deps.metrics)?;
        let state = State::new(Shared {
            videos: Collection::<Video>::new(deps.documents.clone(), relay.clone(), deps.clock.clone()),
            jobs: Collection::<Job>::new(deps.documents.clone(), relay.clone(), deps.clock.clone()),
            letters: Collection::<Letter>::new(deps.documents.clone(), relay.clone(), deps.clock.clone()),
            streams: Collection::<Stream>::new(deps.documents.clone(), relay.clone(), deps.clock.clone()),
            segments: Collection::<LiveSegmentRecord>::new(
                deps.documents.clone(),
                relay.clone(),
                deps.clock.clone(),
            ),
            playlists: playlists.clone(),
            recent: Recent::default(),
            recordings: Recordings::default(),
            log: deps.log.clone(),
            relay,
            documents: deps.documents,
            objects: deps.objects,
            clock: deps.clock.clone(),
            tokens: Tokens::new(config.signing_keys.clone()),
            bell: bell.clone(),
            metrics: metrics.clone(),
            registry: deps.metrics,
            config,
        });
        let router = routes::router(&state, deps.media);
        Ok(Self { listener, address, router, bell, playlists, metrics, log: deps.log, clock: deps.clock })
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until told to stop; then lets requests that are under way end.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let bell = tokio::spawn(self.bell.follow(self.log.clone(), self.clock.clone(), stop.clone()));
        let freshness = tokio::spawn(live::watch_freshness(
            self.playlists.clone(),
            self.metrics.live_playlists,
            self.clock.clone(),
            stop.clone(),
        ));
        let playlists = tokio::spawn(self.playlists.follow(self.log, self.clock.clone(), stop.clone()));
        let service = self.router.into_make_service_with_connect_info::<SocketAddr>();
        let serving =
            axum::serve(self.listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
        let drained = async {
            stop.cancelled().await;
            // Held segments and slow players are cut here: they ask again, and the next process answers.
            self.clock.sleep(std::time::Duration::from_secs(2)).await;
        };
        tokio::select! {
            served = serving => served?,
            () = drained => {}
        }
        bell.await?;
        playlists.await?;
        freshness.await?;
        Ok(())
    }
}
