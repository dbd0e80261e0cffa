//! Judging snapshots of one playlist that lie in files.

use crate::{history::History, presentation::LARGEST_PLAYLIST, report::Report};
use anyhow::{Context, bail, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// Judges the snapshots in these files, oldest first, or in one folder, by name.
///
/// # Errors
/// There are none, or one cannot be read.
pub(crate) fn check(targets: &[String]) -> anyhow::Result<Report> {
    let files = files(targets)?;
    let Some(first) = files.first() else {
        bail!("there are no snapshots; give files, or a folder of .m3u8")
    };
    let mut history = History::new(&first.parent().unwrap_or(first).display().to_string());
    for file in &files {
        let label = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        history.observe(label, milliseconds(file).map(Duration::from_millis), &read(file)?);
    }
    Ok(history.finish())
}

fn files(targets: &[String]) -> anyhow::Result<Vec<PathBuf>> {
    let [folder] = targets else { return Ok(targets.iter().map(PathBuf::from).collect()) };
    let folder = Path::new(folder);
    if !folder.is_dir() {
        return Ok(vec![folder.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        files.push(entry.context("the folder cannot be read")?.path());
    }
    files.retain(|file| file.extension().is_some_and(|end| end == "m3u8" || end == "m3u"));
    files.sort_by_key(|file| (milliseconds(file), file.clone()));
    Ok(files)
}

/// The time that a name like `1500.m3u8` tells.
fn milliseconds(file: &Path) -> Option<u64> {
    file.file_stem()?.to_str()?.parse().ok()
}

fn read(file: &Path) -> anyhow::Result<String> {
    let unreadable = || format!("{} cannot be read", file.display());
    let size = fs::metadata(file).with_context(unreadable)?.len();
    ensure!(size <= LARGEST_PLAYLIST, "{} has {size} bytes, too many for a playlist", file.display());
    Ok(String::from_utf8_lossy(&fs::read(file).with_context(unreadable)?).into_owned())
}
