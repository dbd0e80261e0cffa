//! Room on the disk.

use std::path::Path;

/// Whether the disk of this folder has at least so many bytes free. A disk that cannot be asked counts as having room: the
/// encode that fails on it says more than a refusal to try.
pub(crate) fn enough(folder: &Path, bytes: u64) -> bool {
    fs4::available_space(folder).map_or(true, |free| free >= bytes)
}
