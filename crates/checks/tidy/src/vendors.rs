//! A vendor's SDK is named in its adapter and nowhere else, and only the encoder's adapter spawns processes.

use crate::folders::Arrow;
use crate::tree::TextFile;

/// A package, and the folder below `crates/` that may name it.
const HOMES: &[(&str, &str)] = &[
    ("rusqlite", "adapters/sqlite"),
    ("libsqlite3-sys", "adapters/sqlite"),
    ("rdkafka", "adapters/kafka"),
    ("mongodb", "adapters/mongo"),
    ("bson", "adapters/mongo"),
    ("aws-sdk-s3", "adapters/s3"),
    ("aws-sigv4", "adapters/s3"),
];

/// Where processes may be spawned: ffmpeg's adapter, and checks that drive the product from outside. Integration
/// tests may too, since they do not ship.
const SPAWNERS: &[&str] =
    &["crates/adapters/ffmpeg/", "crates/base/conformance/src/encoder/", "crates/checks/"];

/// Every dependency on a vendor's package outside its adapter.
#[must_use]
pub fn wrong_dependencies(arrows: &[Arrow]) -> Vec<String> {
    let homes =
        |arrow: &Arrow| HOMES.iter().find(|(package, _)| *package == arrow.name).map(|(_, home)| *home);
    arrows
        .iter()
        .filter_map(|arrow| {
            let home = homes(arrow).filter(|home| *home != arrow.from)?;
            let (from, name) = (&arrow.from, &arrow.name);
            Some(format!("crates/{from}/Cargo.toml depends on {name}, which belongs in crates/{home}"))
        })
        .collect()
}

/// Every line of source that names a vendor's package outside its adapter.
#[must_use]
pub fn wrong_sources(files: &[TextFile]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        for (package, home) in HOMES {
            if file.path.starts_with(&format!("crates/{home}/")) {
                continue;
            }
            let path = format!("{}::", package.replace('-', "_"));
            let lines = code_lines(&file.text).filter(|(_, line)| begins_path(line, &path));
            found.extend(lines.map(|(number, _)| {
                format!("{}:{number}: names {package}, which belongs in crates/{home}", file.path)
            }));
        }
    }
    found
}

/// Every line of source that names the type which spawns processes, where none may be spawned.
#[must_use]
pub fn wrong_spawns(files: &[TextFile]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        if SPAWNERS.iter().any(|folder| file.path.starts_with(folder)) || file.path.contains("/tests/") {
            continue;
        }
        let lines = code_lines(&file.text).filter(|(_, line)| names_command(line));
        found.extend(lines.map(|(number, _)| {
            format!("{}:{number}: only {} may spawn processes", file.path, SPAWNERS.join(" and "))
        }));
    }
    found
}

/// Lines with their numbers, without those that are comments.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Whether the line has the text where an identifier begins.
fn begins_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        line[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric() && before != '_')
    })
}

/// `process::Command`, or `Command` in a list after `process::`.
fn names_command(line: &str) -> bool {
    line.match_indices("process::").any(|(at, found)| {
        let rest = &line[at + found.len()..];
        let list = rest.strip_prefix('{').and_then(|inner| inner.split('}').next());
        rest.starts_with("Command")
            || list.is_some_and(|list| list.split(',').any(|name| name.trim().starts_with("Command")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folders::Kind;

    fn dependency(from: &str, name: &str) -> Arrow {
        Arrow { from: from.to_owned(), to: None, name: name.to_owned(), kind: Kind::Ships }
    }

    #[test]
    fn a_vendor_at_home_passes() {
        let home = dependency("adapters/sqlite", "rusqlite");
        assert_eq!(wrong_dependencies(&[home, dependency("services/api", "axum")]), Vec::<String>::new());
        let source = TextFile::new("crates/adapters/sqlite/src/lib.rs", "use rusqlite::Connection;");
        assert_eq!(wrong_sources(&[source]), Vec::<String>::new());
    }

    #[test]
    fn a_vendor_elsewhere_is_named() {
        for (package, _) in HOMES {
            assert_eq!(wrong_dependencies(&[dependency("services/api", package)]).len(), 1, "{package}");
            let text = format!("//! Opening.\nuse {}::Client;\n", package.replace('-', "_"));
            let found = wrong_sources(&[TextFile::new("crates/services/api/src/lib.rs", &text)]);
            assert_eq!(found.len(), 1, "{package}");
            assert!(found[0].starts_with("crates/services/api/src/lib.rs:2:"), "{}", found[0]);
        }
    }

    #[test]
    fn comments_and_longer_names_pass() {
        let text = "// rusqlite::Connection is elsewhere\nuse my_rusqlite::Thing;\n";
        assert_eq!(
            wrong_sources(&[TextFile::new("crates/services/api/src/lib.rs", text)]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn spawning_is_found_however_it_is_imported() {
        for text in [
            "use std::process::Command;",
            "use tokio::process::{Child, Command};",
            "let child = std::process::Command::new(\"x\");",
        ] {
            let file = |path| TextFile::new(path, text);
            assert_eq!(wrong_spawns(&[file("crates/services/api/src/lib.rs")]).len(), 1, "{text}");
            assert_eq!(wrong_spawns(&[file("crates/adapters/ffmpeg/src/lib.rs")]), Vec::<String>::new());
            assert_eq!(wrong_spawns(&[file("crates/adapters/files/tests/disk.rs")]), Vec::<String>::new());
        }
    }

    #[test]
    fn other_names_of_the_process_module_pass() {
        let file =
            TextFile::new("crates/apps/a/src/main.rs", "use std::process::ExitCode; std::process::exit(1);");
        assert_eq!(wrong_spawns(&[file]), Vec::<String>::new());
    }
}
