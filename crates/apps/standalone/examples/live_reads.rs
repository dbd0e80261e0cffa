//! An API with one live stream, for load tools: prints the addresses of its playlist and of `GET /streams/{id}/live`, and
//! serves them until it is told to stop. The argument is how many segments the catalog has of the stream.

use anyhow::Context;
use api::{Api, Config, Deps};
use domain::{
    StreamId, Timestamp,
    document::{Document, Outbox, Unknown},
    event::{Envelope, Event, PublishedPlaylist, Topic},
    live::{Listing, LiveSegmentRecord, NewStream, Stream},
};
use files::Files;
use hls::{Kind, MediaPlaylist, Segment, SegmentDuration};
use ports::{Clock, Documents, EventLog, Record};
use prometheus::Registry;
use service_kit::{SystemClock, settings::Settings, stop_on_signal};
use sqlite::{Catalog, Log};
use std::{collections::BTreeMap, sync::Arc};
use tokio_util::sync::CancellationToken;

/// As many segments as a live playlist lists.
const WINDOW: u32 = 10;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let segments =
        std::env::args().nth(1).map_or(Ok(20), |count| count.parse()).context("a number of segments")?;
    let folder = tempfile::tempdir()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let catalog = Arc::new(Catalog::open(&folder.path().join("catalog.db"))?);
    let log = Arc::new(Log::open(&folder.path().join("log.db"))?);
    let objects = Arc::new(Files::open(folder.path().join("objects"), &[7; 32], clock.clone())?);
    let stream = fill(&*catalog, &*log, segments).await?;
    let environment = BTreeMap::from([("API_PORT".to_owned(), "0".to_owned())]);
    let mut config = Config::from_settings(&mut Settings::new(&environment));
    config.signing_keys = vec![vec![7; 32]];
    let media = Some(objects.routes());
    let deps = Deps { log, documents: catalog, objects, media, clock, metrics: Registry::new() };
    let stop = CancellationToken::new();
    stop_on_signal(stop.clone())?;
    let api = Api::start(config, deps).await?;
    #[expect(clippy::print_stdout, reason = "whoever runs a load tool needs it")]
    {
        println!("http://{}/streams/{stream}/live", api.address());
    }
    api.run(stop).await
}

/// A stream with so many segments in the catalog, and its window on the log.
async fn fill(catalog: &dyn Documents, log: &dyn EventLog, segments: u32) -> anyhow::Result<StreamId> {
    let (id, now) = (StreamId::live([7; 5]), Timestamp::from_millis(1_770_000_000_000));
    let names = ("home".to_owned(), "away".to_owned());
    let new = NewStream {
        stream_id: id.clone(),
        match_id: None,
        home_team: names.0,
        away_team: names.1,
        competition: String::new(),
        target_duration: Some(1),
    };
    let stream = Stream::started(new, now);
    catalog.insert(Stream::KIND, id.as_str(), serde_json::to_value(&stream)?).await?;
    let records = (0..segments).map(|number| record(&id, number, now));
    let bodies = records.map(|record| Ok((record.segment_id.clone(), serde_json::to_value(&record)?)));
    catalog.append_new(LiveSegmentRecord::KIND, bodies.collect::<anyhow::Result<_>>()?).await?;
    let published = PublishedPlaylist {
        stream_id: id.clone(),
        epoch: 1,
        playlist_version: u64::from(segments),
        playlist: playlist(segments, now)?.to_m3u8(),
    };
    let event = Envelope::new(id.as_str(), "playlist", now, Event::LivePlaylist(published));
    let payload = Some(serde_json::to_vec(&event)?);
    log.publish(Topic::LivePlaylists, Record { key: id.to_string(), payload, headers: Vec::new() }).await?;
    Ok(id)
}

fn playlist(segments: u32, now: Timestamp) -> anyhow::Result<MediaPlaylist> {
    let mut playlist = MediaPlaylist::new(Kind::Live { ended: false }, 1);
    let first = segments.saturating_sub(WINDOW);
    playlist.media_sequence = first.into();
    for number in first..segments {
        let mut segment =
            Segment::new(hls::live::segment_name(number), SegmentDuration::from_micros(1_000_000));
        segment.program_date_time =
            Some((now + std::time::Duration::from_secs(number.into())).to_string().parse()?);
        playlist.segments.push(segment);
    }
    Ok(playlist)
}

fn record(stream: &StreamId, number: u32, now: Timestamp) -> LiveSegmentRecord {
    LiveSegmentRecord {
        segment_id: LiveSegmentRecord::id_of(stream, number),
        stream_id: stream.clone(),
        chunk_index: number,
        sequence_number: number,
        status: Listing::Listed,
        duration_us: 1_000_000,
        duration_ms: 1_000,
        starts_at_us: 0,
        discontinuity: false,
        size_bytes: 100_000,
        checksum: "aa".repeat(32),
        resolution: "640x360".to_owned(),
        keyframe_aligned: true,
        audio_track_id: None,
        raw_path: format!("/live-streams/{stream}/chunks/{number}.ts"),
        created_at: now,
        processing_latency_ms: Some(5),
        outbox: Outbox::default(),
        unknown: Unknown::new(),
    }
}
