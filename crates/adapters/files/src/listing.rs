//! Walks over the objects in a folder, in the order of their paths.

use crate::{layout::Layout, metadata};
use futures::{Stream, StreamExt, stream};
use ports::ObjectMeta;
use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};
use tokio::task::spawn_blocking;
use walkdir::{DirEntry, IntoIter, WalkDir};

/// How many files are looked at in one go on a blocking thread.
const AT_ONCE: usize = 256;

/// An object's path within its bucket, and what is known of it.
type Listed = (String, ObjectMeta);

/// The objects below `folder`, told by their paths below `bucket`. A removal meanwhile is no error.
pub(crate) fn list(bucket: PathBuf, folder: &Path) -> impl Stream<Item = io::Result<Listed>> + Send + use<> {
    let walk = WalkDir::new(folder).sort_by_key(sort_key).into_iter();
    stream::unfold(Some((walk, bucket)), |state| async {
        let (walk, bucket) = state?;
        match spawn_blocking(move || step(walk, bucket)).await {
            Ok((listed, rest)) => Some((stream::iter(listed), rest)),
            Err(stopped) => Some((stream::iter(vec![Err(io::Error::other(stopped))]), None)),
        }
    })
    .flatten()
}

/// Removes all files below `folder`, and the folders that are empty then. Blocks.
pub(crate) fn remove_all(layout: &Layout, folder: &Path) -> io::Result<()> {
    for entry in WalkDir::new(folder).min_depth(1).contents_first(true) {
        let Some(entry) = still_there(entry)? else { continue };
        let remove = if entry.file_type().is_dir() { fs::remove_dir } else { fs::remove_file };
        match remove(entry.path()) {
            // What is put while this runs may stay, and others may remove at the same time.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty) => {}
            removed => removed?,
        }
    }
    layout.prune(folder)
}

/// What makes a walk that takes folder after folder meet the paths in the order of their bytes: `a-b` comes
/// before `a/b`.
fn sort_key(entry: &DirEntry) -> Vec<u8> {
    let mut key = entry.file_name().as_encoded_bytes().to_vec();
    if entry.file_type().is_dir() {
        key.push(b'/');
    }
    key
}

/// Some objects and where to go on: nowhere after the last one or an error.
type Step = (Vec<io::Result<Listed>>, Option<(IntoIter, PathBuf)>);

fn step(mut walk: IntoIter, bucket: PathBuf) -> Step {
    let mut listed = Vec::new();
    for _ in 0..AT_ONCE {
        let Some(entry) = walk.next() else { return (listed, None) };
        match still_there(entry).and_then(|entry| entry.map_or(Ok(None), |entry| object(&entry, &bucket))) {
            Ok(found) => listed.extend(found.map(Ok)),
            Err(error) => {
                listed.push(Err(error));
                return (listed, None);
            }
        }
    }
    (listed, Some((walk, bucket)))
}

fn object(entry: &DirEntry, bucket: &Path) -> io::Result<Option<Listed>> {
    if !entry.file_type().is_file() {
        return Ok(None);
    }
    let path = entry.path().strip_prefix(bucket).unwrap_or(entry.path()).to_string_lossy().into_owned();
    Ok(metadata::open(entry.path())?.map(|(_, meta)| (path, meta)))
}

fn still_there(entry: walkdir::Result<DirEntry>) -> io::Result<Option<DirEntry>> {
    match entry.map_err(io::Error::from) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        entry => entry.map(Some),
    }
}
