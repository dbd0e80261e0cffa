//! What every process of the fleet stands on: Kafka, MongoDB, S3, the clock.

use crate::settings::FleetSettings;
use futures::FutureExt;
use kafka::{Log, TopicsError};
use mongo::Catalog;
use ports::{Clock, Documents, EventLog, ObjectStore};
use prometheus::Registry;
use s3::S3;
use service_kit::{
    Check, Meters, MetricsError, Monitoring, Readiness, Service, Unavailable, measure_process,
    until_available,
};
use std::{net::SocketAddr, path::Path, sync::Arc};
use tokio_util::sync::CancellationToken;

/// The adapters of the fleet.
pub struct World {
    /// The event log.
    pub log: Arc<dyn EventLog>,
    /// The catalog.
    pub documents: Arc<dyn Documents>,
    /// The object store.
    pub objects: Arc<dyn ObjectStore>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where metrics go.
    pub metrics: Registry,
    address: SocketAddr,
    checks: Vec<(&'static str, Check)>,
}

/// Why an adapter does not open.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
struct NotOpen {
    error: anyhow::Error,
    /// Its server does not answer: it may yet.
    away: bool,
}

impl Unavailable for NotOpen {
    fn is_unavailable(&self) -> bool {
        self.away
    }
}

/// Opens all of them at once. A server that is away is waited for: whoever starts a fleet starts all of it together.
///
/// # Errors
/// When a server refuses what is asked of it.
pub(crate) async fn open<C>(settings: &FleetSettings<C>, clock: Arc<dyn Clock>) -> anyhow::Result<World> {
    let log = until_available(&*clock, "opening the event log", || open_log(settings.kafka.clone()));
    let documents = until_available(&*clock, "opening the catalog", || open_catalog(&settings.mongo));
    let objects = || open_store(settings.s3.clone(), clock.clone());
    let objects = until_available(&*clock, "opening the object store", objects);
    let (log, documents, objects) = tokio::try_join!(log, documents, objects)?;
    let address = SocketAddr::new(settings.address, settings.port);
    let (log, documents, objects) = (Arc::new(log), Arc::new(documents), Arc::new(objects));
    let metrics = Registry::new();
    measure_process(&metrics, env!("CARGO_PKG_VERSION"), &settings.process.data_dir)?;
    let meters = Meters::new(&metrics, &clock)?;
    Ok(World {
        checks: checks(&log, &documents, &objects),
        log: meters.log(log),
        documents: meters.documents(documents),
        objects: meters.objects(objects),
        clock: clock.clone(),
        metrics,
        address,
    })
}

async fn open_log(config: kafka::Config) -> Result<Log, NotOpen> {
    let away = |error: &TopicsError| matches!(error, TopicsError::Away { .. });
    Log::open(config).await.map_err(|error| NotOpen { away: away(&error), error: error.into() })
}

async fn open_catalog(config: &mongo::Config) -> Result<Catalog, NotOpen> {
    let away = |error: &mongo::OpenError| matches!(error, mongo::OpenError::Unreachable { .. });
    Catalog::open(config).await.map_err(|error| NotOpen { away: away(&error), error: error.into() })
}

async fn open_store(config: s3::Config, clock: Arc<dyn Clock>) -> Result<S3, NotOpen> {
    let away = |error: &s3::OpenError| matches!(error, s3::OpenError::Away { .. });
    S3::open(config, clock).await.map_err(|error| NotOpen { away: away(&error), error: error.into() })
}

impl World {
    /// Binds the port at which a service without an HTTP surface shows its health and metrics.
    ///
    /// # Errors
    /// When it cannot be bound.
    pub(crate) async fn monitoring(
        &self,
        service: &'static str,
        address_file: Option<&Path>,
        stop: &CancellationToken,
    ) -> anyhow::Result<Service> {
        let (address, metrics, clock) = (self.address, self.metrics.clone(), self.clock.clone());
        let monitoring = Monitoring::bind(address, service, metrics, self.checks.clone(), clock)
            .await
            .map_err(|error| {
                anyhow::anyhow!(
                    "cannot listen on {address}: {error}. Choose another port, or stop what uses this one"
                )
            })?;
        if let Some(file) = address_file {
            monitoring.write_address(file).await?;
        }
        tracing::info!("health and metrics at http://{}", monitoring.address());
        let stop = stop.clone();
        Ok(Service::new("monitoring", async move { Ok(monitoring.run(stop).await?) }))
    }

    /// What looks after the servers and shows whether they answer.
    ///
    /// # Errors
    /// When the metrics have it already.
    pub(crate) fn readiness(&self, stop: &CancellationToken) -> Result<Service, MetricsError> {
        let readiness = Readiness::new(&self.metrics, self.checks.clone(), self.clock.clone())?;
        let stop = stop.clone();
        Ok(Service::new("readiness", async move {
            readiness.run(stop).await;
            Ok(())
        }))
    }
}

fn checks(log: &Arc<Log>, documents: &Arc<Catalog>, objects: &Arc<S3>) -> Vec<(&'static str, Check)> {
    vec![
        ("event_log", check(log, |log| async move { log.check().await.is_ok() })),
        ("catalog", check(documents, |catalog| async move { catalog.ping().await.is_ok() })),
        ("object_store", check(objects, |store| async move { store.check().await.is_ok() })),
    ]
}

fn check<A, F>(adapter: &Arc<A>, answers: impl Fn(Arc<A>) -> F + Send + Sync + 'static) -> Check
where
    A: Send + Sync + 'static,
    F: Future<Output = bool> + Send + 'static,
{
    let adapter = adapter.clone();
    Arc::new(move || answers(adapter.clone()).boxed())
}
