//! What a worker is told.

use service_kit::settings::{self, Settings};
use std::{path::PathBuf, time::Duration};

/// A worker's settings, parsed and valid.
#[derive(Debug, Clone)]
pub struct Config {
    /// Its name among workers: in leases and logs.
    pub name: String,
    /// The folder for jobs' temporary files: this worker's own, emptied when it starts.
    pub scratch: PathBuf,
    /// Encodes side by side, beside the one that is kept free for what somebody waits for.
    pub slots: usize,
    /// The largest source that it copies, in bytes; larger ones are read by range.
    pub copied_bytes: u64,
    /// It claims nothing while the disk has less room than this, in bytes.
    pub min_free_bytes: u64,
    /// How long a stop waits for encodes that are nearly done.
    pub stop_grace: Duration,
    /// There is no other worker on this catalog: every lease that it finds at its start is a dead one of its own.
    pub alone: bool,
}

impl Config {
    /// Reads the settings of the worker that is alone on its catalog.
    #[must_use]
    pub fn standalone(settings: &mut Settings<'_>) -> Self {
        let scratch = PathBuf::from(settings.text(settings::DATA_DIR)).join("scratch");
        Self { alone: true, ..Self::named(settings, format!("standalone-{}", std::process::id()), scratch) }
    }

    /// Reads the settings of one worker among many, which may share a data folder.
    #[must_use]
    pub fn fleet(settings: &mut Settings<'_>) -> Self {
        let instance = settings::instance(settings);
        let scratch = PathBuf::from(settings.text(settings::DATA_DIR)).join(format!("scratch-{instance}"));
        Self::named(settings, format!("{instance}-{}", std::process::id()), scratch)
    }

    fn named(settings: &mut Settings<'_>, name: String, scratch: PathBuf) -> Self {
        let slots: usize = settings.value(settings::TRANSCODE_SLOTS, "a number of encodes", 0);
        let grace: u64 = settings.value(settings::STOP_GRACE_SECONDS, "a number of seconds", 10);
        Self {
            name,
            scratch,
            slots: if slots == 0 { default_slots() } else { slots },
            copied_bytes: settings.value(settings::SOURCE_COPY_MAX_BYTES, "a number of bytes", 0),
            min_free_bytes: settings.value(settings::MIN_FREE_BYTES, "a number of bytes", 0),
            stop_grace: Duration::from_secs(grace),
            alone: false,
        }
    }
}

/// One ffmpeg fills about four cores.
fn default_slots() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (cores / 4).max(1)
}
