//! Large sources: what plans and encodes them reads what it needs from the store, and copies none.

use anyhow::{Result, ensure};
use e2e::{Product, Source, Workshop, below, note, plays_whole, run, until};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

const LIMIT: Duration = Duration::from_secs(120);
/// Bytes that were read by range: as sources were encoded, and as they were looked into.
const ENCODED: &str = "transcode_source_range_bytes_total";
const LOOKED: &str = "vod_source_range_bytes_total";
/// What a look may take of a source that has tables.
const SHARE: f64 = 0.5;

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
        copies.extend(copies_of(&product, size));
        Ok((product.api().video(&id).await?["status"] == "ready").then_some(()))
    })
    .await?;
    plays_whole(product.api(), &id, &source).await?;
    ensure!(copies.is_empty(), "copies were made: {copies:?}");
    let read = read(&product, ENCODED).await?;
    // Its pictures and its sound are each read at least once.
    let enough = if in_place(&product) { read == 0.0 } else { read >= size as f64 };
    ensure!(enough, "{read} bytes of {size} were read by range");
    product.finish().await
}

#[tokio::test]
async fn a_large_source_with_tables_is_planned_by_a_part_of_it() -> Result<()> {
    let workshop = Workshop::open()?;
    let clip = Source { seconds: 10.0, noise: 60, ..Source::default() };
    let clip = workshop.make("clip.mp4", &clip).await?.display().to_string();
    let source = workshop.path("film.mp4");
    let film = source.display().to_string();
    let looped = ["-nostdin", "-v", "error", "-stream_loop", "9", "-i", &clip, "-c", "copy", &film];
    run("ffmpeg", &looped).await?;
    let size = source.metadata()?.len();
    let product = Product::start(&[("SOURCE_COPY_MAX_BYTES", "0")]).await?;
    let id = product.api().upload(&source).await?;
    let mut copies = BTreeSet::new();
    until("it is planned", LIMIT, async || {
        copies.extend(copies_of(&product, size));
        Ok((product.api().video(&id).await?["status"] == "transcoding").then_some(()))
    })
    .await?;
    let read = read(&product, LOOKED).await?;
    ensure!(product.api().delete(&id).await?.status < 300, "{id} is not deleted");
    ensure!(copies.is_empty(), "copies were made: {copies:?}");
    note(format_args!("{read} bytes of {size} were read by range"));
    let enough = if in_place(&product) { read == 0.0 } else { read > 0.0 && read < size as f64 * SHARE };
    ensure!(enough, "{read} bytes of {size} were read by range");
    product.finish().await
}

/// Objects are files where the product is.
fn in_place(product: &Product) -> bool {
    matches!(product, Product::Standalone(_))
}

/// What all its services have counted.
async fn read(product: &Product, metric: &str) -> Result<f64> {
    let mut read = 0.0;
    for (_, endpoint) in product.endpoints()? {
        read += endpoint.metric(metric).await?;
    }
    Ok(read)
}

/// What is so large in the folders of workers, and of what looks into sources.
fn copies_of(product: &Product, size: u64) -> Vec<PathBuf> {
    let is_theirs = |path: &Path| {
        let names = path.iter().map(|name| name.to_string_lossy());
        names.into_iter().any(|name| name.starts_with("scratch") || name.starts_with("sources-"))
    };
    let is_copy = |file: &PathBuf| is_theirs(file) && is_of(file, size);
    below(Path::new(&product.home())).into_iter().filter(is_copy).collect()
}

fn is_of(file: &Path, size: u64) -> bool {
    file.metadata().is_ok_and(|file| file.len() == size)
}
