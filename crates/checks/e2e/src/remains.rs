//! What a process leaves behind: processes and files.

use std::{
    fs,
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

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
