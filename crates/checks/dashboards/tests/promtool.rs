//! What Prometheus's own tool says of the configuration, the rules, their tests, and the panels' queries.

use conformance::skip;
use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn monitoring() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(3)
        .expect("three folders below the root")
        .join("monitoring")
}

/// Runs the tool; false when this machine has none.
fn passes(arguments: &[&str], files: &[PathBuf]) -> bool {
    let ran = match Command::new("promtool").args(arguments).args(files).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            skip("prometheus", "promtool is not installed");
            return false;
        }
        ran => ran.expect("promtool runs"),
    };
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "promtool {}: {said}", arguments.join(" "));
    true
}

fn files_in(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(monitoring().join(folder)).expect("the folder is there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("the folder is read").path()).collect();
    files.sort();
    files
}

#[test]
fn the_configuration_is_clean() {
    passes(&["check", "config"], &[monitoring().join("prometheus.yml")]);
}

#[test]
fn the_rules_are_clean() {
    passes(&["check", "rules"], &files_in("rules"));
}

#[test]
fn alerts_fire_when_they_should_and_only_then() {
    passes(&["test", "rules"], &files_in("tests"));
}

#[test]
fn every_panel_asks_something_that_prometheus_understands() {
    let mut rules = "groups:\n  - name: panels\n    rules:\n".to_owned();
    for dashboard in dashboards::all() {
        for (place, panel) in dashboard.panels() {
            for (number, (query, _)) in panel.queries.iter().enumerate() {
                let query = query.replace("$__rate_interval", "1m");
                let (uid, id) = (dashboard.uid.replace('-', "_"), place.id);
                writeln!(rules, "      - record: {uid}:{id}:{number}\n        expr: |\n          {query}")
                    .unwrap();
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("panels.yml");
    fs::write(&file, rules).unwrap();
    passes(&["check", "rules"], &[file]);
}
