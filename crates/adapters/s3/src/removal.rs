//! Taking down what a fleet has made in the object store.

use crate::{S3, failure};
use domain::object::{Bucket, Prefix};
use ports::{ObjectError, ObjectStore};

impl S3 {
    /// Removes this fleet's buckets with all they hold; for whoever takes it down.
    ///
    /// # Errors
    /// When the store does not answer or refuses.
    pub async fn remove_buckets(self) -> Result<(), ObjectError> {
        for bucket in Bucket::ALL {
            self.remove_all(&Prefix { bucket, path: String::new() }).await?;
            let name = self.bucket(bucket);
            let removed = self.client.delete_bucket().bucket(name).send().await;
            removed.map_err(|error| failure::unavailable(&format!("the bucket {name}"), &error))?;
        }
        Ok(())
    }
}
