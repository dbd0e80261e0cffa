//! A stream from its start to its recording: an encoder that uses what the API answers, the real processor, and a viewer
//! who checks every playlist that it is sent.

use super::stage::{Running, Stage};
use domain::{
    StreamId,
    event::{Envelope, Event, Topic},
};
use e2e::{live_segment, until};
use hls::{Finding, Follower, Snapshot};
use live_processor::{Config, Deps, LiveProcessor};
use ports::{EventLog, Record};
use prometheus::Registry;
use serde_json::{Value, json};
use service_kit::settings::Settings;
use std::{collections::BTreeMap, time::Duration};
use tokio_util::sync::CancellationToken;

const SOON: Duration = Duration::from_secs(10);
const BYTES: &[u8] = b"media";
/// So many segments are sent, but for one.
const SEGMENTS: u32 = 24;
const MISSING: u32 = 9;

/// Runs the processor until the token says stop.
async fn processor(stage: &Stage) -> CancellationToken {
    let config = Config::from_settings(&mut Settings::new(&BTreeMap::new()));
    let deps = Deps {
        log: stage.log.clone(),
        documents: stage.catalog.clone(),
        objects: stage.objects.clone(),
        clock: stage.clock(),
        metrics: Registry::new(),
    };
    let processor = LiveProcessor::start(config, deps).await.unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(processor.run(stop.clone()));
    stop
}

/// Stores a segment of half a second where it was told to, and tells of it.
async fn send(stage: &Stage, api: &Running, stream: &StreamId, upload: &Value) {
    let number = u32::try_from(upload["chunk_index"].as_u64().unwrap()).unwrap();
    assert_eq!(api.put(upload["url"].as_str().unwrap(), BYTES).await, 200);
    let segment = live_segment(stream, number, BYTES, Duration::from_millis(500));
    let event = Event::LiveSegment(segment);
    let event = Envelope::new(stream.as_str(), &format!("segment-{number}"), stage.now(), event);
    let payload = Some(serde_json::to_vec(&event).unwrap());
    let record = Record { key: stream.to_string(), payload, headers: Vec::new() };
    stage.log.publish(Topic::LiveChunks, record).await.unwrap();
}

/// A viewer who reads a playlist again and again.
struct Viewer<'a> {
    api: &'a Running,
    address: String,
    follower: Follower,
    findings: Vec<Finding>,
}

impl Viewer<'_> {
    /// Reads until the playlist has this text.
    async fn sees(&mut self, what: &str) -> String {
        let Self { api, address, follower, findings } = self;
        let look = async || {
            let text = api.get(address).await.text().await?;
            findings.extend(hls::check_media(&text));
            findings.extend(follower.observe(&Snapshot { at: None, text: &text }));
            Ok(text.contains(what).then_some(text))
        };
        until(what, SOON, look).await.unwrap()
    }
}

#[tokio::test]
async fn a_stream_becomes_a_recording_and_breaks_no_rule() {
    let stage = Stage::open();
    let api = stage.api().await;
    let processing = processor(&stage).await;
    let stream = api.start().await;
    let (address, _) = api.playlist(&stream).await;
    let mut viewer = Viewer { api: &api, address, follower: Follower::default(), findings: Vec::new() };
    viewer.sees("#EXTM3U").await;
    let (_, uploads) = api.json(&format!("/streams/{stream}/uploads?from=0&count={SEGMENTS}")).await;
    for upload in uploads.as_array().unwrap().iter().filter(|upload| upload["chunk_index"] != MISSING) {
        send(&stage, &api, &stream, upload).await;
        viewer.sees(&format!("\n{}.ts\n", upload["chunk_index"])).await;
        // Whoever opens the stream now reads the master once: it tells of the formats, though it was read a moment before.
        let (_, master) = api.playlist(&stream).await;
        assert_eq!(hls::check_master(&master), [], "{master}");
    }
    api.post("/streams/end", &json!({"stream_id": stream})).await;
    let last = viewer.sees("#EXT-X-ENDLIST").await;
    assert!(last.ends_with(&format!("\n{}.ts\n#EXT-X-ENDLIST\n", SEGMENTS - 1)), "{last}");
    assert_eq!(viewer.findings, []);

    let manifest = format!("/vod/{stream}/manifest");
    let look = async || Ok(Some(api.json(&manifest).await).filter(|(status, _)| *status == 200));
    let (_, answer) = until("the recording is there", SOON, look).await.unwrap();
    let (address, master) = api.follow(answer["manifest_url"].as_str().unwrap()).await;
    assert_eq!(hls::check_master(&master), [], "{master}");
    let media = api.get(&address).await.text().await.unwrap();
    assert_eq!(hls::check_media(&media), [], "{media}");
    assert_eq!(media.matches("#EXTINF").count(), SEGMENTS as usize, "{media}");
    for (name, status) in [("0.ts", 302), ("23.ts", 302), ("9.ts", 200), ("24.ts", 404)] {
        assert_eq!(api.get(&address.replace("index.m3u8", name)).await.status(), status, "{name}");
    }
    let (_, view) = api.json(&format!("/streams/{stream}/live")).await;
    assert_eq!(api.get(view["manifest_url"].as_str().unwrap()).await.status(), 200, "the window stays");
    processing.cancel();
}
