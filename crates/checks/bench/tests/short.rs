//! Every bench in a short form: that it runs, and fills in its figures. What they are is not judged here.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

use serde_json::Value;
use std::process::Command;

/// Runs a bench; its figures.
fn run(arguments: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("figures.json");
    let mut bench = Command::new(env!("CARGO_BIN_EXE_bench"));
    let output = bench.args(arguments).arg("--json").arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    // What a bench makes on servers it removes, or says so.
    assert!(!said.contains("still there"), "{said}");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// The same on servers; nothing without them.
fn run_on_servers(arguments: &[&str]) -> Option<Value> {
    let what = format!("bench {}", arguments[0]);
    for setting in ["KAFKA_BROKER", "MONGO_URI", "MINIO_ENDPOINT"] {
        conformance::server(&what, setting)?;
    }
    Some(run(arguments))
}

/// The numbers at these places, all above 0.
fn measured(figures: &Value, places: &[&str]) {
    for place in places {
        let value = figures.pointer(place).and_then(Value::as_f64);
        assert!(value.is_some_and(|value| value > 0.0), "{place} is {value:?}: {figures:#}");
    }
}

const COORDINATION: [&str; 7] = ["coordination", "--workers", "2,1", "--jobs", "8", "--wait-ms", "40"];
const UPLOADS: [&str; 7] = ["uploads", "--clients", "4", "--seconds", "1", "--runs", "1"];
const LATENCY: [&str; 5] = ["latency", "--samples", "5", "--queued", "5"];

fn on<'a>(arguments: &[&'a str], on: &'a str) -> Vec<&'a str> {
    arguments.iter().copied().chain(["--on", on]).collect()
}

fn coordinated(figures: &Value) {
    assert_eq!(figures["side"]["rows"][1]["workers"], 2);
    measured(figures, &["/side/rows/0/wall/median", "/side/rows/1/speedup"]);
}

#[test]
fn coordination_on_embedded_adapters() {
    coordinated(&run(&on(&COORDINATION, "embedded")));
}

#[test]
fn coordination_on_servers() {
    if let Some(figures) = run_on_servers(&on(&COORDINATION, "servers")) {
        coordinated(&figures);
    }
}

fn uploaded(figures: &Value) {
    measured(figures, &["/sides/0/per_second/median", "/sides/0/p99_ms/median"]);
    assert_eq!(figures["sides"][0]["errors"], 0, "{figures:#}");
}

#[test]
fn uploads_to_standalone() {
    uploaded(&run(&on(&UPLOADS, "embedded")));
}

#[test]
fn uploads_to_the_fleets_api() {
    if let Some(figures) = run_on_servers(&on(&UPLOADS, "servers")) {
        uploaded(&figures);
    }
}

fn claimed(figures: &Value) {
    let places = ["/sides/0/idle/p50_ms", "/sides/0/queued/p99_ms", "/sides/0/between/max_ms"];
    measured(figures, &places);
    assert_eq!(figures["sides"][0]["queued"]["count"], 5);
}

#[test]
fn latency_on_embedded_adapters() {
    claimed(&run(&on(&LATENCY, "embedded")));
}

#[test]
fn latency_on_servers() {
    if let Some(figures) = run_on_servers(&on(&LATENCY, "servers")) {
        claimed(&figures);
    }
}

#[test]
fn the_fleet() {
    let arguments = ["fleet", "--clients", "2", "--seconds", "1", "--runs", "1"];
    if let Some(figures) = run_on_servers(&arguments) {
        measured(&figures, &["/first_event_s/median", "/rest_mib/median", "/load_peak_mib/median"]);
    }
}

#[test]
fn two_workers() {
    let arguments = ["workers", "--seconds", "5", "--size", "128x72", "--runs", "1"];
    if let Some(figures) = run_on_servers(&arguments) {
        measured(&figures, &["/one/wall_s/median", "/two/cpu_s/median", "/wall_ratio"]);
    }
}
