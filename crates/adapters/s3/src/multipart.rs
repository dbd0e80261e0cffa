//! A multipart upload, which is completed or aborted: nothing is left of it, whatever happens to the put.

use crate::{
    S3, client,
    failure::{Failure, describe, has_code, unavailable},
    parts::{PART, Parts},
    put::{MARK, Put},
};
use aws_sdk_s3::{
    Client,
    operation::{
        abort_multipart_upload::builders::AbortMultipartUploadFluentBuilder,
        complete_multipart_upload::{CompleteMultipartUploadError, CompleteMultipartUploadOutput},
    },
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};
use bytes::Bytes;
use futures::{
    StreamExt, TryStreamExt,
    stream::{self, once},
};
use ports::{Clock, ObjectError};
use std::{future::ready, sync::Arc, time::Duration};
use tokio::runtime::Handle;

/// How many parts are in memory at a time: on their way, or being filled.
const IN_FLIGHT: usize = 2;

/// The pauses between attempts to abort, in seconds: more than eight minutes in all.
const ABORT_PAUSES: [u64; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/// How many parts the store may join in the time of one request that carries a part.
const JOINED_AT_ONCE: usize = 1_000;

/// An upload that has begun. Dropping it aborts it, unless it was completed.
pub(crate) struct Upload {
    client: Client,
    clock: Arc<dyn Clock>,
    bucket: String,
    path: String,
    id: Option<String>,
    runtime: Handle,
}

impl Upload {
    /// Begins an upload, in a task of its own: when the caller goes away meanwhile, the upload is aborted
    /// nevertheless.
    pub(crate) async fn begin(store: &S3, put: &Put<'_>) -> Result<Self, ObjectError> {
        let (key, client, clock) = (put.key, store.client.clone(), Arc::clone(&store.clock));
        let (bucket, path) = (put.bucket.to_owned(), key.path());
        let request = client.create_multipart_upload().bucket(&bucket).key(&path);
        let request = request
            .content_type(key.content_type())
            .cache_control(key.cache_policy().header())
            .metadata(MARK, &put.mark);
        let begin = async move {
            let begun = request.send().await?;
            Ok(Self { client, clock, bucket, path, id: begun.upload_id, runtime: Handle::current() })
        };
        let begun = tokio::spawn(begin).await;
        let begun = begun.map_err(|stopped| ObjectError::Unavailable(format!("storing {key}: {stopped}")))?;
        begun.map_err(|failure| unavailable(&format!("storing {key}"), &failure))
    }

    /// Sends the first part and those that follow.
    pub(crate) async fn send_all(
        &self,
        first: Bytes,
        parts: &mut Parts,
    ) -> Result<Vec<CompletedPart>, ObjectError> {
        let later = stream::try_unfold(parts, |parts| async move {
            let part = parts.next().await.map_err(ObjectError::Body)?;
            Ok(part.map(|part| (part, parts)))
        });
        let sending = once(ready(Ok(first)))
            .chain(later)
            .zip(stream::iter(1..))
            .map(|(part, number)| part.map(|part| self.send(number, part)));
        sending.try_buffered(IN_FLIGHT).boxed().try_collect().await
    }

    /// Makes the parts an object.
    pub(crate) async fn complete(
        mut self,
        parts: Vec<CompletedPart>,
        if_none_match: Option<String>,
    ) -> Result<CompleteMultipartUploadOutput, Failure<CompleteMultipartUploadError>> {
        let patience = client::patient(parts.len().div_ceil(JOINED_AT_ONCE));
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let request = self.client.complete_multipart_upload().bucket(&self.bucket).key(&self.path);
        let request = request.set_upload_id(self.id.clone()).multipart_upload(parts);
        let request = request.set_if_none_match(if_none_match);
        let completed = request.customize().config_override(patience).send().await;
        if completed.is_ok() {
            self.id = None;
        }
        completed
    }

    fn send(
        &self,
        number: i32,
        bytes: Bytes,
    ) -> impl Future<Output = Result<CompletedPart, ObjectError>> + Send + use<> {
        let patience = client::patient(bytes.len().div_ceil(PART));
        let request = self.client.upload_part().bucket(&self.bucket).key(&self.path);
        let request =
            request.set_upload_id(self.id.clone()).part_number(number).body(ByteStream::from(bytes));
        async move {
            let sent = request.customize().config_override(patience).send().await;
            let sent = sent.map_err(|failure| unavailable(&format!("storing part {number}"), &failure))?;
            Ok(CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag).build())
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let Some(id) = self.id.take() else { return };
        let request = self.client.abort_multipart_upload().bucket(&self.bucket).key(&self.path).upload_id(id);
        self.runtime.spawn(abort(request, Arc::clone(&self.clock)));
    }
}

/// Aborts an upload as soon as the store can be reached: that it could not be may be why this one is aborted.
async fn abort(request: AbortMultipartUploadFluentBuilder, clock: Arc<dyn Clock>) {
    for pause in ABORT_PAUSES {
        match request.clone().send().await {
            Ok(_) => return,
            Err(failure) if has_code(&failure, "NoSuchUpload") => return,
            Err(failure) => tracing::debug!(reason = describe(&failure), "an upload is not aborted yet"),
        }
        clock.sleep(Duration::from_secs(pause)).await;
    }
    let path = request.get_key().as_deref().unwrap_or_default();
    tracing::warn!(path, "an upload could not be aborted: a start after a day does it");
}
