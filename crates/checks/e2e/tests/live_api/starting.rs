//! `POST /streams/start`, and what an encoder gets from it.

use super::stage::Stage;
use serde_json::{Value, json};

#[tokio::test]
async fn a_started_stream_has_an_empty_playlist_that_keeps_the_rules() {
    let stage = Stage::open();
    let api = stage.api().await;
    let stream = api.start().await;
    let (address, master) = api.playlist(&stream).await;
    let ignored = ["codecs-missing", "resolution-missing", "frame-rate-missing"];
    let findings = hls::check_master(&master).into_iter().filter(|found| !ignored.contains(&found.rule));
    assert_eq!(findings.collect::<Vec<_>>(), [], "{master}");
    let media = api.get(&address).await.text().await.unwrap();
    assert_eq!(hls::check_media(&media), [], "{media}");
    assert!(media.contains("#EXT-X-TARGETDURATION:1\n") && !media.contains("EXTINF"), "{media}");
}

#[tokio::test]
async fn a_match_that_is_started_again_is_the_same_stream() {
    let stage = Stage::open();
    let api = stage.api().await;
    let body = json!({"home_team": "a", "away_team": "b", "competition": "c", "match_id": "m-1"});
    let (status, first) = api.post("/streams/start", &body).await;
    assert_eq!((status, &first["status"], &first["target_duration"]), (201, &json!("live"), &json!(6)));
    let (status, again) = api.post("/streams/start", &body).await;
    assert_eq!((status, &again["stream_id"]), (200, &first["stream_id"]));
    let other = json!({"home_team": "a", "away_team": "b", "match_id": "m-1", "target_duration": 2});
    let (status, refused) = api.post("/streams/start", &other).await;
    assert_eq!((status, &refused["code"]), (409, &json!("target_duration_fixed")), "{refused}");
    let elsewhere = json!({"home_team": "a", "away_team": "b", "match_id": "m-2"});
    let (_, second) = api.post("/streams/start", &elsewhere).await;
    assert_ne!(second["stream_id"], first["stream_id"]);
}

#[tokio::test]
async fn wrong_fields_are_refused_by_name() {
    let stage = Stage::open();
    let api = stage.api().await;
    let cases: [(Value, &str); 6] = [
        (json!({"away_team": "b"}), "home_team"),
        (json!({"home_team": "", "away_team": "b"}), "home_team"),
        (json!({"home_team": "a", "away_team": "b".repeat(201)}), "away_team"),
        (json!({"home_team": "a", "away_team": "b", "target_duration": 0}), "target_duration"),
        (json!({"home_team": "a", "away_team": "b", "target_duration": 61}), "target_duration"),
        (json!({"home_team": "a", "away_team": "b", "shoe_size": 43}), "shoe_size"),
    ];
    for (body, field) in cases {
        let (status, problem) = api.post("/streams/start", &body).await;
        assert_eq!((status, &problem["code"]), (422, &json!("invalid_field")), "{body}");
        assert!(problem["detail"].as_str().unwrap().contains(field), "{problem}");
    }
    let (status, listed) = api.json("/streams").await;
    assert_eq!((status, listed["streams"].as_array().map(Vec::len)), (200, Some(0)));
}

#[tokio::test]
async fn an_encoder_puts_segments_where_it_is_told() {
    let stage = Stage::open();
    let api = stage.api().await;
    let (_, started) = api.post("/streams/start", &json!({"home_team": "a", "away_team": "b"})).await;
    let (id, ingest) = (started["stream_id"].as_str().unwrap(), &started["ingest"]);
    assert_eq!((&ingest["topic"], ingest["key"].as_str()), (&json!("live-chunks"), Some(id)));
    let http = ingest["http"].as_str().unwrap();
    assert_eq!(http, format!("http://127.0.0.1:8769/streams/{id}/segments/{{n}}.ts"));
    let first = &ingest["uploads"][0];
    assert_eq!(first["raw_path"], format!("/live-streams/{id}/chunks/0.ts"));
    assert_eq!(api.put(first["url"].as_str().unwrap(), b"media").await, 200);
    let more = ingest["more_uploads"].as_str().unwrap().replace("{n}", "10") + "&count=2";
    let (status, more) = api.json(&more).await;
    assert_eq!((status, &more[1]["chunk_index"], more.as_array().map(Vec::len)), (200, &json!(11), Some(2)));
    for wrong in ["from=1&count=0", "from=1&count=1001", "count=1", "from=-1"] {
        assert_eq!(api.json(&format!("/streams/{id}/uploads?{wrong}")).await.0, 422, "{wrong}");
    }
    api.post("/streams/end", &json!({"stream_id": id})).await;
    let (status, refused) = api.json(&format!("/streams/{id}/uploads?from=0")).await;
    assert_eq!((status, &refused["code"]), (409, &json!("stream_ended")));
}
