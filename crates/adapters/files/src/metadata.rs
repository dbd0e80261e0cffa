//! What a file tells of the object that it holds.

use domain::Timestamp;
use ports::ObjectMeta;
use std::{
    fs::File,
    io::{self, ErrorKind},
    os::unix::fs::MetadataExt,
    path::Path,
};
use xattr::FileExt;

/// The extended attribute with the SHA-256 of the bytes, lower-case hex.
const SHA256: &str = "user.reelfleet.sha256";

/// Opens an object's file; none if there is no such file.
pub(crate) fn open(path: &Path) -> io::Result<Option<(File, ObjectMeta)>> {
    let file = match File::open(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        opened => opened?,
    };
    Ok(read(&file)?.map(|meta| (file, meta)))
}

/// What is known of the object in an open file, so that all of it is of the same bytes; none of a folder.
pub(crate) fn read(file: &File) -> io::Result<Option<ObjectMeta>> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(None);
    }
    let sha256 = hash(file)?;
    let derived = || {
        format!(
            "{:x}-{:x}.{:x}-{:x}",
            metadata.size(),
            metadata.mtime(),
            metadata.mtime_nsec(),
            metadata.ino()
        )
    };
    Ok(Some(ObjectMeta {
        size: metadata.size(),
        etag: sha256.clone().unwrap_or_else(derived),
        sha256,
        modified: Timestamp::from_millis(metadata.mtime() * 1_000 + metadata.mtime_nsec() / 1_000_000),
    }))
}

/// Keeps the hash with the file, where the file system can.
pub(crate) fn keep_hash(file: &File, sha256: &str) -> io::Result<()> {
    match file.set_xattr(SHA256, sha256.as_bytes()) {
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(()),
        kept => kept,
    }
}

fn hash(file: &File) -> io::Result<Option<String>> {
    match file.get_xattr(SHA256) {
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(None),
        found => Ok(found?.and_then(|value| String::from_utf8(value).ok()).filter(|text| is_sha256(text))),
    }
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn without_a_kept_hash_the_etag_comes_from_the_file() {
        let mut file = tempfile::tempfile().unwrap();
        let empty = read(&file).unwrap().unwrap();
        assert_eq!(empty.sha256, None);
        file.write_all(b"bytes").unwrap();
        let written = read(&file).unwrap().unwrap();
        assert_eq!((written.sha256, written.size), (None, 5));
        assert_ne!(written.etag, empty.etag);
    }

    #[test]
    fn a_kept_text_that_is_no_hash_is_not_told() {
        let file = tempfile::tempfile().unwrap();
        keep_hash(&file, "not a hash\r\n").unwrap();
        assert_eq!(read(&file).unwrap().unwrap().sha256, None);
    }
}
