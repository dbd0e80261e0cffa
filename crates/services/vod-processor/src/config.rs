//! What the VOD processor is told.

use service_kit::settings::{self, Settings};
use std::path::PathBuf;

/// The VOD processor's settings, parsed and valid.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder for copies of sources, where the store has none on this machine: emptied at the start.
    pub scratch: PathBuf,
    /// The largest source that it copies, in bytes; larger ones are read by range.
    pub copied_bytes: u64,
    /// Events handled side by side, which bounds how many sources are looked into at once.
    pub parallel: usize,
    /// The longest test card that stands in for a source, in milliseconds.
    pub simulated_source_max_ms: u32,
}

impl Config {
    /// Reads the settings of the one that is alone in its data folder.
    #[must_use]
    pub fn standalone(settings: &mut Settings<'_>) -> Self {
        let data = PathBuf::from(settings.text(settings::DATA_DIR));
        Self::in_folder(settings, data.join("sources"))
    }

    /// Reads the settings of one among many, which may share a data folder.
    #[must_use]
    pub fn fleet(settings: &mut Settings<'_>) -> Self {
        let data = PathBuf::from(settings.text(settings::DATA_DIR));
        let instance = settings::instance(settings);
        Self::in_folder(settings, data.join(format!("sources-{instance}")))
    }

    fn in_folder(settings: &mut Settings<'_>, scratch: PathBuf) -> Self {
        let seconds: u32 =
            settings.value(settings::SIMULATED_SOURCE_MAX_SECONDS, "a number of seconds from 1 to 3600", 8);
        if !(1..=3600).contains(&seconds) {
            settings.problem(
                settings::SIMULATED_SOURCE_MAX_SECONDS,
                format!("{seconds} is not between 1 and 3600"),
            );
        }
        Self {
            scratch,
            copied_bytes: settings.value(settings::SOURCE_COPY_MAX_BYTES, "a number of bytes", 0),
            parallel: settings.value(settings::PROBE_SLOTS, "a number of sources", 2).max(1),
            simulated_source_max_ms: seconds.saturating_mul(1000),
        }
    }
}
