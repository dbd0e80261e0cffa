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
    window_of(first, 8, 1_000, ended)
}

/// A window of segments of so many milliseconds.
fn window_of(first: u64, count: u64, millis: u64, ended: bool) -> String {
    let date = |n: u64| {
        let at = n * millis;
        format!("#EXT-X-PROGRAM-DATE-TIME:2026-01-31T12:00:{:02}.{:03}Z\n", at / 1_000, at % 1_000)
    };
    let seconds = millis as f64 / 1e3;
    let segment = |n: u64| format!("{}#EXTINF:{seconds:.6},\n{n}.ts\n", date(n));
    let list: String = (first..first + count).map(segment).collect();
    let end = if ended { "#EXT-X-ENDLIST\n" } else { "" };
    format!(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:{first}\n\
         #EXT-X-DISCONTINUITY-SEQUENCE:0\n#EXT-X-INDEPENDENT-SEGMENTS\n{list}{end}"
    )
}

fn listed(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/vnd.apple.mpegurl")], text).into_response()
}

/// Serves a stream; segments under the number that `gone` makes of the reads so far are not there.
async fn origin(script: Script, gone: fn(u64) -> u64) -> Origin {
    let reads = Arc::new(AtomicU64::new(0));
    let so_far = Arc::clone(&reads);
    let playlist = move || async move { script(reads.fetch_add(1, Ordering::SeqCst)) };
    let segment = move |Path(name): Path<String>| async move {
        let number: u64 = name.trim_end_matches(".ts").parse().unwrap_or(0);
        if number < gone(so_far.load(Ordering::SeqCst)) {
            StatusCode::NOT_FOUND.into_response()
        } else {
            "x".into_response()
        }
    };
    Origin::start(Router::new().route("/live.m3u8", get(playlist)).route("/{segment}", get(segment))).await
}

#[tokio::test]
async fn a_stream_that_keeps_the_rules_passes() {
    let origin = origin(|read| listed(window(read, read == 6)), |_| 0).await;
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
    let origin = origin(|read| listed(window(if read == 4 { 2 } else { read }, read == 6)), |_| 0).await;
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
    let origin = origin(script, |_| 0).await;
    let (code, report) = report(&["--live", &origin.url("/live.m3u8")]).await;
    assert_eq!((code, rules(&report)), (1, vec!["playlist-unavailable"]), "{report:#}");
    let measured = report["findings"][0]["measured"].as_str().expect("text");
    assert!(measured.contains("503 Service Unavailable, for "), "{measured}");
}

#[tokio::test]
async fn segments_that_are_not_there_are_found() {
    let origin = origin(|read| listed(window(read, read == 4)), |_| 11).await;
    let (code, report) = report(&["--live", "--segments", "1", &origin.url("/live.m3u8")]).await;
    assert_eq!(code, 1, "{report:#}");
    let missing = "\"10.ts\": 404 Not Found";
    let found: Vec<_> =
        report["findings"].as_array().expect("a list").iter().map(|it| &it["measured"]).collect();
    assert!(found.iter().any(|measured| *measured == missing), "{report:#}");
    assert!(rules(&report).iter().all(|rule| *rule == "segment-unavailable"), "{report:#}");
}

#[tokio::test]
async fn a_stream_without_an_end_is_followed_for_a_time() {
    let origin = origin(|_| listed(window(0, false)), |_| 0).await;
    let (code, report) = report(&["--live=2s", &origin.url("/live.m3u8")]).await;
    assert_eq!((code, rules(&report)), (1, vec!["update-late"]), "{report:#}");
    assert_eq!(report["findings"][0]["allowed"], "1.500 s");
}

#[tokio::test]
async fn a_segment_that_leaves_its_server_with_its_playlist_is_found() {
    let script: Script = |read| listed(window_of(2 * read, 12, 250, read == 10));
    let kept = origin(script, |_| 0).await;
    let (code, report) = super::report(&["--live", &kept.url("/live.m3u8")]).await;
    assert_eq!((code, rules(&report)), (0, vec![]), "{report:#}");
    let hasty = origin(script, |reads| 2 * reads.saturating_sub(1)).await;
    let (code, report) = super::report(&["--live", &hasty.url("/live.m3u8")]).await;
    assert_eq!(code, 1);
    assert!(rules(&report).contains(&"removed-too-soon"), "{report:#}");
    assert!(rules(&report).iter().all(|rule| *rule == "removed-too-soon"), "{report:#}");
    assert_eq!(report["findings"][0]["allowed"], "there for 3.2 s after its removal");
}
