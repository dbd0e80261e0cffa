//! The object store on MinIO, or any store that speaks S3.
//!
//! Objects of up to 8 MiB are one request, larger ones a multipart upload that is completed or aborted. No
//! call waits for ever: a store that is away is `Unavailable` within about 10 s, and the next call finds it
//! when it is back.

mod client;
mod config;
mod failure;
mod listing;
mod look;
mod multipart;
mod opening;
mod parts;
mod presign;
mod put;
mod read;
mod removal;
mod store;

pub use config::{Buckets, Config};
pub use opening::OpenError;

use crate::{look::Look, presign::Signer};
use aws_sdk_s3::Client;
use domain::object::Bucket;
use ports::{Clock, ObjectError};
use std::sync::Arc;

/// Objects in the buckets of one store. Clones are the same store.
#[derive(Clone)]
pub struct S3 {
    client: Client,
    look: Arc<Look>,
    buckets: Arc<Buckets>,
    signer: Arc<Signer>,
    clock: Arc<dyn Clock>,
}

impl S3 {
    /// Opens the store: makes the buckets that are missing, and aborts uploads that were begun more than a
    /// day ago by `clock`, for nobody is left to end them.
    ///
    /// # Errors
    /// The store is away, refuses the credentials, or a bucket cannot be made.
    pub async fn open(config: Config, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let store = Self {
            client: client::new(&config),
            look: Arc::new(Look::new(&config)),
            signer: Arc::new(Signer::new(&config)),
            buckets: Arc::new(config.buckets),
            clock,
        };
        opening::prepare(&store, &config.endpoint).await?;
        Ok(store)
    }

    /// Whether the store answers: one small request.
    ///
    /// # Errors
    /// It is away, or the bucket of sources is gone.
    pub async fn check(&self) -> Result<(), ObjectError> {
        let bucket = self.bucket(Bucket::VodRaw);
        let answered = self.client.head_bucket().bucket(bucket).send().await;
        answered.map(drop).map_err(|error| failure::unavailable(&format!("the bucket {bucket}"), &error))
    }

    fn bucket(&self, bucket: Bucket) -> &str {
        self.buckets.name(bucket)
    }
}
