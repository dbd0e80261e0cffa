//! Copies of sources, which several encodes share.

use domain::object::ObjectKey;
use futures::StreamExt;
use ports::{ObjectError, ObjectStore};
use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use tempfile::TempPath;
use tokio::{io::AsyncWriteExt, sync::OnceCell};

/// A copy that is there, or being made by whoever asked first.
pub(super) type Copy = Arc<OnceCell<TempPath>>;

/// The copies of one service.
pub(super) struct Copies {
    folder: PathBuf,
    kept: usize,
    /// What was asked for last, newest last.
    recent: Mutex<VecDeque<(String, Copy)>>,
}

impl Copies {
    pub(super) fn new(folder: PathBuf, kept: usize) -> Self {
        Self { folder, kept, recent: Mutex::default() }
    }

    /// A copy of an object, and where it is as long as it is held.
    pub(super) async fn of(
        &self,
        objects: &dyn ObjectStore,
        key: &ObjectKey,
    ) -> Result<(PathBuf, Copy), ObjectError> {
        let copy = self.named(&key.to_string());
        let path = copy.get_or_try_init(|| copied(objects, key, &self.folder)).await?.to_path_buf();
        Ok((path, copy))
    }

    /// What is dropped here is removed once its last reader is done.
    fn named(&self, key: &str) -> Copy {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let known = recent.iter().position(|(name, _)| name == key).and_then(|at| recent.remove(at));
        let (name, copy) = known.unwrap_or_else(|| (key.to_owned(), Copy::default()));
        recent.push_back((name, copy.clone()));
        while recent.len() > self.kept {
            recent.pop_front();
        }
        copy
    }
}

async fn copied(objects: &dyn ObjectStore, key: &ObjectKey, folder: &Path) -> Result<TempPath, ObjectError> {
    let unavailable = |error: std::io::Error| ObjectError::Unavailable(format!("copying {key}: {error}"));
    let (file, path) = tempfile::NamedTempFile::new_in(folder).map_err(unavailable)?.into_parts();
    let mut file = tokio::fs::File::from_std(file);
    let mut pieces = objects.get(key, None).await?.into_stream();
    while let Some(piece) = pieces.next().await {
        // A connection that breaks in the middle is the store's failure, not the object's.
        let piece = piece.map_err(|error| ObjectError::Unavailable(format!("reading {key}: {error}")))?;
        file.write_all(&piece).await.map_err(unavailable)?;
    }
    file.flush().await.map_err(unavailable)?;
    Ok(path)
}
