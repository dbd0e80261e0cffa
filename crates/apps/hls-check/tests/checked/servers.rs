//! What servers do: compress, redirect, refuse, say nothing, say too much.

use super::{MASTER, origin::Origin, report, rules, run, vod};
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, StatusCode, header},
    response::Redirect,
    routing::get,
};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tower_http::compression::CompressionLayer;

const HLS: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/vnd.apple.mpegurl")];

#[tokio::test]
async fn compressed_and_redirected_playlists_are_read() {
    let routes = Router::new()
        .route("/start", get(|| async { Redirect::temporary("/deep/master.m3u8") }))
        .route("/deep/master.m3u8", get(|| async { (HLS, MASTER) }))
        .route("/deep/{list}", get(|| async { (HLS, vod(40)) }))
        .route("/deep/0.ts", get(|| async { "x" }))
        .layer(CompressionLayer::new());
    let segment = |n: usize| (format!("/deep/{n}.ts"), get(|| async { "x" }));
    let routes = (1..40).map(segment).fold(routes, |routes, (path, serve)| routes.route(&path, serve));
    let origin = Origin::start(routes).await;
    let (code, report) = report(&[&origin.url("/start")]).await;
    assert_eq!((code, rules(&report)), (0, vec![]), "{report:#}");
    assert!(report["notes"].to_string().contains("asked for 20 of 40 segments of a.m3u8"), "{report:#}");
}

#[tokio::test]
async fn refusals_are_named() {
    let routes = Router::new()
        .route("/list", get(|| async { ([(header::CONTENT_TYPE, "text/html")], vod(2)) }))
        .route("/0.ts", get(|| async { (StatusCode::FORBIDDEN, "no") }));
    let origin = Origin::start(routes).await;
    let (code, report) = report(&[&origin.url("/list")]).await;
    assert_eq!(code, 1);
    assert_eq!(rules(&report), ["playlist-unidentified", "segment-unavailable", "segment-unavailable"]);
    assert_eq!(report["findings"][1]["measured"], "\"0.ts\": 403 Forbidden");
    assert_eq!(report["findings"][2]["measured"], "\"1.ts\": 404 Not Found");
}

#[tokio::test]
async fn what_cannot_be_read_is_said() {
    let routes = Router::new()
        .route("/silent", get(std::future::pending::<()>))
        .route("/circle", get(|| async { Redirect::temporary("/circle") }))
        .route("/endless", get(|| async { Body::from(vec![b'#'; 33 << 20]) }));
    let origin = Origin::start(routes).await;
    for (path, why) in [
        ("/silent", "no answer within 1 s"),
        ("/circle", "redirected in a circle"),
        ("/endless", "more than 33554432 bytes"),
        ("/nothing", "404 Not Found"),
    ] {
        let output = run(&["--timeout", "1", &origin.url(path)]).await;
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{path}");
        assert!(said.contains(why), "{path}: {said}");
    }
}

#[tokio::test]
async fn files_of_this_machine_are_not_read_for_a_server() {
    let list = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nfile:///etc/hostname\n";
    let origin = Origin::start(Router::new().route("/m.m3u8", get(move || async move { (HLS, list) }))).await;
    let (code, report) = report(&[&origin.url("/m.m3u8")]).await;
    assert_eq!(code, 1);
    assert!(rules(&report).contains(&"playlist-unavailable"), "{report:#}");
    assert!(report.to_string().contains("a file of the reader's machine"), "{report:#}");
}

#[tokio::test]
async fn segments_are_asked_for_by_one_byte_and_not_while_encoding() {
    let asked = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&asked);
    let segment = move |headers: HeaderMap| async move {
        assert_eq!(
            headers.get(header::RANGE).map(axum::http::HeaderValue::as_bytes),
            Some(&b"bytes=0-0"[..])
        );
        seen.fetch_add(1, Ordering::SeqCst);
        "x"
    };
    let routes = Router::new().route("/v.m3u8", get(|| async { (HLS, vod(1)) })).route("/0.ts", get(segment));
    let origin = Origin::start(routes).await;
    let (code, _) = report(&["--while-encoding", &origin.url("/v.m3u8")]).await;
    assert_eq!((code, asked.load(Ordering::SeqCst)), (0, 0));
    let (code, _) = report(&[&origin.url("/v.m3u8")]).await;
    assert_eq!((code, asked.load(Ordering::SeqCst)), (0, 1));
}
