//! An object store whose calls are measured.

use super::Calls;
use async_trait::async_trait;
use domain::object::{ObjectKey, Prefix};
use ports::{
    Body, ByteRange, Condition, ObjectError, ObjectMeta, ObjectStore, ObjectStream, Period, SignedAddress,
    StoredObject,
};
use std::{path::PathBuf, sync::Arc};

/// The store, and what measures it.
pub(super) struct Measured {
    pub(super) objects: Arc<dyn ObjectStore>,
    pub(super) calls: Calls,
}

#[async_trait]
impl ObjectStore for Measured {
    async fn put(&self, key: &ObjectKey, body: Body, when: Condition) -> Result<StoredObject, ObjectError> {
        self.calls.measured("put", self.objects.put(key, body, when)).await
    }

    async fn get(&self, key: &ObjectKey, range: Option<ByteRange>) -> Result<Body, ObjectError> {
        self.calls.measured("get", self.objects.get(key, range)).await
    }

    async fn head(&self, key: &ObjectKey) -> Result<Option<ObjectMeta>, ObjectError> {
        self.calls.measured("head", self.objects.head(key)).await
    }

    async fn remove(&self, key: &ObjectKey) -> Result<(), ObjectError> {
        self.calls.measured("remove", self.objects.remove(key)).await
    }

    async fn list(&self, prefix: &Prefix) -> Result<ObjectStream, ObjectError> {
        self.calls.measured("list", self.objects.list(prefix)).await
    }

    async fn remove_all(&self, prefix: &Prefix) -> Result<(), ObjectError> {
        self.calls.measured("remove_all", self.objects.remove_all(prefix)).await
    }

    fn presign(&self, key: &ObjectKey, valid: Period) -> SignedAddress {
        self.objects.presign(key, valid)
    }

    fn presign_put(&self, key: &ObjectKey, valid: Period) -> SignedAddress {
        self.objects.presign_put(key, valid)
    }

    async fn local_file(&self, key: &ObjectKey) -> Result<Option<PathBuf>, ObjectError> {
        self.calls.measured("local_file", self.objects.local_file(key)).await
    }
}
