//! What is read: one live stream with its window on the log and many segments in the catalog, written before the program that
//! serves it starts.

use crate::{
    clock::{self, Stopwatch},
    ground::On,
    live::channel,
    programs::{self, Programs},
    servers::Servers,
    standalone::Standalone,
};
use anyhow::Context;
use domain::{
    StreamId, Timestamp,
    document::{Document, Outbox, Unknown},
    event::{Envelope, Event, PublishedPlaylist, Topic},
    live::{Listing, LiveSegmentRecord, NewStream, Stream},
};
use hls::{Kind, MediaPlaylist, Segment, SegmentDuration};
use ports::{Clock, Documents, EventLog, Record};
use reqwest::Client;
use service_kit::SystemClock;
use std::{path::Path, time::Duration};
use url::Url;

/// As many segments as a live playlist lists.
const WINDOW: u32 = 10;
/// How often the playlist is looked at before it is read.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// A playlist that is not the one on the log after so many seconds never will be.
const PATIENCE_S: f64 = 30.0;
/// So many records are written at once.
const WRITTEN_AT_ONCE: u32 = 1_000;

/// A program that serves the stream. Dropping it ends it, and removes what it and this wrote.
pub(super) struct Stage {
    program: Running,
    /// `GET /streams/{id}/live`.
    pub(super) view: Url,
    /// The live playlist.
    pub(super) playlist: Url,
}

enum Running {
    Servers(Programs),
    Embedded(Standalone),
}

impl Stage {
    /// Writes a stream of so many segments, and starts the program on a core of its own.
    pub(super) async fn set(on: On, work: &Path, segments: u32, core: u32) -> anyhow::Result<Self> {
        let client = Client::builder().no_proxy().build()?;
        let (program, api, stream) = match on {
            On::Servers => {
                let servers = Servers::from_environment()?;
                let stream =
                    fill(&servers.catalog().await?, &servers.log("bench", "bench").await?, segments).await?;
                let mut api = Programs::start_on(work, servers, &[programs::API], Some(core))?;
                let (addresses, _) = api.ready(&client).await?;
                (Running::Servers(api), addresses[0].clone(), stream)
            }
            On::Embedded => {
                let folder = Standalone::folder(work)?;
                let data = folder.path().join("data");
                std::fs::create_dir(&data).context("making a data folder")?;
                let catalog = sqlite::Catalog::open(&data.join("catalog.db"))?;
                let stream = fill(&catalog, &sqlite::Log::open(&data.join("log.db"))?, segments).await?;
                drop(catalog);
                let standalone = Standalone::start_in(folder, &client, &[], Some(core)).await?;
                let api = standalone.address.clone();
                (Running::Embedded(standalone), api, stream)
            }
        };
        let view = api.join(&format!("/streams/{stream}/live"))?;
        let playlist = channel::playlist(&client, &api, &stream).await?;
        followed(&client, &playlist, segments).await?;
        Ok(Self { program, view, playlist })
    }

    /// Stops the program.
    pub(super) async fn strike(self) -> anyhow::Result<()> {
        match self.program {
            Running::Servers(api) => api.stop().await,
            Running::Embedded(standalone) => standalone.stop().await,
        }
    }
}

/// Waits until the program has read the log: until then it answers with what the stream's document says.
async fn followed(client: &Client, playlist: &Url, segments: u32) -> anyhow::Result<()> {
    let (began, last) = (Stopwatch::start(), format!("{}\n", hls::live::segment_name(segments - 1)));
    loop {
        let served = channel::text(client, playlist).await?;
        if served.ends_with(&last) {
            return Ok(());
        }
        anyhow::ensure!(began.seconds() < PATIENCE_S, "the playlist is not the one on the log:\n{served}");
        clock::pause(LOOK_EVERY).await;
    }
}

async fn fill(catalog: &dyn Documents, log: &dyn EventLog, segments: u32) -> anyhow::Result<StreamId> {
    let (id, now) = (StreamId::live([7; 5]), SystemClock::new().now());
    let new = NewStream {
        stream_id: id.clone(),
        match_id: None,
        home_team: "Home".to_owned(),
        away_team: "Away".to_owned(),
        competition: String::new(),
        target_duration: Some(1),
    };
    let stream = Stream::started(new, now);
    catalog.insert(Stream::KIND, id.as_str(), serde_json::to_value(&stream)?).await?;
    for first in (0..segments).step_by(WRITTEN_AT_ONCE as usize) {
        let records = (first..segments.min(first + WRITTEN_AT_ONCE)).map(|number| record(&id, number, now));
        let bodies = records.map(|record| Ok((record.segment_id.clone(), serde_json::to_value(&record)?)));
        catalog.append_new(LiveSegmentRecord::KIND, bodies.collect::<anyhow::Result<_>>()?).await?;
    }
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
        let starts = now + Duration::from_secs((number - first).into());
        segment.program_date_time = Some(starts.to_string().parse()?);
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
