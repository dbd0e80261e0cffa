//! The data folder: owned by one process at a time.

use anyhow::Context;
use std::{
    fs::{self, File, TryLockError},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// Marks a folder as this program's, so that `reset` never removes another.
const MARKER: &str = ".reelfleet";
const LOCK: &str = "standalone.lock";
const KEY: &str = "signing.key";

/// The exclusive use of a data folder; given up when the process ends, however it ends.
pub(crate) struct DataFolder {
    _lock: File,
}

/// Makes the folder if it is missing, marks it and locks it.
///
/// # Errors
/// When it cannot be written, or another process uses it.
pub(crate) fn open(path: &Path) -> anyhow::Result<DataFolder> {
    let show = path.display();
    fs::create_dir_all(path).with_context(|| format!("cannot make the data folder {show}"))?;
    let empty =
        fs::read_dir(path).with_context(|| format!("cannot read the data folder {show}"))?.next().is_none();
    if empty {
        fs::write(path.join(MARKER), "Made by Reelfleet; ./run.sh reset removes this folder.\n")
            .with_context(|| format!("cannot write to the data folder {show}"))?;
    }
    let lock =
        File::create(path.join(LOCK)).with_context(|| format!("cannot write to the data folder {show}"))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            anyhow::bail!(
                "another process uses the data folder {show}. Stop it first, or set another DATA_DIR"
            )
        }
        Err(TryLockError::Error(error)) => {
            return Err(anyhow::Error::new(error).context(format!("cannot lock the data folder {show}")));
        }
    }
    Ok(DataFolder { _lock: lock })
}

/// The secret of this folder: made once, readable by its owner only.
///
/// # Errors
/// When it cannot be read or written.
pub(crate) fn signing_key(path: &Path, random: impl FnOnce(&mut [u8])) -> anyhow::Result<Vec<u8>> {
    let file = path.join(KEY);
    if let Ok(key) = fs::read_to_string(&file)
        && key.trim().len() >= 64
    {
        return Ok(key.trim().as_bytes().to_vec());
    }
    let mut bytes = [0; 32];
    random(&mut bytes);
    let key = hex::encode(bytes);
    let unwritable = || format!("cannot write {}", file.display());
    let mut options = fs::OpenOptions::new();
    let mut opened =
        options.write(true).create(true).truncate(true).mode(0o600).open(&file).with_context(unwritable)?;
    opened.write_all(key.as_bytes()).and_then(|()| opened.sync_all()).with_context(unwritable)?;
    Ok(key.into_bytes())
}
