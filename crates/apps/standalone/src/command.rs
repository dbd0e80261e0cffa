//! The command line.

use clap::Parser;
use std::path::PathBuf;

/// Reelfleet in one process: the API, the VOD processor, a transcode worker and the producer on SQLite and plain files.
///
/// Settings come from the environment; `.env` beside `run.sh` lists all of them with their meanings.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Command {
    /// Only checks the settings; names all that are wrong.
    #[arg(long)]
    pub(crate) check_config: bool,
    /// Writes the address that the API listens on to this file: for scripts that ask for any free port (API_PORT=0).
    #[arg(long, value_name = "FILE")]
    pub(crate) address_file: Option<PathBuf>,
}
