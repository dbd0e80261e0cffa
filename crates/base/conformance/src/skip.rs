//! Skips: said in the file that `run.sh test` reads, never silent.

use std::{env, fs::OpenOptions, io::Write, path::Path};

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

/// The value of a setting that names a server to test against, such as `KAFKA_BROKER`. Without it the calling test is
/// skipped, and the skip is reported under `what`.
#[must_use]
pub fn server(what: &str, setting: &str) -> Option<String> {
    let value = env::var(setting).ok().filter(|value| !value.is_empty());
    if value.is_none() {
        skip(what, &format!("{setting} names no server"));
    }
    value
}
