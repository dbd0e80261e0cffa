//! What opening a store does: its buckets are made, and uploads that nobody will end are aborted.

use crate::{
    S3,
    failure::{Failure, describe, has_code, status},
};
use aws_sdk_s3::{
    error::ProvideErrorMetadata,
    types::{BucketLocationConstraint, CreateBucketConfiguration, MultipartUpload},
};
use domain::object::Bucket;
use futures::future;
use std::{error::Error, time::Duration};
use url::Url;

/// After what time an upload is taken for abandoned.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// The region that is the default one, and must not be named when a bucket is made (`CreateBucket`).
const DEFAULT_REGION: &str = "us-east-1";

/// Why the store does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It does not answer, or not sensibly.
    #[error("the object store at {endpoint} is not available: {reason}; start it, or correct MINIO_ENDPOINT")]
    Away {
        /// Where it was looked for.
        endpoint: Url,
        /// What was wrong.
        reason: String,
    },
    /// It refuses the credentials.
    #[error(
        "the object store at {endpoint} does not let us use the bucket {bucket}: {reason}; \
         correct MINIO_ROOT_USER and MINIO_ROOT_PASSWORD, or choose another name for the bucket"
    )]
    Refused {
        /// The store.
        endpoint: Url,
        /// The bucket that was looked for or made.
        bucket: String,
        /// What it said.
        reason: String,
    },
}

/// Makes the buckets and aborts what is abandoned.
pub(crate) async fn prepare(store: &S3, endpoint: &Url) -> Result<(), OpenError> {
    let buckets = Bucket::ALL.map(|bucket| store.bucket(bucket));
    future::try_join_all(buckets.map(|bucket| make(store, endpoint, bucket))).await?;
    for bucket in buckets {
        if let Err(reason) = abort_abandoned(store, bucket).await {
            tracing::warn!(bucket, reason, "abandoned uploads stay until the next start");
        }
    }
    Ok(())
}

/// Makes a bucket unless it is there. Of several that make it at once all but one are told that it exists.
async fn make(store: &S3, endpoint: &Url, bucket: &str) -> Result<(), OpenError> {
    let Err(absent) = store.client.head_bucket().bucket(bucket).send().await else { return Ok(()) };
    if status(&absent) != Some(404) {
        return Err(refusal(endpoint, bucket, &absent));
    }
    let request = store.client.create_bucket().bucket(bucket);
    let request = request.set_create_bucket_configuration(location(store));
    match request.send().await {
        Err(taken) if has_code(&taken, "BucketAlreadyOwnedByYou") => Ok(()),
        made => made.map(drop).map_err(|error| refusal(endpoint, bucket, &error)),
    }
}

fn location(store: &S3) -> Option<CreateBucketConfiguration> {
    let region = store.client.config().region()?.as_ref();
    let constraint = BucketLocationConstraint::from(region);
    (region != DEFAULT_REGION)
        .then(|| CreateBucketConfiguration::builder().location_constraint(constraint).build())
}

fn refusal<E>(endpoint: &Url, bucket: &str, failure: &Failure<E>) -> OpenError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let (endpoint, reason) = (endpoint.clone(), describe(failure));
    match status(failure) {
        Some(400..500) => OpenError::Refused { endpoint, bucket: bucket.to_owned(), reason },
        _ => OpenError::Away { endpoint, reason },
    }
}

/// Aborts the uploads to a bucket that were begun too long ago. MinIO also does so by itself.
async fn abort_abandoned(store: &S3, bucket: &str) -> Result<(), String> {
    let limit = (store.clock.now() - ABANDONED).as_seconds();
    let (mut key, mut id) = (None, None);
    loop {
        let request = store.client.list_multipart_uploads().bucket(bucket);
        let request = request.set_key_marker(key).set_upload_id_marker(id);
        let page = request.send().await.map_err(|failure| describe(&failure))?;
        let uploads = page.uploads.unwrap_or_default().into_iter();
        for upload in uploads.filter(|upload| upload.initiated().is_some_and(|begun| begun.secs() < limit)) {
            abort(store, bucket, upload).await?;
        }
        if page.is_truncated != Some(true) {
            return Ok(());
        }
        (key, id) = (page.next_key_marker, page.next_upload_id_marker);
    }
}

async fn abort(store: &S3, bucket: &str, upload: MultipartUpload) -> Result<(), String> {
    let request = store.client.abort_multipart_upload().bucket(bucket);
    let request = request.set_key(upload.key).set_upload_id(upload.upload_id);
    match request.send().await {
        Err(gone) if has_code(&gone, "NoSuchUpload") => Ok(()),
        aborted => aborted.map(drop).map_err(|error| describe(&error)),
    }
}
