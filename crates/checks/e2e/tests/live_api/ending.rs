//! `POST /streams/end`, and the recording.

use super::stage::{Stage, window};
use domain::{
    StreamId,
    event::{Envelope, Event, Topic},
    live::{NewStream, Stream},
    object::ObjectKey,
    video::{MeasuredRate, Recording, Video},
};
use ports::{Body, Condition, EventLog, ObjectStore, StartAt};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_stream_ends_once_through_its_own_partition() {
    let stage = Stage::open();
    let api = stage.api().await;
    let stream = api.start().await;
    let (status, first) = api.post("/streams/end", &json!({"stream_id": stream})).await;
    assert_eq!((status, &first["status"], first["ended_at"].is_string()), (200, &json!("vod"), true));
    let (status, again) = api.post("/streams/end", &json!({"stream_id": stream})).await;
    assert_eq!((status, again), (200, first));
    let (_, view) = api.json(&format!("/streams/{stream}/live")).await;
    assert_eq!(view["status"], "ending");

    let mut follower = stage.log.follow(Topic::LiveChunks, StartAt::Beginning).await.unwrap();
    let told = tokio::time::timeout(Duration::from_secs(10), follower.next()).await.unwrap().unwrap();
    assert_eq!(told.record.key, stream.as_str());
    let event: Envelope = serde_json::from_slice(&told.record.payload.unwrap()).unwrap();
    assert_eq!(event.event, Event::LiveEnded { stream_id: stream });
    let more = tokio::time::timeout(Duration::from_millis(300), follower.next()).await;
    assert!(more.is_err(), "it was said twice: {more:?}");
}

#[tokio::test]
async fn what_is_no_stream_cannot_end() {
    let stage = Stage::open();
    let api = stage.api().await;
    for id in ["live-0123456789", "vod-0123456789ab", "../x"] {
        let (status, problem) = api.post("/streams/end", &json!({"stream_id": id})).await;
        assert_eq!((status, &problem["code"]), (404, &json!("not_found")), "{id}");
    }
    assert_eq!(api.post("/streams/end", &json!({})).await.0, 422);
}

/// What the live-processor does at the end of a stream of three segments, the second of which never came.
async fn record(stage: &Stage, id: &StreamId) {
    let mut playlist = window(0..3);
    playlist.segments[1].gap = true;
    playlist.kind = hls::Kind::Vod;
    let key = ObjectKey::Recording { stream: id.clone() };
    stage.objects.put(&key, Body::from_bytes(playlist.to_m3u8()), Condition::Always).await.unwrap();
    let recording = Recording {
        segments: 3,
        gaps: 1,
        duration_us: 3_000_000,
        codecs: Some("avc1.64001f,mp4a.40.2".to_owned()),
        frame_rate: Some(25.0),
    };
    let mut rate = MeasuredRate::default();
    rate.add(250_000, 1_000_000);
    let new = NewStream {
        stream_id: id.clone(),
        match_id: None,
        home_team: "Al-Hilal".to_owned(),
        away_team: "Al-Nassr".to_owned(),
        competition: String::new(),
        target_duration: Some(1),
    };
    let mut stream = Stream::started(new, stage.now());
    stream.format.resolution = "1280x720".to_owned();
    stage.insert(&Video::recorded(&stream, recording, rate, stage.now())).await;
    stage
        .change(id, |stream| {
            stream.timeline.next = Some(3);
            stream.timeline.gaps.insert(1);
        })
        .await;
}

#[tokio::test]
async fn the_recording_is_a_video_of_the_same_id() {
    let stage = Stage::open();
    let api = stage.api().await;
    let stream = api.start().await;
    let manifest = format!("/vod/{stream}/manifest");
    let (status, early) = api.json(&manifest).await;
    assert_eq!((status, &early["code"]), (404, &json!("not_playable_yet")), "{early}");
    let (_, content) = api.json(&format!("/content/{stream}")).await;
    assert_eq!((&content["stream_type"], &content["title"]), (&json!("live"), &json!("Al-Hilal - Al-Nassr")));

    record(&stage, &stream).await;
    let (status, answer) = api.json(&manifest).await;
    assert_eq!(status, 200, "{answer}");
    let (address, master) = api.follow(answer["manifest_url"].as_str().unwrap()).await;
    assert_eq!(hls::check_master(&master), [], "{master}");
    let answer = api.get(&address).await;
    assert!(answer.headers()["cache-control"].to_str().unwrap().starts_with("private, max-age="));
    let media = answer.text().await.unwrap();
    assert_eq!(hls::check_media(&media), [], "{media}");
    assert!(media.ends_with("2.ts\n#EXT-X-ENDLIST\n"), "{media}");
    assert_eq!(api.get(&address.replace("index.m3u8", "2.ts")).await.status(), 302);
    assert_eq!(api.get(&address.replace("index.m3u8", "1.ts")).await.status(), 200, "filler");
    let (_, content) = api.json(&format!("/content/{stream}")).await;
    assert_eq!((&content["stream_type"], &content["status"]), (&json!("vod"), &json!("ready")));

    // It was read once, for all viewers.
    stage.objects.remove(&ObjectKey::Recording { stream: stream.clone() }).await.unwrap();
    assert_eq!(api.get(&address).await.text().await.unwrap(), media);
}
