//! The embedded adapters: SQLite for the catalog and the event log, plain files for objects, ffmpeg as child processes.

use crate::settings::StandaloneSettings;
use anyhow::Context;
use ffmpeg::Ffmpeg;
use files::Files;
use ports::Clock;
use sqlite::{Catalog, Log};
use std::sync::Arc;

/// What the services stand on.
pub(crate) struct Adapters {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) log: Arc<Log>,
    pub(crate) objects: Arc<Files>,
    pub(crate) encoder: Arc<Ffmpeg>,
}

/// Opens all of them.
///
/// # Errors
/// When a file cannot be opened, or ffmpeg cannot encode what is needed.
pub(crate) async fn open(
    settings: &StandaloneSettings,
    key: &[u8],
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Adapters> {
    let folder = &settings.process.data_dir;
    let encoder = Ffmpeg::new(settings.ffmpeg.clone());
    encoder.check().await.context("ffmpeg cannot be used")?;
    // ffmpeg runs in folders of its own, so it is given whole paths only.
    let objects =
        std::path::absolute(folder.join("objects")).context("the data folder has no absolute path")?;
    Ok(Adapters {
        catalog: Arc::new(Catalog::open(&folder.join("catalog.db")).context("cannot open the catalog")?),
        log: Arc::new(Log::open(&folder.join("log.db")).context("cannot open the event log")?),
        objects: Arc::new(Files::open(objects, key, clock).context("cannot open the object store")?),
        encoder: Arc::new(encoder),
    })
}
