//! Logs: readable in a terminal, JSON in containers.

use tracing_subscriber::EnvFilter;

/// Installs the process's subscriber: `level` is a filter such as `info` or `info,api=debug`, `json` chooses the form.
/// Only the first call in a process has an effect.
///
/// # Errors
/// When `level` is no filter.
pub fn init_tracing(level: &str, json: bool) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(level)?;
    // The target tells whose line it is where several services share a process.
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // The second of two executables in one process, as in tests, keeps the first one's subscriber.
    let _ = if json {
        builder.json().flatten_event(true).try_init()
    } else {
        builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init()
    };
    Ok(())
}
