//! The log keeps every promise of the `EventLog` port.

use sqlite::Log;
use std::sync::Arc;

async fn open() -> Option<(Arc<dyn ports::EventLog>, tempfile::TempDir)> {
    let folder = tempfile::tempdir().expect("a folder");
    let log = Log::open(&folder.path().join("log.db")).expect("it opens");
    Some((Arc::new(log), folder))
}

conformance::event_log!(open);
