//! The catalog keeps every promise of the `Documents` port.

use sqlite::Catalog;
use std::sync::Arc;

async fn open() -> Option<(Arc<dyn ports::Documents>, tempfile::TempDir)> {
    let folder = tempfile::tempdir().expect("a folder");
    let catalog = Catalog::open(&folder.path().join("catalog.db")).expect("it opens");
    Some((Arc::new(catalog), folder))
}

conformance::documents!(open);
