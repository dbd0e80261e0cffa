//! What every process is told, whichever services run in it.

use super::{reader::Settings, table};
use std::{path::PathBuf, time::Duration};

/// Settings of a process, parsed and valid.
#[derive(Debug, Clone)]
pub struct ProcessSettings {
    /// The folder for what is kept on this machine.
    pub data_dir: PathBuf,
    /// What is logged.
    pub log_level: String,
    /// Logs are JSON.
    pub log_json: bool,
    /// Where traces go, if anywhere: the address of an OTLP collector.
    pub otlp_endpoint: Option<String>,
    /// How long a stop waits for encodes that are nearly done.
    pub stop_grace: Duration,
}

impl ProcessSettings {
    /// Reads the settings.
    #[must_use]
    pub fn from_settings(settings: &mut Settings<'_>) -> Self {
        let grace = settings.value(table::STOP_GRACE_SECONDS, "a number of seconds", 10);
        Self {
            data_dir: PathBuf::from(settings.text(table::DATA_DIR)),
            log_level: settings.text(table::LOG_LEVEL),
            log_json: settings.choice(table::LOG_FORMAT, &[("text", false), ("json", true)]),
            otlp_endpoint: Some(settings.text(table::OTEL_EXPORTER_OTLP_ENDPOINT))
                .filter(|at| !at.is_empty()),
            stop_grace: Duration::from_secs(grace),
        }
    }
}

/// The name of this replica: [`table::INSTANCE_ID`], or the host's name, which a container keeps over a restart.
#[must_use]
pub fn instance(settings: &Settings<'_>) -> String {
    let given = settings.text(table::INSTANCE_ID);
    if given.is_empty() { rustix::system::uname().nodename().to_string_lossy().into_owned() } else { given }
}
