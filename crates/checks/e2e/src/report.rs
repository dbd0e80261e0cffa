//! Skips: said in the file that `run.sh test` reads, never silent.

use std::{
    env,
    fmt::Display,
    fs::OpenOptions,
    io::Write,
    path::{Path, PathBuf},
};

/// Says that a test did not run, and why. The first word is what `REELFLEET_REQUIRE` may insist on.
///
/// # Panics
/// When the report cannot be written: a skip that nobody sees is worse than a failure.
pub fn skip(what: &str, why: &str) {
    let line = format!("{what}: {why}\n");
    match env::var_os("REELFLEET_SKIP_REPORT") {
        Some(file) => {
            let opened = OpenOptions::new().append(true).create(true).open(&file);
            let written = opened.and_then(|mut report| report.write_all(line.as_bytes()));
            assert!(written.is_ok(), "{} cannot be written: {written:?}", Path::new(&file).display());
        }
        None => drop(std::io::stderr().write_all(format!("skipped: {line}").as_bytes())),
    }
}

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
