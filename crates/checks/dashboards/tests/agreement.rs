//! Dashboards, alerts, runbooks and rule tests say the same.

use dashboards::{Dashboard, alerts, all, file};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(3)
        .expect("three folders below the root")
        .to_path_buf()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn rules() -> String {
    alerts::FILES.iter().map(|file| read(&format!("monitoring/rules/{file}"))).collect()
}

fn texts_in(folder: &str) -> String {
    let entries = fs::read_dir(root().join(folder)).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("the folder is read").path());
    paths.map(|path| fs::read_to_string(path).expect("the file is text")).collect()
}

fn same(what: &str, of_rules: &BTreeSet<String>, others: &BTreeSet<String>) {
    let missing: Vec<_> = of_rules.difference(others).collect();
    let unknown: Vec<_> = others.difference(of_rules).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "{what}: missing {missing:?}, of no alert {unknown:?}");
}

fn alert_names() -> BTreeSet<String> {
    let rules = rules();
    let names: Vec<&str> = alerts::names(&rules).collect();
    let set: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(set.len(), names.len(), "an alert is there twice");
    assert!(set.len() > 20, "the alerts were not found");
    set
}

#[test]
fn the_committed_json_is_what_the_source_makes() {
    let again = "write it again: cargo run -p dashboards";
    let mut made = BTreeSet::new();
    for dashboard in all() {
        let (name, text) = file(&dashboard);
        assert_eq!(read(&format!("grafana/dashboards/{name}")), text, "{name} differs; {again}");
        made.insert(name);
    }
    let there = fs::read_dir(root().join("grafana/dashboards")).unwrap();
    let there = there.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(made, there, "{again}");
}

#[test]
fn every_alert_leads_to_its_panel() {
    for file in alerts::FILES {
        let rules = read(&format!("monitoring/rules/{file}"));
        assert_eq!(rules, alerts::with_addresses(&rules), "write it again: cargo run -p dashboards");
    }
    let dashboards = all();
    let panels = dashboards.iter().flat_map(Dashboard::panels);
    let named = panels.flat_map(|(_, panel)| panel.alerts.iter().map(|alert| (*alert).to_owned())).collect();
    same("panels", &alert_names(), &named);
}

#[test]
fn every_alert_has_what_an_alert_needs() {
    let rules = rules();
    for alert in rules.split("- alert: ").skip(1) {
        let (name, rest) = alert.split_once('\n').unwrap();
        for needed in ["for: ", "severity: ", "summary: ", "dashboard_url: /d/"] {
            assert!(rest.contains(needed), "{name} has no {needed}");
        }
        let runbook = format!("runbook_url: docs/runbooks.md#{}\n", name.to_lowercase());
        assert!(rest.contains(&runbook), "{name} has no {runbook}");
    }
}

#[test]
fn every_alert_has_a_runbook() {
    let runbooks = read("docs/runbooks.md");
    let headed = runbooks.lines().filter_map(|line| line.strip_prefix("### ")).map(str::to_owned).collect();
    same("docs/runbooks.md", &alert_names(), &headed);
    for section in runbooks.split("\n### ").skip(1) {
        let name = section.lines().next().unwrap();
        for part in ["**Meaning.** ", "**Look.** ", "**Do.** "] {
            assert!(section.contains(part), "{name} does not say: {part}");
        }
    }
}

#[test]
fn every_alert_is_tested_both_ways() {
    let tests = texts_in("monitoring/tests");
    for verb in ["fires", "is silent"] {
        let tested = tests.lines().filter_map(|line| {
            let case = line.trim_start().strip_prefix("- name: '")?;
            Some(case.split_once(&format!(" {verb}: "))?.0.to_owned())
        });
        same(&format!("monitoring/tests, {verb}"), &alert_names(), &tested.collect());
    }
}

#[test]
fn panels_are_placed_beside_each_other() {
    for dashboard in all() {
        let titles: Vec<&str> = dashboard.rows.iter().map(|row| row.title).collect();
        assert_eq!(titles.iter().collect::<BTreeSet<_>>().len(), titles.len(), "{titles:?}");
        let ids: Vec<usize> = dashboard.panels().iter().map(|(place, _)| place.id).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{}", dashboard.title);
    }
}

/// The rows and panels that whoever comes from the original pipeline looks for.
#[test]
fn the_pipeline_has_the_panels_of_the_original() {
    let pipeline = all().remove(0);
    assert_eq!(pipeline.uid, "streaming-pipeline");
    let rows: Vec<(&str, Vec<&str>)> = pipeline
        .rows
        .iter()
        .map(|row| (row.title, row.panels.iter().map(|panel| panel.title).collect()))
        .collect();
    let original: [(&str, &[&str]); 9] = [
        (
            "Pipeline Health",
            &[
                "Kafka Consumer Lag",
                "Live Latency p99",
                "VOD Latency p95",
                "Checksum Failures/s",
                "Active Live Streams",
                "Services Healthy",
            ],
        ),
        ("Kafka", &["Messages per Second per Topic", "Consumer Group Lag"]),
        ("Producer", &["Messages/sec by Stream Type", "Throughput (bytes/sec)"]),
        ("Live Stream", &["Chunk Gaps Detected (Total)", "Chunk Processing Latency", "Processing Rate"]),
        ("VOD Stream", &["Processing Latency", "Processing Rate & Variants Generated"]),
        ("Data Quality", &["Checksum Failures (Total)", "Checksum Failure Rate"]),
        ("MongoDB", &["Operations per Second", "Current Connections"]),
        ("API", &["Request Rate", "p95 Response Time"]),
        ("MinIO", &["Storage Used per Bucket", "Object Count per Bucket"]),
    ];
    let original: Vec<(&str, Vec<&str>)> =
        original.iter().map(|(row, panels)| (*row, panels.to_vec())).collect();
    assert_eq!(rows, original);
}
