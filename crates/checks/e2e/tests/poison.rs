//! Events that nobody can handle among good ones: each is parked with its reason, every good one is handled.

use anyhow::{Context, Result, ensure};
use domain::event::Topic;
use e2e::{Product, note, skip, until};
use ports::{EventLog as _, Record};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

const LIMIT: Duration = Duration::from_secs(120);
/// Poisoned events; a good one comes after each tenth.
const POISONED: usize = 200;

/// What is wrong with the event of this number, and its bytes.
fn poison(number: usize) -> (&'static str, Option<Vec<u8>>) {
    let id = format!("vod-{number:012x}");
    let ours = json!({
        "event_id": format!("poison {number}"), "version": 1, "timestamp": "2026-01-02T03:04:05.678Z",
        "type": "vod.deleted", "stream_id": id,
    });
    let changed = |field: &str, value: Value| {
        let mut event = ours.clone();
        event[field] = value;
        Some(event.to_string().into_bytes())
    };
    match number % 8 {
        0 => ("cut", Some(ours.to_string().as_bytes()[..number % 40 + 1].to_vec())),
        1 => ("oversized", Some(format!("{{\"x\":\"{}\"", "x".repeat(1_000_000)).into_bytes())),
        2 => ("a wrong type", changed("stream_id", json!(7))),
        3 => ("an unknown version", changed("version", json!(2))),
        4 => ("not UTF-8", Some(vec![0xff, 0xfe, 0x00, b'{'])),
        5 => ("null", None),
        6 => ("an unknown event", changed("type", json!("shoe.laced"))),
        _ => ("a wrong id", changed("stream_id", json!("../../etc/passwd"))),
    }
}

/// As the original's producer tells of a video.
fn good(number: usize) -> (String, Vec<u8>) {
    let id = format!("vod-{:012x}", 0xa000 + number);
    let event = json!({
        "stream_id": id, "chunk_index": 0, "sequence_number": 0, "timestamp": "2025-11-02T12:00:00.123456",
        "size_bytes": 52_428_800, "stream_type": "vod", "status": "uploaded",
        "checksum": "9e107d9d372bb6826bd81d3542a419d6", "duration_ms": 1000, "keyframe_aligned": true,
        "audio_track_id": "audio-en", "video_track_id": "video-main", "resolution": "128x72",
        "title": "My Streaming Show: Pilot", "raw_path": format!("/vod-raw/{id}/raw/0.ts"),
    });
    (id, event.to_string().into_bytes())
}

#[tokio::test]
async fn poisoned_events_are_parked_and_block_nobody() -> Result<()> {
    let product = Product::start(&[]).await?;
    let Some(log) = product.log().await? else {
        skip("standalone", "nobody else can write to its event log");
        return product.finish().await;
    };
    let (mut reasons, mut ids) = (BTreeMap::new(), Vec::new());
    let began = Instant::now();
    for number in 0..POISONED {
        let (why, payload) = poison(number);
        *reasons.entry(why).or_insert(0_usize) += 1;
        let record = Record { key: format!("key {number}"), payload, headers: Vec::new() };
        log.publish(Topic::VodChunks, record).await?;
        if number % 10 == 0 {
            let (id, event) = good(number);
            // Without a key, as the original sent them.
            let record = Record { key: String::new(), payload: Some(event), headers: Vec::new() };
            log.publish(Topic::VodChunks, record).await?;
            ids.push(id);
        }
    }
    let api = product.api();
    until("every good event is handled", LIMIT, async || {
        for id in &ids {
            if api.get(&format!("/vod/{id}/metadata")).await?.status == 404 {
                return Ok(None);
            }
        }
        Ok(Some(()))
    })
    .await?;
    let good_after = began.elapsed();
    let letters = until("every poisoned event is filed", LIMIT, async || {
        let letters = filed(&product).await?;
        Ok((letters.len() >= POISONED).then_some(letters))
    })
    .await?;
    note(format_args!("{POISONED} parked, {} good handled after {good_after:?}: {reasons:?}", ids.len()));
    ensure!(letters.len() == POISONED, "{} letters", letters.len());
    for letter in &letters {
        ensure!(letter["reason"].as_str().is_some_and(|reason| reason.len() > 10), "no reason: {letter}");
        let origin = letter["subject"]["origin"].as_str().context("no origin")?;
        ensure!(origin.starts_with("vod-chunks/"), "{letter}");
    }
    for id in &ids {
        api.wait_for(id, "ready", LIMIT).await?;
    }
    product.finish().await
}

async fn filed(product: &Product) -> Result<Vec<Value>> {
    let (mut letters, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = product.api().get(&format!("/dlq?limit=200{cursor}")).await?.json()?;
        letters.extend(page["letters"].as_array().cloned().unwrap_or_default());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(letters),
        }
    }
}
