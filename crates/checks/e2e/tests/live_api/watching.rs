//! Playlists from memory, and the segments behind them.

use super::stage::{Running, Stage, window};
use domain::{StreamId, object::ObjectKey};
use e2e::until;
use ports::{Body, Condition, ObjectStore};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(10);

/// Waits until a playlist lists a segment.
async fn lists(api: &Running, address: &str, number: u32) -> String {
    let name = format!("\n{number}.ts\n");
    let listed = async || {
        let text = api.get(address).await.text().await?;
        Ok(text.contains(&name).then_some(text))
    };
    until("the playlist lists the segment", SOON, listed).await.unwrap()
}

/// A window whose third segment is a gap, published.
async fn published(stage: &Stage, stream: &StreamId) {
    let mut playlist = window(0..8);
    playlist.segments[2].gap = true;
    stage.publish(stream, (1, 8), &playlist).await;
}

#[tokio::test]
async fn only_newer_playlists_are_shown() {
    let stage = Stage::open();
    let api = stage.api().await;
    let stream = api.start().await;
    let (address, _) = api.playlist(&stream).await;
    stage.publish(&stream, (1, 2), &window(1..9)).await;
    let second = lists(&api, &address, 8).await;
    // An owner of before, and an older version: neither shows. The one after them does.
    stage.publish(&stream, (0, 9), &window(0..20)).await;
    stage.publish(&stream, (1, 1), &window(0..8)).await;
    assert_eq!(api.get(&address).await.text().await.unwrap(), second);
    stage.publish(&stream, (2, 1), &window(2..10)).await;
    let third = lists(&api, &address, 9).await;
    assert!(third.contains("#EXT-X-MEDIA-SEQUENCE:2\n"), "{third}");
    let late = stage.api().await;
    let (elsewhere, _) = late.playlist(&stream).await;
    assert_eq!(lists(&late, &elsewhere, 9).await, third, "whoever starts later reads it from the log");
    let (_, view) = api.json(&format!("/streams/{stream}/live")).await;
    assert_eq!((&view["status"], &view["dvr_window_start"]), (&"live".into(), &2.into()));
}

#[tokio::test]
async fn a_playlist_is_short_lived_and_not_sent_twice() {
    let stage = Stage::open();
    let api = stage.api().await;
    let stream = api.start().await;
    published(&stage, &stream).await;
    let (address, _) = api.playlist(&stream).await;
    let text = lists(&api, &address, 7).await;
    assert_eq!(hls::check_media(&text), [], "{text}");
    let answer = api.get_with(&address, &[("accept-encoding", "gzip")]).await;
    let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header("cache-control").as_deref(), Some("max-age=1"));
    assert_eq!(header("content-type").as_deref(), Some("application/vnd.apple.mpegurl"));
    assert_eq!(header("content-encoding").as_deref(), Some("gzip"));
    let etag = header("etag").unwrap();
    assert!(answer.bytes().await.unwrap().len() < text.len());
    let again = api.get_with(&address, &[("if-none-match", &etag)]).await;
    assert_eq!((again.status().as_u16(), again.bytes().await.unwrap().len()), (304, 0));
    stage.publish(&stream, (1, 9), &window(1..9)).await;
    lists(&api, &address, 8).await;
    assert_eq!(api.get_with(&address, &[("if-none-match", &etag)]).await.status(), 200);
}

#[tokio::test]
async fn segments_lead_to_the_store_and_gaps_to_filler() {
    let stage = Stage::open();
    let api = stage.api().await;
    let stream = api.start().await;
    published(&stage, &stream).await;
    stage
        .change(&stream, |stream| {
            stream.timeline.next = Some(8);
            stream.timeline.gaps.insert(2);
        })
        .await;
    let key = ObjectKey::LiveSegment { stream: stream.clone(), number: 7 };
    stage.objects.put(&key, Body::from_bytes(&b"media"[..]), Condition::Always).await.unwrap();
    let (address, _) = api.playlist(&stream).await;
    lists(&api, &address, 7).await;
    let segment = |name: &str| address.replace("index.m3u8", name);
    let listed = api.get(&segment("7.ts")).await;
    assert_eq!(listed.status(), 302);
    let stored = api.get(listed.headers()["location"].to_str().unwrap()).await;
    assert_eq!(stored.headers()["content-type"], "video/mp2t");
    assert_eq!(stored.bytes().await.unwrap(), "media");
    let gap = api.get(&segment("2.ts")).await;
    assert_eq!((gap.status().as_u16(), gap.headers()["content-type"].as_bytes()), (200, &b"video/mp2t"[..]));
    assert_eq!(gap.bytes().await.unwrap()[0], 0x47, "MPEG-TS");
    for unknown in ["8.ts", "07.ts", "x.ts", "init.mp4"] {
        assert_eq!(api.get(&segment(unknown)).await.status(), 404, "{unknown}");
    }
}

#[tokio::test]
async fn an_address_without_a_good_token_is_refused() {
    let stage = Stage::open();
    let api = stage.api().await;
    let stream = api.start().await;
    published(&stage, &stream).await;
    let (address, _) = api.playlist(&stream).await;
    let other = api.start().await;
    assert_eq!(api.get(&address.replace(stream.as_str(), other.as_str())).await.status(), 403);
    assert_eq!(api.get(&address.replacen("/play/p", "/play/p1", 1)).await.status(), 403);
    let (_, view) = api.json(&format!("/streams/{stream}/live")).await;
    let link = view["manifest_url"].as_str().unwrap();
    assert_eq!(api.get(&link.replace("live.m3u8", "live/index.m3u8")).await.status(), 403);
}
