//! A body on its way: a temporary file that either becomes the object or is gone.

use crate::{batches::Batches, error::Unreceived, layout, layout::Layout, metadata};
use ports::{Body, Condition, StoredObject};
use sha2::{Digest, Sha256};
use std::{
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;

/// How often a removal may take away the folder that was just made for the object.
const ATTEMPTS: usize = 100;

/// What has been received of a body. Dropping it removes the file.
pub(crate) struct Incoming {
    file: NamedTempFile,
    hash: Sha256,
}

impl Incoming {
    /// Receives a whole body into a file below `folder`: one batch is written while the next one comes.
    pub(crate) async fn receive(folder: PathBuf, body: Body) -> Result<Self, Unreceived> {
        let mut batches = Batches::of(body);
        let mut writing = spawn_blocking(move || Self::create(&folder));
        loop {
            let batch = batches.next().await;
            let written = writing.await.map_err(io::Error::other).flatten();
            let mut incoming = written.map_err(Unreceived::Disk)?;
            match batch {
                None => return Ok(incoming),
                Some(Err(error)) => return Err(Unreceived::Body(error)),
                Some(Ok(bytes)) => {
                    writing = spawn_blocking(move || incoming.write(&bytes).map(|()| incoming));
                }
            }
        }
    }

    /// Makes it the object, durably. Blocks.
    pub(crate) fn commit(self, layout: &Layout, target: &Path, when: Condition) -> io::Result<StoredObject> {
        let file = self.file.as_file();
        metadata::keep_hash(file, &hex::encode(self.hash.finalize()))?;
        file.sync_all()?;
        let meta = metadata::read(file)?.ok_or(ErrorKind::NotFound)?;
        let placed = place(self.file, layout, target, when)?;
        layout::sync_folder_of(target)?;
        Ok(if placed { StoredObject::Done(meta) } else { StoredObject::AlreadyThere })
    }

    fn create(folder: &Path) -> io::Result<Self> {
        let file = tempfile::Builder::new().prefix("put-").tempfile_in(folder)?;
        Ok(Self { file, hash: Sha256::new() })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.file.as_file_mut().write_all(bytes)
    }
}

/// Renames the file into place; false if it has to be the first there and is not.
fn place(mut file: NamedTempFile, layout: &Layout, target: &Path, when: Condition) -> io::Result<bool> {
    for _ in 0..ATTEMPTS {
        let moved = match layout.make_folders(target) {
            Err(error) => Err(tempfile::PersistError { error, file }),
            Ok(()) if when == Condition::Always => file.persist(target),
            Ok(()) => file.persist_noclobber(target),
        };
        let Err(refused) = moved else { return Ok(true) };
        match refused.error.kind() {
            ErrorKind::AlreadyExists if when == Condition::Absent => return Ok(false),
            ErrorKind::NotFound => file = refused.file,
            _ => return Err(refused.error),
        }
    }
    Err(io::Error::other("its folder is removed again and again"))
}
