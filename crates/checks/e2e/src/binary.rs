//! Where the programs under test are.

use anyhow::{Result, ensure};
use std::{env, path::PathBuf};

/// The program of this name in the folder that `E2E_PROGRAMS` names, or beside the tests.
pub(crate) fn path(program: &str) -> Result<PathBuf> {
    let folder = match env::var_os("E2E_PROGRAMS") {
        Some(given) => PathBuf::from(given),
        None => {
            // Tests are in `PROFILE/deps`, programs in `PROFILE`.
            let mut folder = env::current_exe()?;
            folder.pop();
            folder.pop();
            folder
        }
    };
    let path = folder.join(program);
    ensure!(path.is_file(), "{} is not there: run `cargo build --workspace`", path.display());
    Ok(path)
}
