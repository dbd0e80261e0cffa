//! Lists and documents of live streams.

use super::stage::Stage;
use domain::{
    StreamId, Timestamp,
    document::{Outbox, Unknown},
    live::{Listing, LiveSegmentRecord},
};
use serde_json::json;

#[tokio::test]
async fn streams_are_listed_page_by_page_and_by_status() {
    let stage = Stage::open();
    let api = stage.api().await;
    let mut started = Vec::new();
    for _ in 0..3 {
        started.push(api.start().await);
    }
    let (_, first) = api.json("/streams?limit=2").await;
    let (_, rest) = api.json(&format!("/streams?limit=2&cursor={}", first["next"].as_str().unwrap())).await;
    let pages = [&first, &rest].map(|page| page["streams"].as_array().unwrap().clone()).concat();
    let mut ids: Vec<&str> = pages.iter().map(|stream| stream["stream_id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    started.sort();
    assert_eq!((ids, &rest["next"]), (started.iter().map(StreamId::as_str).collect(), &json!(null)));

    api.post("/streams/end", &json!({"stream_id": started[0]})).await;
    let (_, ending) = api.json("/streams?status=ending").await;
    assert_eq!(ending["streams"][0]["stream_id"], started[0].as_str());
    assert_eq!(ending["streams"].as_array().map(Vec::len), Some(1));
    for wrong in ["status=over", "limit=0", "limit=201", "cursor=x", "shoe=43"] {
        let (status, problem) = api.json(&format!("/streams?{wrong}")).await;
        assert_eq!((status, &problem["code"]), (422, &json!("invalid_field")), "{wrong}");
    }
}

#[tokio::test]
async fn documents_show_what_is_known_and_nothing_inner() {
    let stage = Stage::open();
    let api = stage.api().await;
    let stream = api.start().await;
    let (status, document) = api.json(&format!("/streams/{stream}/metadata")).await;
    assert_eq!((status, &document["home_team"]), (200, &json!("Al-Hilal")));
    assert_eq!((&document["dvr_window_start"], &document["target_duration"]), (&json!(0), &json!(1)));
    assert!(document.get("outbox").is_none() && document["timeline"].get("window").is_none(), "{document}");
    for path in ["metadata", "live", "segments", "segments/1"] {
        let (status, problem) = api.json(&format!("/streams/live-0123456789/{path}")).await;
        assert_eq!((status, &problem["code"]), (404, &json!("not_found")), "{path}");
    }
}

#[tokio::test]
async fn segments_are_listed_by_number() {
    let stage = Stage::open();
    let api = stage.api().await;
    let stream = api.start().await;
    for number in [2, 10, 1] {
        stage
            .insert(&LiveSegmentRecord {
                segment_id: LiveSegmentRecord::id_of(&stream, number),
                stream_id: stream.clone(),
                chunk_index: number,
                sequence_number: number,
                status: Listing::Listed,
                duration_us: 1_000_000,
                duration_ms: 1_000,
                starts_at_us: 0,
                discontinuity: false,
                size_bytes: 5,
                checksum: "aa".to_owned(),
                resolution: "1280x720".to_owned(),
                keyframe_aligned: true,
                audio_track_id: None,
                raw_path: format!("/live-streams/{stream}/chunks/{number}.ts"),
                created_at: Timestamp::from_millis(0),
                processing_latency_ms: None,
                outbox: Outbox::default(),
                unknown: Unknown::new(),
            })
            .await;
    }
    let (status, listed) = api.json(&format!("/streams/{stream}/segments?limit=2")).await;
    assert_eq!(status, 200, "{listed}");
    let numbers: Vec<_> =
        listed["segments"].as_array().unwrap().iter().map(|it| &it["chunk_index"]).collect();
    assert_eq!(numbers, [&json!(1), &json!(2)]);
    let (_, one) = api.json(&format!("/streams/{stream}/segments/10")).await;
    assert_eq!((&one["status"], &one["size_bytes"]), (&json!("listed"), &json!(5)));
    assert_eq!(api.json(&format!("/streams/{stream}/segments/3")).await.0, 404);
}
