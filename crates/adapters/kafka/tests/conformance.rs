//! The log keeps every promise of the `EventLog` port.

mod fixture;

use std::sync::Arc;

async fn open() -> Option<(Arc<dyn ports::EventLog>, ())> {
    let config = fixture::config(&fixture::broker()?);
    Some((fixture::open(config).await, ()))
}

conformance::event_log!(open);
