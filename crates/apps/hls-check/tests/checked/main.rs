//! The command as people run it: on folders, on servers, on streams that go on, on histories.

mod broken;
mod files;
mod live;
mod media;
mod origin;
mod servers;

use serde_json::Value;
use std::process::{Command, Output};

/// Runs the command.
async fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hls-check"));
    command.args(arguments);
    tokio::task::spawn_blocking(move || command.output().expect("runs")).await.expect("does not panic")
}

/// Runs the command with `--json`. Returns its exit code and its report.
async fn report(arguments: &[&str]) -> (i32, Value) {
    let output = run(&[arguments, &["--json"]].concat()).await;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let report = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out} {err}"));
    (output.status.code().expect("no signal"), report)
}

/// The rules that a report names, in its order.
fn rules(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().expect("a list");
    findings.iter().filter_map(|finding| finding["rule"].as_str()).collect()
}

/// A VOD playlist of segments of 4 s.
fn vod(segments: usize) -> String {
    let head = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:VOD\n\
                #EXT-X-INDEPENDENT-SEGMENTS\n";
    let list: String = (0..segments).map(|n| format!("#EXTINF:4.000000,\n{n}.ts\n")).collect();
    format!("{head}{list}#EXT-X-ENDLIST\n")
}

/// A master playlist of two variants, `a.m3u8` and `b.m3u8`.
const MASTER: &str = "\
#EXTM3U
#EXT-X-VERSION:1
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=2400000,AVERAGE-BANDWIDTH=2000000,CODECS=\"avc1.64001f,mp4a.40.2\",\
RESOLUTION=1280x720,FRAME-RATE=30.000
a.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=900000,AVERAGE-BANDWIDTH=700000,CODECS=\"avc1.64001f,mp4a.40.2\",\
RESOLUTION=640x360,FRAME-RATE=30.000
b.m3u8
";
