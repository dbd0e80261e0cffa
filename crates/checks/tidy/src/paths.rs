//! The project stands alone: no file names a place that is only on one machine.

use crate::tree::TextFile;

/// Beginnings of paths that exist on somebody's machine only. Split, so that this file passes its own rule.
const MACHINE_ROOTS: &[&str] =
    &[concat!("/", "home/"), concat!("/", "Users/"), concat!("/", "work/"), concat!("../", "shared")];

/// The one file that may look beside the project, for servers to test with.
const EXEMPT: &str = ".ci/run";

/// Every line that names such a place.
#[must_use]
pub fn violations(files: &[TextFile]) -> Vec<String> {
    files.iter().filter(|file| file.path != EXEMPT).flat_map(in_file).collect()
}

fn in_file(file: &TextFile) -> Vec<String> {
    let lines = file.text.lines().enumerate();
    lines
        .filter_map(|(index, line)| {
            let place = MACHINE_ROOTS.iter().find(|root| names(line, root))?;
            Some(format!("{}:{}: names `{place}`, a place outside the project", file.path, index + 1))
        })
        .collect()
}

/// Whether a line has the text where a path begins, not inside a longer path or address.
fn names(line: &str, root: &str) -> bool {
    line.match_indices(root).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|character| !character.is_alphanumeric() && !"_-.}~".contains(character))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_on_a_machine_are_found_with_their_line() {
        for root in MACHINE_ROOTS {
            let file = TextFile::new("a.toml", &format!("first\npath = \"{root}x\"\n"));
            let found = violations(&[file]);
            assert_eq!(found.len(), 1, "{root}");
            assert!(found[0].starts_with("a.toml:2:"), "{}", found[0]);
        }
    }

    #[test]
    fn parts_of_longer_paths_and_addresses_pass() {
        let text = "https://example.org/home/page\n$PREFIX/root/x\ncrates/work/y\n/var/lib/x\n";
        assert_eq!(violations(&[TextFile::new("a.md", text)]), Vec::<String>::new());
    }

    #[test]
    fn only_the_exempt_file_is_exempt() {
        let text = MACHINE_ROOTS[0];
        assert_eq!(violations(&[TextFile::new(EXEMPT, text)]), Vec::<String>::new());
        assert_eq!(violations(&[TextFile::new("run.sh", text)]).len(), 1);
    }
}
