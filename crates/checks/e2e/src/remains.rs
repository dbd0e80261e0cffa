//! What a process leaves behind: processes and files.

use crate::schedule::until;
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;
use walkdir::WalkDir;

/// How long processes may outlive the one that started them.
const ORPHAN_LIMIT: Duration = Duration::from_secs(5);

/// The processes, each as `PID COMMAND LINE`, whose command line or working folder is below this folder.
#[must_use]
pub fn processes_of(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.flatten().filter_map(|entry| mention(&entry.path(), folder)).collect()
}

fn mention(process: &Path, folder: &Path) -> Option<String> {
    let pid: u32 = process.file_name()?.to_str()?.parse().ok()?;
    let line = fs::read(process.join("cmdline")).ok()?;
    let line = String::from_utf8_lossy(&line).replace('\0', " ");
    let works_there = fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder));
    let mentioned = works_there || line.contains(folder.to_str()?);
    // A dead child that waits to be reaped has no command line.
    (mentioned && !line.is_empty() && pid != std::process::id()).then(|| format!("{pid} {line}"))
}

/// All files below a folder; none when it is not there.
#[must_use]
pub fn below(folder: &Path) -> Vec<PathBuf> {
    let files = WalkDir::new(folder).into_iter().flatten().filter(|entry| entry.file_type().is_file());
    files.map(walkdir::DirEntry::into_path).collect()
}

/// A folder for one running product.
pub(crate) fn home() -> Result<TempDir> {
    Ok(tempfile::Builder::new().prefix("e2e-").tempdir()?)
}

/// Insists that no process works in a folder or names it, a moment from now at the latest.
pub(crate) async fn no_processes(folder: &Path) -> Result<()> {
    let mut left = Vec::new();
    let gone = until("every process has ended", ORPHAN_LIMIT, async || {
        left = processes_of(folder);
        Ok(left.is_empty().then_some(()))
    });
    gone.await.with_context(|| format!("processes are left: {left:#?}"))
}

/// Insists that there is no file in these folders.
pub(crate) fn no_files(folders: impl IntoIterator<Item = PathBuf>) -> Result<()> {
    let left: Vec<PathBuf> = folders.into_iter().flat_map(|folder| below(&folder)).collect();
    ensure!(left.is_empty(), "files are left: {left:?}");
    Ok(())
}
