//! Where the program under test is.

use anyhow::{Result, ensure};
use std::{env, path::PathBuf};

/// `E2E_STANDALONE_BIN`, or the program that was built beside the tests.
pub(crate) fn path() -> Result<PathBuf> {
    if let Some(given) = env::var_os("E2E_STANDALONE_BIN") {
        let path = PathBuf::from(given);
        ensure!(path.is_file(), "E2E_STANDALONE_BIN is {}, where no program is", path.display());
        return Ok(path);
    }
    // Tests are in `PROFILE/deps`, programs in `PROFILE`.
    let mut path = env::current_exe()?;
    path.pop();
    path.pop();
    let path = path.join("standalone");
    ensure!(path.is_file(), "{} is not there: run `cargo build -p standalone`", path.display());
    Ok(path)
}
