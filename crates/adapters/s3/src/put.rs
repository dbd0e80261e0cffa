//! Storing a body: one request for a small one, an upload in parts for the rest.

use crate::{
    S3, client,
    failure::{Failure, has_code, is_missing, status, unavailable},
    multipart::Upload,
    parts::{Parts, Total},
    read,
};
use aws_sdk_s3::{
    error::ProvideErrorMetadata, operation::head_object::HeadObjectOutput, primitives::ByteStream,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use domain::object::ObjectKey;
use ports::{Body, Condition, ObjectError, ObjectMeta, StoredObject};
use std::error::Error;

/// The metadata that marks an object with the put that made it.
pub(crate) const MARK: &str = "reelfleet-put";

/// One put.
pub(crate) struct Put<'a> {
    store: &'a S3,
    pub(crate) key: &'a ObjectKey,
    pub(crate) bucket: &'a str,
    when: Condition,
    /// A text that no other put has: an answer may be lost, and the SDK's second attempt meet the object of
    /// the first.
    pub(crate) mark: String,
}

impl<'a> Put<'a> {
    /// A put below a key.
    pub(crate) fn new(store: &'a S3, key: &'a ObjectKey, when: Condition) -> Self {
        let mut mark = [0; 16];
        store.clock.random(&mut mark);
        Self { store, key, bucket: store.bucket(key.bucket()), when, mark: hex::encode(mark) }
    }

    /// Stores the body.
    pub(crate) async fn run(self, body: Body) -> Result<StoredObject, ObjectError> {
        let mut parts = Parts::of(body);
        let first = parts.next().await.map_err(ObjectError::Body)?.unwrap_or_default();
        if parts.more().await.map_err(ObjectError::Body)? {
            self.in_parts(first, parts).await
        } else {
            self.at_once(first, parts.total()).await
        }
    }

    async fn at_once(self, bytes: Bytes, total: Total) -> Result<StoredObject, ObjectError> {
        let request = self.store.client.put_object().bucket(self.bucket).key(self.key.path());
        let request = request
            .content_type(self.key.content_type())
            .cache_control(self.key.cache_policy().header())
            .metadata(MARK, &self.mark)
            // The SDK ignores `checksum_algorithm` when it adds no checksums by itself.
            .checksum_sha256(STANDARD.encode(total.sha256))
            .set_if_none_match(self.if_none_match())
            .body(ByteStream::from(bytes));
        let answer = request.customize().config_override(client::patient(1)).send().await;
        self.ended(answer.map(|stored| stored.e_tag), total).await
    }

    async fn in_parts(self, first: Bytes, mut parts: Parts) -> Result<StoredObject, ObjectError> {
        // Not what decides, but it saves sending gigabytes in vain.
        if self.when == Condition::Absent && self.found().await?.is_some() {
            return Ok(StoredObject::AlreadyThere);
        }
        let upload = Upload::begin(self.store, &self).await?;
        let sent = upload.send_all(first, &mut parts).await?;
        let answer = upload.complete(sent, self.if_none_match()).await;
        self.ended(answer.map(|stored| stored.e_tag), parts.total()).await
    }

    fn if_none_match(&self) -> Option<String> {
        (self.when == Condition::Absent).then(|| "*".to_owned())
    }

    /// What the store's last answer means.
    async fn ended<E>(
        &self,
        answer: Result<Option<String>, Failure<E>>,
        total: Total,
    ) -> Result<StoredObject, ObjectError>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match answer {
            Ok(etag) => Ok(StoredObject::Done(self.meta(etag.as_deref(), total))),
            Err(failure) if is_doubtful(&failure) => self.settle(&failure, total).await,
            Err(failure) => Err(self.unavailable(&failure)),
        }
    }

    /// Whether the refusal is due to another's object, or to this put's own first attempt.
    async fn settle<E>(&self, failure: &Failure<E>, total: Total) -> Result<StoredObject, ObjectError>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let found = self.found().await?;
        let mark = found.as_ref().and_then(|found| found.metadata()).and_then(|all| all.get(MARK));
        let etag = found.as_ref().and_then(|found| found.e_tag());
        match status(failure) {
            _ if mark == Some(&self.mark) => Ok(StoredObject::Done(self.meta(etag, total))),
            Some(412) => Ok(StoredObject::AlreadyThere),
            Some(409) if found.is_some() => Ok(StoredObject::AlreadyThere),
            _ => Err(self.unavailable(failure)),
        }
    }

    /// What is below the key now.
    async fn found(&self) -> Result<Option<HeadObjectOutput>, ObjectError> {
        let request = self.store.client.head_object().bucket(self.bucket).key(self.key.path());
        match request.send().await {
            Err(failure) if is_missing(&failure) => Ok(None),
            answer => answer.map(Some).map_err(|failure| self.unavailable(&failure)),
        }
    }

    /// S3 tells the time of storing to readers only: here it is that of this side's clock.
    fn meta(&self, etag: Option<&str>, total: Total) -> ObjectMeta {
        let (etag, sha256) = (read::bare_etag(etag), Some(hex::encode(total.sha256)));
        ObjectMeta { size: total.size, etag, sha256, modified: self.store.clock.now() }
    }

    fn unavailable<E>(&self, failure: &Failure<E>) -> ObjectError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        unavailable(&format!("storing {}", self.key), failure)
    }
}

/// Whether the answer may be about what this put's own first attempt did: the condition does not hold,
/// somebody else stores at the same time (`ConditionalRequestConflict`), or the upload is completed already.
fn is_doubtful<E: ProvideErrorMetadata>(failure: &Failure<E>) -> bool {
    matches!(status(failure), Some(409 | 412)) || has_code(failure, "NoSuchUpload")
}
