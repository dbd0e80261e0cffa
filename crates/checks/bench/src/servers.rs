//! The servers that the ordinary settings name, and names on them that nobody else uses.

use crate::screen;
use anyhow::Context;
use kafka::Log;
use mongo::Catalog;
use ports::Clock;
use s3::S3;
use service_kit::{SystemClock, settings::Settings};
use std::{collections::BTreeMap, env, sync::Arc};

/// The settings without which there are no servers.
const ADDRESSES: [&str; 3] = ["KAFKA_BROKER", "MONGO_URI", "MINIO_ENDPOINT"];
/// What else may be said of them.
const KEYS: [&str; 3] = ["MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD", "S3_REGION"];
/// The ports of the programs.
const PORTS: [&str; 6] = [
    "API_PORT",
    "PRODUCER_PORT",
    "VOD_PROCESSOR_PORT",
    "LIVE_PROCESSOR_PORT",
    "LIVE_INGEST_PORT",
    "TRANSCODE_WORKER_PORT",
];

/// Topics, a database and buckets of one bench's own. Dropping it removes them.
#[derive(Debug)]
pub(crate) struct Servers(BTreeMap<String, String>);

/// Those of `ADDRESSES` that the environment lacks.
pub(crate) fn missing() -> Vec<&'static str> {
    let named = |name: &&str| env::var(name).is_ok_and(|value| !value.trim().is_empty());
    ADDRESSES.into_iter().filter(|name| !named(name)).collect()
}

impl Servers {
    /// New names; nothing is made yet.
    pub(crate) fn from_environment() -> anyhow::Result<Self> {
        let missing = missing();
        anyhow::ensure!(
            missing.is_empty(),
            "{} must name a server: this is measured on Kafka, MongoDB and an S3 store",
            missing.join(", ")
        );
        let mut random = [0; 6];
        SystemClock::new().random(&mut random);
        let own: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let own = format!("bench-{own}");
        let given = ADDRESSES.iter().chain(&KEYS).filter_map(|name| Some((*name, env::var(name).ok()?)));
        let mut settings: BTreeMap<String, String> =
            given.map(|(name, value)| (name.to_owned(), value)).collect();
        let names = [
            ("MINIO_PUBLIC_ENDPOINT", settings["MINIO_ENDPOINT"].clone()),
            ("KAFKA_TOPIC_PREFIX", format!("{own}-")),
            ("MONGO_DB", own.clone()),
            ("MINIO_BUCKET_VOD_RAW", format!("{own}-vod-raw")),
            ("MINIO_BUCKET_VOD_VARIANTS", format!("{own}-vod-variants")),
            ("MINIO_BUCKET_LIVE", format!("{own}-live-streams")),
            ("MINIO_BUCKET_MANIFESTS", format!("{own}-manifests")),
        ];
        settings.extend(names.map(|(name, value)| (name.to_owned(), value)));
        settings.extend(PORTS.map(|name| (name.to_owned(), "0".to_owned())));
        Ok(Self(settings))
    }

    /// The same with a setting of the caller's.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The settings of one replica.
    pub(crate) fn settings(&self, instance: &str) -> BTreeMap<String, String> {
        let mut settings = self.0.clone();
        settings.insert("INSTANCE_ID".to_owned(), instance.to_owned());
        settings
    }

    /// The event log, as one replica of a service sees it.
    pub(crate) async fn log(&self, service: &'static str, instance: &str) -> anyhow::Result<Log> {
        let settings = self.settings(instance);
        let config = read(&settings, |settings| kafka::Config::from_settings(settings, service))?;
        Log::open(config).await.context("opening the event log")
    }

    /// The catalog.
    pub(crate) async fn catalog(&self) -> anyhow::Result<Catalog> {
        let config = read(&self.0, mongo::Config::from_settings)?;
        Catalog::open(&config).await.context("opening the catalog")
    }

    /// The object store.
    pub(crate) async fn store(&self) -> anyhow::Result<S3> {
        let config = read(&self.0, s3::Config::from_settings)?;
        S3::open(config, Arc::new(SystemClock::new())).await.context("opening the object store")
    }

    async fn remove(&self) -> anyhow::Result<()> {
        // One that fails must not keep the others.
        let topics = async { anyhow::Ok(self.log("bench", "bench").await?.remove_topics().await?) }.await;
        let database = async { anyhow::Ok(self.catalog().await?.remove_database().await?) }.await;
        let buckets = async { anyhow::Ok(self.store().await?.remove_buckets().await?) }.await;
        topics.and(database).and(buckets)
    }
}

fn read<C>(
    settings: &BTreeMap<String, String>,
    config: impl FnOnce(&mut Settings<'_>) -> C,
) -> anyhow::Result<C> {
    let mut settings = Settings::new(settings);
    let config = config(&mut settings);
    settings.finish()?;
    Ok(config)
}

impl Drop for Servers {
    /// On a thread of its own: a bench that is interrupted is dropped inside the runtime, which waits here.
    fn drop(&mut self) {
        let removed = std::thread::scope(|scope| {
            let removing = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(self.remove())
            });
            removing.join().unwrap_or_else(|_| Err(anyhow::anyhow!("it panicked")))
        });
        if let Err(error) = removed {
            let name = &self.0["MONGO_DB"];
            screen::note(&format!("What this bench made on the servers is still there ({name}*): {error:#}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_benches_never_share_a_name() {
        if conformance::server("bench servers", "KAFKA_BROKER").is_none() || !missing().is_empty() {
            return;
        }
        let (one, other) = (Servers::from_environment().unwrap(), Servers::from_environment().unwrap());
        for name in ["KAFKA_TOPIC_PREFIX", "MONGO_DB", "MINIO_BUCKET_VOD_RAW", "MINIO_BUCKET_MANIFESTS"] {
            assert_ne!(one.0[name], other.0[name], "{name}");
        }
    }
}
