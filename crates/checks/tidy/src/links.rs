//! Relative links in Markdown point at something.

use crate::tree::TextFile;

/// Every relative link whose target is not there. `exists` answers for a path from the repository's root.
pub fn violations(files: &[TextFile], exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.has_extension("md")) {
        for target in targets(&file.text) {
            match resolve(&file.path, target) {
                Some(path) if exists(&path) => {}
                _ => found.push(format!("{} links to `{target}`, which is not there", file.path)),
            }
        }
    }
    found
}

/// The relative targets of `[text](target)` outside code blocks, without their fragments.
fn targets(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if !in_code {
            found.extend(line.split("](").skip(1).filter_map(target_at));
        }
    }
    found
}

/// The target at the beginning of what follows `](`; none for an address, a fragment of the same file.
fn target_at(rest: &str) -> Option<&str> {
    let target = rest.split([')', ' ']).next()?.split('#').next()?;
    (!target.is_empty() && !target.contains("://") && !target.starts_with("mailto:")).then_some(target)
}

/// The target as a path from the root; none when it leaves the repository.
fn resolve(file: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => file.split('/').collect(),
    };
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(path: &str, text: &str) -> usize {
        let there = ["README.md", "docs/settings.md", "crates/base"];
        violations(&[TextFile::new(path, text)], |asked| there.contains(&asked)).len()
    }

    #[test]
    fn links_to_what_is_there_pass() {
        assert_eq!(
            broken("README.md", "[a](docs/settings.md#ports) and [b](crates/base/), [c](./README.md)"),
            0
        );
        assert_eq!(broken("docs/x.md", "[a](settings.md) [b](../README.md \"title\")"), 0);
    }

    #[test]
    fn addresses_fragments_and_code_are_not_looked_at() {
        assert_eq!(
            broken("README.md", "[a](https://x.org/y) [b](#here) [c](mailto:a@b)\n```\n[d](nothing)\n```\n"),
            0
        );
    }

    #[test]
    fn links_to_nothing_are_found() {
        assert_eq!(broken("README.md", "[a](docs/missing.md)"), 1);
        assert_eq!(broken("docs/x.md", "[a](docs/settings.md), ![b](pic.png)"), 2);
        assert_eq!(broken("README.md", "[a](../outside.md)"), 1);
    }
}
