//! What the fleet's programs find on the servers: topics, a database and buckets that nobody else uses.

use anyhow::{Context, Result};
use domain::object::{Bucket, Prefix};
use futures::TryStreamExt;
use kafka::Log;
use mongo::Catalog;
use ports::ObjectStore;
use s3::S3;
use service_kit::{SystemClock, settings::Settings};
use std::{collections::BTreeMap, env, sync::Arc};

/// The settings that name servers.
const SERVERS: [&str; 5] =
    ["KAFKA_BROKER", "MONGO_URI", "MINIO_ENDPOINT", "MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"];

/// Names of one product's own on the servers of the environment.
#[derive(Debug)]
pub struct Surroundings(BTreeMap<String, String>);

impl Surroundings {
    /// New names.
    ///
    /// # Errors
    /// The environment names no servers.
    pub fn from_environment() -> Result<Self> {
        let own = format!("e2e-{:012x}", rand::random::<u64>() >> 16);
        let mut settings = BTreeMap::new();
        for name in SERVERS {
            let value = env::var(name).with_context(|| format!("{name} names no server"))?;
            settings.insert(name.to_owned(), value);
        }
        let public = settings["MINIO_ENDPOINT"].clone();
        for (name, value) in [
            ("MINIO_PUBLIC_ENDPOINT", public),
            ("KAFKA_TOPIC_PREFIX", format!("{own}-")),
            ("MONGO_DB", own.clone()),
            ("MINIO_BUCKET_VOD_RAW", format!("{own}-vod-raw")),
            ("MINIO_BUCKET_VOD_VARIANTS", format!("{own}-vod-variants")),
            ("MINIO_BUCKET_LIVE", format!("{own}-live-streams")),
            ("MINIO_BUCKET_MANIFESTS", format!("{own}-manifests")),
        ] {
            settings.insert(name.to_owned(), value);
        }
        for port in [
            "API_PORT",
            "PRODUCER_PORT",
            "VOD_PROCESSOR_PORT",
            "LIVE_PROCESSOR_PORT",
            "LIVE_INGEST_PORT",
            "TRANSCODE_WORKER_PORT",
        ] {
            settings.insert(port.to_owned(), "0".to_owned());
        }
        Ok(Self(settings))
    }

    /// The settings of one replica.
    pub(crate) fn settings(&self, instance: &str) -> Vec<(String, String)> {
        let shared = self.0.iter().map(|(name, value)| (name.clone(), value.clone()));
        shared.chain([("INSTANCE_ID".to_owned(), instance.to_owned())]).collect()
    }

    /// Every object in the buckets, as `bucket/path`.
    pub(crate) async fn objects(&self) -> Result<Vec<String>> {
        let store = self.store().await?;
        let mut objects = Vec::new();
        for bucket in Bucket::ALL {
            let listing = store.list(&Prefix { bucket, path: String::new() }).await?;
            let paths: Vec<String> = listing.map_ok(|(path, _)| path).try_collect().await?;
            objects.extend(paths.into_iter().map(|path| format!("{}/{path}", bucket.name())));
        }
        Ok(objects)
    }

    /// Removes everything from the servers.
    ///
    /// # Errors
    /// One of them does not answer.
    pub async fn remove(&self) -> Result<()> {
        let mongo = self.catalog().await?;
        self.log().await?.remove_topics().await?;
        mongo.remove_database().await?;
        self.store().await?.remove_buckets().await?;
        Ok(())
    }

    /// Its catalog.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn catalog(&self) -> Result<Catalog> {
        let mut settings = Settings::new(&self.0);
        Ok(Catalog::open(&mongo::Config::from_settings(&mut settings)).await?)
    }

    /// Its event log.
    ///
    /// # Errors
    /// Kafka does not answer.
    pub async fn log(&self) -> Result<Log> {
        let mut settings = Settings::new(&self.0);
        Ok(Log::open(kafka::Config::from_settings(&mut settings, "e2e")).await?)
    }

    /// Its object store.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn store(&self) -> Result<S3> {
        let mut settings = Settings::new(&self.0);
        let config = s3::Config::from_settings(&mut settings);
        Ok(S3::open(config, Arc::new(SystemClock::new())).await?)
    }
}
