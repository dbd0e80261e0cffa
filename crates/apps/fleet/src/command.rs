//! The command line that all processes of the fleet share.

use clap::{Args, Command, FromArgMatches, Subcommand};
use std::path::PathBuf;

/// What a process is asked to do.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Only checks the settings; names all that are wrong.
    #[arg(long)]
    pub(crate) check_config: bool,
    /// Writes the address at which it answers to this file: for scripts that ask for any free port.
    #[arg(long, value_name = "FILE")]
    pub(crate) address_file: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) action: Option<Action>,
}

/// What else the program does.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Asks the running process of the same settings whether it is ready; the exit code is the answer.
    Healthcheck,
}

/// Reads the command line of the program with this name.
pub(crate) fn parse(name: &'static str, about: &'static str) -> Arguments {
    let settings =
        "Settings come from the environment; the project's .env lists all of them with their meanings.";
    let command = Command::new(name)
        .version(env!("CARGO_PKG_VERSION"))
        .about(about)
        .after_help(settings)
        .args_conflicts_with_subcommands(true);
    let command = Arguments::augment_args(command);
    // The parser has checked everything that could fail here.
    Arguments::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}
