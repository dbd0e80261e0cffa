//! The object store as plain files, and the routes that serve them.
//!
//! An object is `root/{bucket}/{path}`. It is written to `root/.incoming`, flushed, and renamed into place,
//! so whoever looks sees the old bytes, the new bytes or none, after any crash.

mod batches;
mod conditions;
mod error;
mod incoming;
mod layout;
mod listing;
mod metadata;
mod routes;
mod signature;
mod store;

pub use error::OpenError;

use crate::{layout::Layout, signature::Signer};
use ports::Clock;
use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
};

/// Objects as files below one folder. Clones are the same store.
#[derive(Clone)]
pub struct Files {
    layout: Arc<Layout>,
    signer: Signer,
    clock: Arc<dyn Clock>,
    /// Held while the store is open: a second process would remove what this one is receiving.
    _lock: Arc<File>,
}

impl Files {
    /// Opens the store below `root`, which is made if it is missing, and removes what a crash left half
    /// received.
    ///
    /// Addresses are signed with `signing_key` and expire by `clock`.
    ///
    /// # Errors
    /// The key is empty, the folder cannot be written, or another process has it open.
    pub fn open(root: PathBuf, signing_key: &[u8], clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        if signing_key.is_empty() {
            return Err(OpenError::NoKey);
        }
        let made = fs::create_dir_all(&root).and_then(|()| root.canonicalize());
        let root = made.map_err(|source| OpenError::Folder { folder: root, source })?;
        let lock = lock(&root)?;
        let layout = Layout::new(root);
        empty(&layout.incoming())?;
        Ok(Self { layout: Arc::new(layout), signer: Signer::new(signing_key), clock, _lock: Arc::new(lock) })
    }

    /// Serves objects at `/objects/...` under the addresses that `presign` gives: `GET` and `HEAD`, with
    /// ranges and conditional requests.
    ///
    /// Whoever mounts them adds CORS, which has to expose `Accept-Ranges`, `Content-Length`, `Content-Range`
    /// and `ETag` for players on other origins.
    pub fn routes(&self) -> axum::Router {
        routes::routes(self.clone())
    }
}

fn lock(root: &Path) -> Result<File, OpenError> {
    let path = root.join(".lock");
    let file = File::create(&path).map_err(|source| OpenError::Folder { folder: root.to_owned(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(root.to_owned())),
        Err(TryLockError::Error(source)) => Err(OpenError::Folder { folder: root.to_owned(), source }),
    }
}

fn empty(folder: &Path) -> Result<(), OpenError> {
    let removed = match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    };
    removed
        .and_then(|()| fs::create_dir(folder))
        .map_err(|source| OpenError::Folder { folder: folder.to_owned(), source })
}
