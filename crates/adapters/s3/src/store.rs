//! The port: what is asked of the store.

use crate::{S3, failure, listing, put::Put, read};
use async_trait::async_trait;
use domain::object::{ObjectKey, Prefix};
use futures::StreamExt;
use ports::{
    Body, ByteRange, Condition, ObjectError, ObjectMeta, ObjectStore, ObjectStream, Period, SignedAddress,
    StoredObject,
};
use std::path::PathBuf;

#[async_trait]
impl ObjectStore for S3 {
    async fn put(&self, key: &ObjectKey, body: Body, when: Condition) -> Result<StoredObject, ObjectError> {
        Put::new(self, key, when).run(body).await
    }

    async fn get(&self, key: &ObjectKey, range: Option<ByteRange>) -> Result<Body, ObjectError> {
        match range {
            Some(range) => read::range(self, key, range).await,
            None => read::whole(self, key).await,
        }
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, ObjectError> {
        read::head(self, key).await
    }

    async fn remove(&self, key: &ObjectKey) -> Result<(), ObjectError> {
        let request = self.client.delete_object().bucket(self.bucket(key.bucket())).key(key.path());
        match request.send().await {
            Err(failure) if failure::is_missing(&failure) => Ok(()),
            answer => {
                answer.map(drop).map_err(|failure| failure::unavailable(&format!("removing {key}"), &failure))
            }
        }
    }

    async fn list(&self, prefix: &Prefix) -> Result<ObjectStream, ObjectError> {
        Ok(listing::list(self, prefix).boxed())
    }

    async fn remove_all(&self, prefix: &Prefix) -> Result<(), ObjectError> {
        listing::remove_all(self, prefix).await
    }

    fn presign(&self, key: &ObjectKey, valid: Period) -> SignedAddress {
        SignedAddress::Absolute(self.signer.address("GET", key, valid))
    }

    fn presign_put(&self, key: &ObjectKey, valid: Period) -> SignedAddress {
        SignedAddress::Absolute(self.signer.address("PUT", key, valid))
    }

    async fn local_file(&self, _key: &ObjectKey) -> Result<Option<PathBuf>, ObjectError> {
        Ok(None)
    }
}
