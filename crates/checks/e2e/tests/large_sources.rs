//! Large sources: a worker reads what it encodes of them from the store, and copies none.

use anyhow::{Result, ensure};
use e2e::{Product, Source, Workshop, below, plays_whole, until};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

const LIMIT: Duration = Duration::from_secs(120);
const READ: &str = "transcode_source_range_bytes_total";

#[tokio::test]
async fn a_large_source_is_encoded_without_a_copy() -> Result<()> {
    let workshop = Workshop::open()?;
    let film = Source { seconds: 20.0, ..Source::default() };
    let source = workshop.make("film.mp4", &film).await?;
    let size = source.metadata()?.len();
    let product = Product::start(&[("SOURCE_COPY_MAX_BYTES", "0")]).await?;
    let id = product.api().upload(&source).await?;
    let mut copies = BTreeSet::new();
    until("it is ready", LIMIT, async || {
        copies.extend(workers_files(&product).into_iter().filter(|file| is_of(file, size)));
        Ok((product.api().video(&id).await?["status"] == "ready").then_some(()))
    })
    .await?;
    plays_whole(product.api(), &id, &source).await?;
    ensure!(copies.is_empty(), "copies were made: {copies:?}");
    let mut read = 0.0;
    for (_, endpoint) in product.endpoints()? {
        read += endpoint.metric(READ).await?;
    }
    let in_place = matches!(product, Product::Standalone(_));
    // Its pictures and its sound are each read at least once.
    let enough = if in_place { read == 0.0 } else { read >= size as f64 };
    ensure!(enough, "{read} bytes of {size} were read by range");
    product.finish().await
}

/// What lies in the folders of workers; what looks into sources has others, and copies them.
fn workers_files(product: &Product) -> Vec<PathBuf> {
    let is_workers = |path: &Path| path.iter().any(|name| name.to_string_lossy().starts_with("scratch"));
    below(Path::new(&product.home())).into_iter().filter(|file| is_workers(file)).collect()
}

fn is_of(file: &Path, size: u64) -> bool {
    file.metadata().is_ok_and(|file| file.len() == size)
}
