//! What the producer has to tidy up, in a file: it is only a client, and knows of no catalog what is its own.

use anyhow::Context;
use domain::StreamId;
use serde::{Deserialize, Serialize};
use std::{
    collections::VecDeque,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Everything of its own that is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Entries {
    /// Its videos, the oldest first; the last one may not have been uploaded.
    pub(crate) videos: VecDeque<StreamId>,
    /// Recordings of its streams, the oldest first.
    pub(crate) recordings: VecDeque<StreamId>,
    /// The stream that it sends.
    pub(crate) stream: Option<StreamId>,
}

/// The file. What is noted is on the disk.
pub(crate) struct Journal {
    file: PathBuf,
    entries: Mutex<Entries>,
}

impl Journal {
    /// Reads the file of a folder, if there is one.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let file = folder.join("journal.json");
        let entries = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(anyhow::Error::new),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Entries::default()),
            Err(error) => Err(anyhow::Error::new(error)),
        };
        let explained = || {
            format!("{} cannot be read; without it, what it names has to be deleted by hand", file.display())
        };
        Ok(Self { entries: Mutex::new(entries.with_context(explained)?), file })
    }

    /// What it says.
    pub(crate) fn entries(&self) -> Entries {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes what it says. A disk that does not take it is told of, and stops nothing: the next change may get through.
    pub(crate) fn note(&self, change: impl FnOnce(&mut Entries)) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut entries);
        if let Err(error) = self.write(&entries) {
            tracing::warn!(file = %self.file.display(), %error, "what is to be tidied up could not be noted");
        }
    }

    fn write(&self, entries: &Entries) -> std::io::Result<()> {
        let new = self.file.with_extension("new");
        fs::write(&new, serde_json::to_vec(entries)?)?;
        fs::rename(&new, &self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        assert_eq!(journal.entries(), Entries::default());
        journal.note(|entries| entries.videos.push_back(StreamId::vod([1; 6])));
        journal.note(|entries| entries.stream = Some(StreamId::live([2; 5])));
        let again = Journal::open(folder.path()).unwrap();
        assert_eq!(again.entries(), journal.entries());
        assert_eq!(again.entries().videos, [StreamId::vod([1; 6])]);
    }

    #[test]
    fn a_file_that_is_none_of_its_own_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("journal.json"), "{\"videos\":[\"../x\"]}").unwrap();
        let error = Journal::open(folder.path()).map(|_| ()).unwrap_err();
        assert!(format!("{error:#}").contains("journal.json cannot be read"), "{error:#}");
    }
}
