//! The store passes the suite of its port.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

mod fixture;

use fixture::Lease;
use ports::ObjectStore;
use std::sync::Arc;

async fn open() -> Option<(Arc<dyn ObjectStore>, Arc<Lease>)> {
    let (store, lease) = fixture::open().await?;
    Some((Arc::new(store), lease))
}

conformance::object_store!(open);
