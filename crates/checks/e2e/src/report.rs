//! What a test says beside passing and failing, and what it finds on the machine.

use std::{env, fmt::Display, path::PathBuf};

/// Says what was measured, for whoever runs a test with `--nocapture`.
#[expect(clippy::print_stdout, reason = "libtest captures it")]
pub fn note(what: impl Display) {
    println!("{what}");
}

/// Where a program is, by `PATH`.
#[must_use]
pub fn tool(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}
