//! The catalog keeps every promise of the `Documents` port.

mod scratch;

use scratch::Scratch;
use std::sync::Arc;

async fn open() -> Option<(Arc<dyn ports::Documents>, Arc<Scratch>)> {
    let scratch = Scratch::new()?;
    Some((Arc::new(scratch.open().await), scratch))
}

conformance::documents!(open);
