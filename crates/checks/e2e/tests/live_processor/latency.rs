//! Temporary: from an event's publication to its playlist's arrival.

use crate::world::{Running, World};
use anyhow::{Context, Result};
use domain::{
    StreamId,
    event::{self, Envelope, Event, LiveSegment, Topic},
    live::{NewStream, Stream, StreamStatus},
    object::ObjectKey,
};
use ports::{Body, Condition, StartAt};
use std::{
    collections::HashMap,
    env,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::Instant;

fn number(name: &str, default: u32) -> u32 {
    env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn measure_latency() -> Result<()> {
    let Ok(_) = env::var("LC_RATE") else { return Ok(()) };
    let (rate, streams, seconds) =
        (number("LC_RATE", 100), number("LC_STREAMS", 20), number("LC_SECONDS", 20));
    let world = World::of_this_topology().await?;
    let mut ids = Vec::new();
    for n in 0..streams {
        let id = StreamId::live([n.to_be_bytes()[2], n.to_be_bytes()[3], 1, 1, 1]);
        let new = NewStream {
            stream_id: id.clone(),
            match_id: None,
            home_team: "A".into(),
            away_team: "B".into(),
            competition: String::new(),
            target_duration: Some(1),
        };
        world.streams().insert(&Stream::started(new, world.clock.now())).await?;
        ids.push(id);
    }
    let total = rate * seconds;
    let bytes = bytes::Bytes::from_static(b"x");
    let checksum = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&bytes));
    for i in 0..total {
        let (id, n) = (&ids[(i % streams) as usize], i / streams);
        world
            .objects
            .put(
                &ObjectKey::LiveSegment { stream: id.clone(), number: n },
                Body::from_bytes(bytes.clone()),
                Condition::Always,
            )
            .await?;
    }
    println!("stored {total}");
    let mut follower = world.log.follow(Topic::LivePlaylists, StartAt::Beginning).await?;
    let running = Running::start(&world).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let sent: Arc<Mutex<HashMap<(StreamId, u32), Instant>>> = Arc::default();
    let began = Instant::now();
    let publisher = {
        let (sent, relay, clock, ids) = (sent.clone(), world.relay(), world.clock.clone(), ids.clone());
        tokio::spawn(async move {
            let mut tasks = tokio::task::JoinSet::new();
            for i in 0..total {
                tokio::time::sleep_until(
                    began + Duration::from_micros(u64::from(i) * 1_000_000 / u64::from(rate)),
                )
                .await;
                let (id, n) = (ids[(i % streams) as usize].clone(), i / streams);
                let segment = LiveSegment {
                    stream_id: id.clone(),
                    stream_type: "live".into(),
                    chunk_index: n,
                    sequence_number: n,
                    size_bytes: 1,
                    checksum: checksum.clone(),
                    duration_ms: 500,
                    duration_us: None,
                    program_date_time: None,
                    first_pts: Some(u64::from(n) * 45_000),
                    encoder: None,
                    keyframe_aligned: true,
                    resolution: "320x180".into(),
                    codecs: None,
                    frame_rate: None,
                    audio_track_id: None,
                    video_track_id: None,
                    raw_path: String::new(),
                    match_home: None,
                    match_away: None,
                    competition: None,
                };
                let event = Envelope::new(
                    id.as_str(),
                    &format!("segment {n}"),
                    clock.now(),
                    Event::LiveSegment(segment),
                );
                let (sent, relay) = (sent.clone(), relay.clone());
                tasks.spawn(async move {
                    relay.publish(Topic::LiveChunks, id.as_str(), &event).await.unwrap();
                    sent.lock().unwrap().insert((id, n), Instant::now());
                });
            }
            while tasks.join_next().await.is_some() {}
        })
    };
    let mut newest: HashMap<StreamId, u32> = HashMap::new();
    let mut seen: Vec<((StreamId, u32), Instant)> = Vec::new();
    while seen.len() < total as usize && began.elapsed() < Duration::from_secs(u64::from(seconds) + 60) {
        let Ok(received) = tokio::time::timeout(Duration::from_secs(5), follower.next()).await else { break };
        let at = Instant::now();
        let Event::LivePlaylist(p) = event::decode(&received?.record.payload.context("x")?)?.event else {
            continue;
        };
        let Some(last) = p.playlist.lines().filter_map(hls::live::segment_number).last() else { continue };
        let next = newest.entry(p.stream_id.clone()).or_insert(0);
        for n in *next..=last {
            seen.push(((p.stream_id.clone(), n), at));
        }
        *next = (*next).max(last + 1);
    }
    publisher.await?;
    let sent = sent.lock().unwrap();
    let mut ms: Vec<f64> = seen
        .iter()
        .filter_map(|(key, at)| Some(at.saturating_duration_since(*sent.get(key)?).as_secs_f64() * 1e3))
        .collect();
    ms.sort_by(f64::total_cmp);
    let p = |q: f64| ms[((ms.len() - 1) as f64 * q) as usize];
    println!(
        "{rate}/s over {streams}: {} of {total} seen, p50 {:.1} p90 {:.1} p99 {:.1} max {:.1} ms",
        ms.len(),
        p(0.5),
        p(0.9),
        p(0.99),
        p(1.0)
    );
    let status = std::fs::read_to_string("/proc/self/status")?;
    println!("{}", status.lines().find(|l| l.starts_with("VmRSS")).unwrap_or(""));
    let id = ids[0].clone();
    let now = world.clock.now();
    let ended = Instant::now();
    world.streams().change(id.as_str(), |s| s.end(now)).await?;
    loop {
        let s = world.streams().get(id.as_str()).await?.context("s")?;
        if s.status == StreamStatus::Vod {
            println!(
                "vod of {} places after {:.0} ms",
                s.timeline.places(),
                ended.elapsed().as_secs_f64() * 1e3
            );
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    running.kill();
    world.remove().await
}
