//! What goes wrong with files, in words that say what to do.

use ports::{BodyError, ObjectError};
use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// Why the store does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no key to sign addresses with.
    #[error("the signing key is empty: give at least 32 random bytes")]
    NoKey,
    /// Another process has the folder open.
    #[error("{0} is in use by another process: stop it, or choose another folder")]
    InUse(PathBuf),
    /// The folder cannot be made, read or written.
    #[error("{folder} cannot hold objects: {source}; make it writable for this user, or choose another")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Why a body was not received as a whole.
pub(crate) enum Unreceived {
    /// Its maker failed.
    Body(BodyError),
    /// The disk failed.
    Disk(io::Error),
}

impl Unreceived {
    /// The same, as the port tells it.
    pub(crate) fn told(self, root: &Path) -> ObjectError {
        match self {
            Self::Body(error) => ObjectError::Body(error),
            Self::Disk(error) => unavailable(root, &error),
        }
    }
}

/// An I/O error as the port tells it: whoever repairs the disk can have the same call succeed.
pub(crate) fn unavailable(root: &Path, error: &io::Error) -> ObjectError {
    /// `EIO` of Linux and all BSDs, which `ErrorKind` does not name.
    const EIO: i32 = 5;
    let root = root.display();
    let text = match error.kind() {
        ErrorKind::StorageFull => format!("the disk that holds {root} is full: free some space ({error})"),
        ErrorKind::QuotaExceeded => {
            format!("the quota of {root} is used up: raise it or free some space ({error})")
        }
        ErrorKind::FileTooLarge => {
            format!("{root} takes no file of this size: raise the limit on file sizes ({error})")
        }
        ErrorKind::ReadOnlyFilesystem => format!("{root} is read-only: mount it writable ({error})"),
        ErrorKind::PermissionDenied => {
            format!("{root} is not accessible for this user: set its owner ({error})")
        }
        _ if error.raw_os_error() == Some(EIO) => {
            format!("the disk that holds {root} is failing: read the kernel's log and replace it ({error})")
        }
        _ => format!("{root} cannot be read or written: {error}"),
    };
    ObjectError::Unavailable(text)
}
