//! Every source file opens with a line that says what lives there.

use crate::tree::TextFile;

/// Every Rust file without `//!` at its top, and every script without a comment there.
#[must_use]
pub fn violations(files: &[TextFile]) -> Vec<String> {
    files.iter().filter_map(violation).collect()
}

fn violation(file: &TextFile) -> Option<String> {
    if file.is_rust() {
        let opens = file.text.lines().next().is_some_and(|line| says_something(line, "//!"));
        return (!opens).then(|| format!("{} does not begin with a `//!` line", file.path));
    }
    let has_shebang = file.text.starts_with("#!");
    if !has_shebang && !file.has_extension("sh") {
        return None;
    }
    let line = file.text.lines().nth(usize::from(has_shebang)).unwrap_or_default();
    let opens =
        ["#", "//"].iter().any(|mark| says_something(line, mark)) && !line.starts_with("# shellcheck");
    (!opens).then(|| format!("{} does not begin with a comment that says what it does", file.path))
}

fn says_something(line: &str, mark: &str) -> bool {
    line.strip_prefix(mark).is_some_and(|rest| rest.starts_with(' ') && !rest.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_with_an_opening_line_pass() {
        let files = [
            TextFile::new("a.rs", "//! What it is.\nfn a() {}\n"),
            TextFile::new("run.sh", "#!/usr/bin/env bash\n# Starts it.\n"),
            TextFile::new("part.sh", "# A part.\n"),
            TextFile::new("tool", "#!/usr/bin/env node\n// A tool.\n"),
            TextFile::new("notes.md", "no rule here"),
        ];
        assert_eq!(violations(&files), Vec::<String>::new());
    }

    #[test]
    fn files_without_one_are_named() {
        let files = [
            TextFile::new("a.rs", "// A comment.\n"),
            TextFile::new("b.rs", "//!\n//! Too late.\n"),
            TextFile::new("c.rs", ""),
            TextFile::new("d.sh", "#!/bin/sh\nset -e\n"),
            TextFile::new("e", "#!/bin/sh\n"),
            TextFile::new("f.sh", "# shellcheck shell=bash\n# Too late.\n"),
        ];
        let found = violations(&files);
        assert_eq!(found.len(), files.len(), "{found:?}");
        for (file, text) in files.iter().zip(&found) {
            assert!(text.starts_with(&file.path), "{text}");
        }
    }
}
