//! Streams that go on: each read of the playlist finds it one step further.

use super::{origin::Origin, report, rules};
use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tempfile::TempDir;

/// What the playlist says when it is read for the nth time.
type Script = fn(u64) -> Response;

/// A window of eight segments of 1 s from this number on.
fn window(first: u64, ended: bool) -> String {
    let date = |n: u64| format!("#EXT-X-PROGRAM-DATE-TIME:2026-01-31T12:00:{n:02}.000Z\n");
    let list: String =
        (first..first + 8).map(|n| format!("{}#EXTINF:1.000000,\n{n}.ts\n", date(n))).collect();
    let end = if ended { "#EXT-X-ENDLIST\n" } else { "" };
    format!(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:{first}\n\
         #EXT-X-DISCONTINUITY-SEQUENCE:0\n#EXT-X-INDEPENDENT-SEGMENTS\n{list}{end}"
    )
}

fn listed(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/vnd.apple.mpegurl")], text).into_response()
}

/// Serves a stream; segments under this number are gone.
async fn origin(script: Script, gone: u64) -> Origin {
    let reads = Arc::new(AtomicU64::new(0));
    let playlist = move || async move { script(reads.fetch_add(1, Ordering::SeqCst)) };
    let segment = move |Path(name): Path<String>| async move {
        let number: u64 = name.trim_end_matches(".ts").parse().unwrap_or(0);
        if number < gone { StatusCode::NOT_FOUND.into_response() } else { "x".into_response() }
    };
    Origin::start(Router::new().route("/live.m3u8", get(playlist)).route("/{segment}", get(segment))).await
}

#[tokio::test]
async fn a_stream_that_keeps_the_rules_passes() {
    let origin = origin(|read| listed(window(read, read == 6)), 0).await;
    let (code, report) = report(&["--live", &origin.url("/live.m3u8")]).await;
    assert_eq!((code, rules(&report)), (0, vec![]), "{report:#}");
    let followed = &report["playlists"][0]["followed"];
    assert_eq!(
        (followed["reads"].as_u64(), followed["segments"].as_u64()),
        (Some(6), Some(13)),
        "{report:#}"
    );
    assert_eq!(report["playlists"][0]["kind"], "ended");
}

#[tokio::test]
async fn a_replay_is_found_and_can_be_judged_again_from_its_record() {
    // The fourth read finds what the second found, as a replica that is behind would answer.
    let origin = origin(|read| listed(window(if read == 4 { 2 } else { read }, read == 6)), 0).await;
    let record = TempDir::new().expect("a folder");
    let folder = record.path().to_str().expect("plain");
    let (code, live) = report(&["--live", "--record", folder, &origin.url("/live.m3u8")]).await;
    assert_eq!((code, rules(&live)), (1, vec!["media-sequence-lowered", "tail-removed"]), "{live:#}");
    let kept = std::fs::read_dir(folder).expect("recorded").next().expect("one playlist").expect("readable");
    let (code, again) = report(&["--history", kept.path().to_str().expect("plain")]).await;
    assert_eq!((code, rules(&again)), (1, rules(&live)), "{again:#}");
}

#[tokio::test]
async fn an_outage_is_one_finding() {
    let script: Script = |read| match read {
        2 | 3 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        _ => listed(window(read, read == 6)),
    };
    let origin = origin(script, 0).await;
    let (code, report) = report(&["--live", &origin.url("/live.m3u8")]).await;
    assert_eq!((code, rules(&report)), (1, vec!["playlist-unavailable"]), "{report:#}");
    let measured = report["findings"][0]["measured"].as_str().expect("text");
    assert!(measured.contains("503 Service Unavailable, for "), "{measured}");
}

#[tokio::test]
async fn segments_that_are_not_there_are_found() {
    let origin = origin(|read| listed(window(read, read == 4)), 9).await;
    let (code, report) = report(&["--live", "--segments", "1", &origin.url("/live.m3u8")]).await;
    assert_eq!(code, 1, "{report:#}");
    let missing = "\"8.ts\": 404 Not Found";
    let found: Vec<_> =
        report["findings"].as_array().expect("a list").iter().map(|it| &it["measured"]).collect();
    assert!(found.iter().any(|measured| *measured == missing), "{report:#}");
    assert!(rules(&report).iter().all(|rule| *rule == "segment-unavailable"), "{report:#}");
}

#[tokio::test]
async fn a_stream_without_an_end_is_followed_for_a_time() {
    let origin = origin(|_| listed(window(0, false)), 0).await;
    let (code, report) = report(&["--live=2s", &origin.url("/live.m3u8")]).await;
    assert_eq!((code, rules(&report)), (1, vec!["update-late"]), "{report:#}");
    assert_eq!(report["findings"][0]["allowed"], "1.500 s");
}
