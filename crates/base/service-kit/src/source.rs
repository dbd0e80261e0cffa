//! A source as a file that an encoder can read: in place where the store has one, else a copy that goes when it is dropped.

use domain::object::ObjectKey;
use futures::StreamExt;
use ports::{ObjectError, ObjectStore, Source};
use std::path::{Path, PathBuf};
use tokio::io::AsyncWriteExt;

/// A source on this machine, as long as this lives.
#[derive(Debug)]
pub struct SourceFile {
    path: PathBuf,
    _copy: Option<tempfile::TempPath>,
}

impl SourceFile {
    /// Makes an object readable as a file; a copy, if one is needed, is made in `folder`.
    ///
    /// # Errors
    /// When the object is missing, its store fails, or the copy does not fit the disk.
    pub async fn open(
        objects: &dyn ObjectStore,
        key: &ObjectKey,
        folder: &Path,
    ) -> Result<Self, ObjectError> {
        if let Some(path) = objects.local_file(key).await? {
            return Ok(Self { path, _copy: None });
        }
        let unavailable = |error: std::io::Error| ObjectError::Unavailable(format!("copying {key}: {error}"));
        let (file, path) = tempfile::NamedTempFile::new_in(folder).map_err(unavailable)?.into_parts();
        let mut file = tokio::fs::File::from_std(file);
        let mut pieces = objects.get(key, None).await?.into_stream();
        while let Some(piece) = pieces.next().await {
            file.write_all(&piece.map_err(ObjectError::Body)?).await.map_err(unavailable)?;
        }
        file.flush().await.map_err(unavailable)?;
        Ok(Self { path: path.to_path_buf(), _copy: Some(path) })
    }

    /// The source as an encoder takes it.
    #[must_use]
    pub fn source(&self) -> Source {
        Source::File(self.path.clone())
    }
}
