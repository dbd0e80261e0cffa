//! A database of this test process's own on the server that the environment names.

use mongo::{Catalog, Config};
use service_kit::settings::Settings;
use std::{
    collections::BTreeMap,
    hash::{BuildHasher as _, RandomState},
    sync::{Arc, Mutex, PoisonError, Weak},
    thread,
};

/// A database, removed when the last test lets go of it.
pub(crate) struct Scratch {
    /// The server's address.
    pub(crate) address: String,
    /// The database's name.
    pub(crate) database: String,
}

static SHARED: Mutex<Weak<Scratch>> = Mutex::new(Weak::new());

impl Scratch {
    /// The database, or nothing without a server.
    pub(crate) fn new() -> Option<Arc<Self>> {
        let address = conformance::server("mongo", "MONGO_URI")?;
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(scratch) = shared.upgrade() {
            return Some(scratch);
        }
        let number = RandomState::new().hash_one(std::process::id());
        let scratch = Arc::new(Self { address, database: format!("test-{number:016x}") });
        *shared = Arc::downgrade(&scratch);
        Some(scratch)
    }

    /// The database by way of this address.
    pub(crate) fn config(&self, address: &str) -> Config {
        let environment = BTreeMap::from([
            ("MONGO_URI".to_owned(), address.to_owned()),
            ("MONGO_DB".to_owned(), self.database.clone()),
        ]);
        let mut settings = Settings::new(&environment);
        let config = Config::from_settings(&mut settings);
        settings.finish().expect("right settings");
        config
    }

    /// The catalog in it. Each test opens its own, as the SDK's tasks end with the test's runtime.
    pub(crate) async fn open(&self) -> Catalog {
        Catalog::open(&self.config(&self.address)).await.expect("it opens")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let config = self.config(&self.address);
        let remove = async move { Catalog::open(&config).await.expect("it opens").remove_database().await };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        // A thread of its own, since this may run inside the runtime of the last test.
        let removed = thread::spawn(move || runtime.block_on(remove)).join().expect("it ends");
        removed.expect("the database is removed");
    }
}
