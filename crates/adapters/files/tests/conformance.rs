//! The store passes the suite of its port.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

mod fixture;

use ports::ObjectStore;
use std::sync::Arc;
use tempfile::TempDir;

async fn open() -> Option<(Arc<dyn ObjectStore>, TempDir)> {
    let root = tempfile::tempdir().unwrap();
    Some((Arc::new(fixture::open(root.path())), root))
}

conformance::object_store!(open);
