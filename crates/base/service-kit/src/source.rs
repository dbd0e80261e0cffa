//! Sources as files that encoders can read: in place where the store has them, else as copies that several encodes share.

use domain::object::ObjectKey;
use futures::StreamExt;
use ports::{ObjectError, ObjectStore, Source};
use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use tempfile::TempPath;
use tokio::{io::AsyncWriteExt, sync::OnceCell};

/// A copy that is there, or being made by whoever asked first.
type Copy = Arc<OnceCell<TempPath>>;

/// The sources that one service reads.
pub struct Sources {
    objects: Arc<dyn ObjectStore>,
    folder: PathBuf,
    kept: usize,
    /// The copies that were asked for last, newest last.
    recent: Mutex<VecDeque<(String, Copy)>>,
}

/// A source on this machine, as long as this lives.
#[derive(Debug)]
pub struct SourceFile {
    path: PathBuf,
    _copy: Option<Copy>,
}

impl Sources {
    /// Sources of this store; copies are made in `folder`. So many that nobody reads any more are kept, for whoever reads
    /// the same source next.
    #[must_use]
    pub fn new(objects: Arc<dyn ObjectStore>, folder: PathBuf, kept: usize) -> Self {
        Self { objects, folder, kept, recent: Mutex::default() }
    }

    /// Makes an object readable as a file.
    ///
    /// # Errors
    /// When the object is missing, its store fails, or the copy does not fit the disk.
    pub async fn open(&self, key: &ObjectKey) -> Result<SourceFile, ObjectError> {
        if let Some(path) = self.objects.local_file(key).await? {
            return Ok(SourceFile { path, _copy: None });
        }
        let copy = self.copy_of(&key.to_string());
        let path = copy.get_or_try_init(|| copied(&*self.objects, key, &self.folder)).await?.to_path_buf();
        Ok(SourceFile { path, _copy: Some(copy) })
    }

    /// What is dropped here is removed once its last reader is done.
    fn copy_of(&self, key: &str) -> Copy {
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

impl SourceFile {
    /// The source as an encoder takes it.
    #[must_use]
    pub fn source(&self) -> Source {
        Source::File(self.path.clone())
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
