//! What is to be checked: addresses as they are, files and folders as `file:` addresses.

use anyhow::{Context, bail};
use std::path::Path;
use url::Url;
use walkdir::WalkDir;

/// The addresses that an argument means. A folder means the master playlists in it, and the media playlists
/// that none of them names.
///
/// # Errors
/// It is neither an address nor there, or the folder has no playlist.
pub(crate) fn find(argument: &str) -> anyhow::Result<Vec<Url>> {
    if argument.starts_with("http://") || argument.starts_with("https://") {
        return Ok(vec![Url::parse(argument).with_context(|| format!("{argument:?} is not an address"))?]);
    }
    let path = std::fs::canonicalize(argument)
        .with_context(|| format!("{argument:?} is not there; give an address, a file or a folder"))?;
    if path.is_dir() { in_folder(&path) } else { Ok(vec![address(&path)?]) }
}

fn in_folder(folder: &Path) -> anyhow::Result<Vec<Url>> {
    let mut playlists = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.context("the folder cannot be read")?;
        if entry.file_type().is_file()
            && entry.path().extension().is_some_and(|end| end == "m3u8" || end == "m3u")
        {
            playlists.push(address(entry.path())?);
        }
    }
    if playlists.is_empty() {
        bail!("{} has no playlist (.m3u8)", folder.display());
    }
    let named: Vec<Url> = playlists.iter().flat_map(named_by).collect();
    playlists.retain(|playlist| !named.contains(playlist));
    Ok(playlists)
}

/// The playlists that a file names, if it is a master playlist.
fn named_by(address: &Url) -> Vec<Url> {
    let text = address.to_file_path().ok().and_then(|path| std::fs::read(path).ok()).unwrap_or_default();
    match hls::Survey::of(&String::from_utf8_lossy(&text)) {
        hls::Survey::Master(named) => named.iter().filter_map(|it| address.join(&it.uri).ok()).collect(),
        hls::Survey::Media(_) => Vec::new(),
    }
}

fn address(path: &Path) -> anyhow::Result<Url> {
    Url::from_file_path(path).map_err(|()| anyhow::anyhow!("{} is not a whole path", path.display()))
}
