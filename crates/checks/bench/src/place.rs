//! Where things are: the programs, and the folder that a bench may write to.

use anyhow::Context;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The folder `bench` beside the folder of this program: below `target` when Cargo built it.
pub(crate) fn work() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().context("where this program is")?;
    let built = program.parent().and_then(Path::parent).context("this program is in no folder")?;
    let folder = built.join("bench");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// A new folder below `place` that is removed when it is dropped.
pub(crate) fn folder(place: &Path, purpose: &str) -> anyhow::Result<TempDir> {
    tempfile::Builder::new()
        .prefix(&format!("{purpose}-"))
        .tempdir_in(place)
        .with_context(|| format!("cannot make a folder in {}", place.display()))
}

/// The absolute path of a program such as ffmpeg: what the variable names, else what PATH has.
pub(crate) fn program(variable: &str, name: &str) -> anyhow::Result<PathBuf> {
    let named = std::env::var_os(variable).filter(|named| !named.is_empty()).unwrap_or_else(|| name.into());
    if Path::new(&named).components().count() > 1 {
        return std::fs::canonicalize(&named).with_context(|| format!("{variable} names no file"));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(&named))
        .find(|path| path.is_file())
        .with_context(|| format!("{} is not in PATH: install it, or set {variable}", named.display()))
}
