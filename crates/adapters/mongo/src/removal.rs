//! Taking down what a fleet has made in MongoDB.

use crate::{Catalog, call::request};
use ports::DocumentError;

impl Catalog {
    /// Removes this fleet's database with all it holds; for whoever takes it down.
    ///
    /// # Errors
    /// When the server does not answer or refuses.
    pub async fn remove_database(self) -> Result<(), DocumentError> {
        let database = self.database;
        Ok(request(async move { database.drop().await }).await?)
    }
}
