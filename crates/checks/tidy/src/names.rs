//! Size and name of Rust files: one subject each, called by its name.

use crate::tree::TextFile;

/// The longest Rust file, in lines.
pub const MOST_LINES: usize = 400;

/// Names that say nothing about what lives in a module.
const EMPTY_NAMES: &[&str] =
    &["common", "util", "utils", "manager", "managers", "helper", "helpers", "misc", "stuff"];

/// Every Rust file that is too long, and every file or folder of source with a name that says nothing.
#[must_use]
pub fn violations(files: &[TextFile]) -> Vec<String> {
    files
        .iter()
        .filter(|file| file.is_rust())
        .flat_map(|file| too_long(file).into_iter().chain(empty_name(file)))
        .collect()
}

fn too_long(file: &TextFile) -> Option<String> {
    let lines = file.text.lines().count();
    (lines > MOST_LINES).then(|| format!("{} has {lines} lines, more than {MOST_LINES}: split it", file.path))
}

fn empty_name(file: &TextFile) -> Option<String> {
    let part = file.path.trim_end_matches(".rs").split('/').find(|part| EMPTY_NAMES.contains(part))?;
    Some(format!("{}: `{part}` does not say what lives there", file.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_longest_length_with_a_good_name_passes() {
        let file = TextFile::new("crates/base/hls/src/ladder.rs", &"line\n".repeat(MOST_LINES));
        assert_eq!(violations(&[file]), Vec::<String>::new());
    }

    #[test]
    fn one_line_more_is_too_long() {
        let file = TextFile::new("crates/base/hls/src/ladder.rs", &"line\n".repeat(MOST_LINES + 1));
        assert_eq!(violations(&[file]).len(), 1);
    }

    #[test]
    fn empty_names_are_found_in_files_and_folders() {
        for path in
            ["crates/a/b/src/utils.rs", "crates/a/b/src/common/time.rs", "crates/base/helper/src/lib.rs"]
        {
            assert_eq!(violations(&[TextFile::new(path, "")]).len(), 1, "{path}");
        }
    }

    #[test]
    fn names_that_contain_one_pass() {
        let file = TextFile::new("crates/a/b/src/package_manager_name.rs", "");
        assert_eq!(violations(&[file]), Vec::<String>::new());
    }
}
