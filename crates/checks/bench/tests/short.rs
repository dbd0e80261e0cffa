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

const LIVE: [&str; 5] = ["live", "--loads", "10/2", "--seconds", "2"];
/// Half a minute of two streams, then of one that ends.
const LONG: [&str; 9] =
    ["live", "--hour", "--hour-streams", "2", "--hour-segments", "60", "--ending", "--ending-segments", "60"];

fn seen(figures: &Value) {
    measured(figures, &["/sides/0/loads/0/latency/p50_ms"]);
    let load = &figures["sides"][0]["loads"][0];
    assert_eq!((&load["published"], &load["latency"]["count"]), (&20.into(), &20.into()), "{figures:#}");
}

#[test]
fn live_on_embedded_adapters() {
    seen(&run(&on(&LIVE, "embedded")));
}

#[test]
fn live_on_servers() {
    if let Some(figures) = run_on_servers(&on(&LIVE, "servers")) {
        seen(&figures);
        measured(&figures, &["/sides/0/loads/0/resident_mib"]);
    }
}

fn whole(figures: &Value) {
    measured(figures, &["/sides/0/hour/resident_mib/9", "/sides/0/ending/served_s"]);
    let ending = &figures["sides"][0]["ending"];
    for figure in ["segments", "listed", "answered"] {
        assert_eq!(ending[figure], 60, "{figures:#}");
    }
    assert_eq!(ending["pictures"], ending["pictures_sent"], "{figures:#}");
}

#[test]
fn long_streams_in_standalone() {
    whole(&run(&on(&LONG, "embedded")));
}

#[test]
fn long_streams_on_servers() {
    if let Some(figures) = run_on_servers(&on(&LONG, "servers")) {
        whole(&figures);
    }
}

const READS: [&str; 9] = ["reads", "--connections", "4", "--seconds", "1", "--many", "30", "--runs", "1"];

/// Whether there is what these benches need: a load generator, and a core for it.
fn can_be_read() -> bool {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let wrk = std::env::split_paths(&path).any(|folder| folder.join("wrk").is_file());
    if !wrk || cores < 2 {
        conformance::skip("bench reads", "it needs wrk and two cores");
    }
    wrk && cores >= 2
}

fn read(figures: &Value) {
    measured(figures, &["/sides/0/playlists/0/per_second/median", "/sides/0/views/1/p99_ms/median"]);
    for place in ["/sides/0/playlists/0/errors", "/sides/0/views/1/errors"] {
        assert_eq!(figures.pointer(place), Some(&0.into()), "{figures:#}");
    }
}

#[test]
fn reads_of_standalone() {
    if can_be_read() {
        read(&run(&on(&READS, "embedded")));
    }
}

#[test]
fn reads_of_the_fleets_api() {
    if can_be_read()
        && let Some(figures) = run_on_servers(&on(&READS, "servers"))
    {
        read(&figures);
    }
}
