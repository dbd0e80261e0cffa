//! Where an object's file lies, and the folders that come and go around it.

use domain::object::{ObjectKey, Prefix};
use ports::ObjectError;
use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// The folders below one root.
pub(crate) struct Layout {
    root: PathBuf,
    /// Held while folders are made, so that a folder somebody else sees is already durable.
    making: Mutex<()>,
}

impl Layout {
    /// The layout below an absolute path.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root, making: Mutex::new(()) }
    }

    /// The folder of everything.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where bodies are received: on the same file system, so that a rename moves them.
    pub(crate) fn incoming(&self) -> PathBuf {
        self.root.join(".incoming")
    }

    /// The file of an object.
    pub(crate) fn object(&self, key: &ObjectKey) -> Result<PathBuf, ObjectError> {
        self.locate(key.bucket().name(), &key.path())
            .ok_or_else(|| ObjectError::Missing(format!("{key}: its path is not one of plain names")))
    }

    /// The folder of a bucket.
    pub(crate) fn bucket(&self, prefix: &Prefix) -> PathBuf {
        self.root.join(prefix.bucket.name())
    }

    /// The folder that a prefix names; none holds a prefix that is no folder.
    pub(crate) fn folder(&self, prefix: &Prefix) -> Option<PathBuf> {
        if prefix.path.is_empty() {
            return Some(self.bucket(prefix));
        }
        self.locate(prefix.bucket.name(), prefix.path.strip_suffix('/')?)
    }

    /// The one place where texts become a path: plain names only, none hidden, nothing that leads out or
    /// needs escaping in an address.
    pub(crate) fn locate(&self, bucket: &str, path: &str) -> Option<PathBuf> {
        let plain = |name: &str| {
            let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
            !name.is_empty() && !name.starts_with('.') && name.bytes().all(legal)
        };
        let names: Vec<&str> = std::iter::once(bucket).chain(path.split('/')).collect();
        names.iter().all(|name| plain(name)).then(|| self.root.join(names.join("/")))
    }

    /// Makes the folders that a file needs, each durable in the one above.
    pub(crate) fn make_folders(&self, file: &Path) -> io::Result<()> {
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let missing: Vec<&Path> = file.ancestors().skip(1).take_while(|folder| !folder.is_dir()).collect();
        for folder in missing.into_iter().rev() {
            match fs::create_dir(folder) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
                _ => sync_folder_of(folder)?,
            }
        }
        Ok(())
    }

    /// Removes the folders from this one upwards that hold nothing any more, and makes the removals durable.
    pub(crate) fn prune<'a>(&'a self, mut folder: &'a Path) -> io::Result<()> {
        while folder != self.root {
            match fs::remove_dir(folder) {
                Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => break,
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => folder = folder.parent().unwrap_or(&self.root),
            }
        }
        sync_folder(folder)
    }
}

/// Makes a file's name durable: the names in its folder.
pub(crate) fn sync_folder_of(file: &Path) -> io::Result<()> {
    file.parent().map_or(Ok(()), sync_folder)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder) {
        // Somebody removed it meanwhile, and with it whatever was to be made durable.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        opened => opened?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::object::Bucket;

    #[test]
    fn only_plain_names_become_a_path() {
        let layout = Layout::new(PathBuf::from("/root"));
        assert_eq!(layout.locate("vod-raw", "a/b.mp4"), Some(PathBuf::from("/root/vod-raw/a/b.mp4")));
        for bad in [
            "", "..", "a/../b", "/a", "a/", "a//b", ".lock", "a/.b", "a\\b", "a b", "a\0", "%2e", "ä", "a\nb",
        ] {
            assert_eq!(layout.locate("vod-raw", bad), None, "{bad:?}");
            assert_eq!(layout.locate(bad, "a"), None, "{bad:?}");
        }
    }

    #[test]
    fn a_prefix_is_a_bucket_or_a_folder() {
        let layout = Layout::new(PathBuf::from("/root"));
        let folder = |path: &str| layout.folder(&Prefix { bucket: Bucket::Live, path: path.to_owned() });
        assert_eq!(folder(""), Some(PathBuf::from("/root/live-streams")));
        assert_eq!(folder("a/b/"), Some(PathBuf::from("/root/live-streams/a/b")));
        for bad in ["a", "/", "../", "a/../", "a//"] {
            assert_eq!(folder(bad), None, "{bad:?}");
        }
    }
}
