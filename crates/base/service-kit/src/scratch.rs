//! A service's folder for temporary files.

use anyhow::Context;
use std::{fs, io::ErrorKind, path::Path};

/// Makes the folder if it is missing, and removes what a process before left in it.
///
/// # Errors
/// When it cannot be emptied or made.
pub fn emptied(folder: &Path) -> anyhow::Result<()> {
    let removed = match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    };
    let emptied = removed.and_then(|()| fs::create_dir_all(folder));
    emptied.with_context(|| format!("emptying the scratch folder {}", folder.display()))
}
