//! A stream from its start to its end, and then the next one.

use super::{
    plan::{self, Fate, Plan},
    recent::Recent,
    resend,
    send::{self, Sent},
    timer::Timer,
};
use crate::{
    Config,
    client::{ApiError, Client, NewMatch},
    journal::Journal,
    media::{Reel, SIZE, Span, millis},
    metrics::Metrics,
    ts::Counters,
    vod::surplus,
};
use domain::{StreamId, Timestamp, event::LiveSegment};
use ports::{Clock, EventLog, ObjectStore};
use service_kit::{Relay, until_available};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// The pause after the API refused a stream.
const PAUSE: Duration = Duration::from_secs(30);
/// How long a stop waits until its stream is ended; what is not is ended at the next start.
const FAREWELL: Duration = Duration::from_secs(2);

/// What an encoder at a match stands on.
pub(crate) struct Stage {
    pub(crate) client: Client,
    pub(crate) journal: Arc<Journal>,
    pub(crate) relay: Relay,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Metrics,
    pub(crate) config: Config,
}

/// The encoder.
pub(crate) struct Encoder {
    stage: Stage,
    reel: Reel,
    codecs: Option<String>,
    recent: Recent,
}

/// How a stream stands while it is sent.
struct OnAir {
    id: StreamId,
    plan: Plan,
    /// The cell with which its clock began.
    origin: u64,
    counters: Counters,
}

impl Encoder {
    /// An encoder that sends this minute over and over.
    pub(crate) fn new(stage: Stage, reel: Reel) -> Self {
        let codecs = reel.codecs();
        Self { stage, reel, codecs, recent: Recent::default() }
    }

    /// Sends streams until told to stop, then ends the one that it sends.
    pub(crate) async fn run(self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.send_forever() => {}
            () = resend::listen(&self.stage, &self.recent) => {}
        }
        self.stage.metrics.active_streams.with_label_values(&["live"]).set(0);
        let farewell = self.stage.end_noted();
        tokio::select! {
            _ = farewell => {}
            () = self.stage.clock.sleep(FAREWELL) => {}
        }
    }

    async fn send_forever(&self) {
        loop {
            // One that a process before could not end, too.
            self.stage.end().await;
            self.stage.tidy_up().await;
            match self.stage.start().await {
                Ok(id) => self.broadcast(id).await,
                Err(error) => {
                    tracing::warn!(%error, "a live stream could not be started");
                    self.stage.clock.sleep(PAUSE).await;
                }
            }
        }
    }

    /// Sends the segments of a stream.
    async fn broadcast(&self, id: StreamId) {
        let Stage { clock, config, metrics, .. } = &self.stage;
        let timer = Timer::start(&**clock);
        let plan = Plan::new(config.segments, [clock.chance(), clock.chance()]);
        let origin = timer.first_cell();
        let mut on_air = OnAir { id, plan, origin, counters: Counters::default() };
        let active = metrics.active_streams.with_label_values(&["live"]);
        active.set(1);
        let mut at = origin;
        for number in 0..on_air.plan.segments() {
            let span = Span { first: at, cells: plan::length(&config.segment_tenths, clock.chance()) };
            clock.sleep(timer.until(span.end(), clock.monotonic())).await;
            if timer.is_wrong(clock.now(), clock.monotonic()) {
                tracing::info!(stream_id = %on_air.id, "the clock was set: a new stream shows the new time");
                break;
            }
            self.segment(&mut on_air, number, span).await;
            at = span.end();
        }
        active.set(0);
    }

    /// Sends a segment, or loses it.
    async fn segment(&self, on_air: &mut OnAir, number: u32, span: Span) {
        let fate = on_air.plan.fate(number, self.stage.clock.chance());
        if fate == Fate::Lost {
            tracing::debug!(stream_id = %on_air.id, number, "lost a segment on purpose");
            return;
        }
        let bytes = self.reel.segment(span, on_air.origin, &mut on_air.counters);
        let segment = self.described(on_air, number, span, &bytes);
        let sent = Sent { segment, bytes };
        self.recent.keep(sent.clone());
        let wrong =
            (fate == Fate::SentWithWrongChecksum).then(|| send::sha256(b"a checksum of something else"));
        let checksum = wrong.as_deref().unwrap_or(&sent.segment.checksum);
        self.stage.send(&sent, checksum, "for the first time").await;
    }

    /// What its event says of a segment.
    fn described(&self, on_air: &OnAir, number: u32, span: Span, bytes: &[u8]) -> LiveSegment {
        let Config { home, away, competition, .. } = &self.stage.config;
        let begins = i64::try_from(millis(span.first)).unwrap_or(i64::MAX);
        LiveSegment {
            stream_id: on_air.id.clone(),
            stream_type: "live".to_owned(),
            chunk_index: number,
            sequence_number: number,
            size_bytes: bytes.len() as u64,
            checksum: send::sha256(bytes),
            duration_ms: span.millis(),
            duration_us: Some(span.millis() * 1000),
            program_date_time: Some(Timestamp::from_millis(begins)),
            first_pts: Some(Reel::first_pts(span, on_air.origin)),
            encoder: Some(on_air.id.as_str().to_owned()),
            keyframe_aligned: true,
            resolution: format!("{}x{}", SIZE.0, SIZE.1),
            codecs: self.codecs.clone(),
            frame_rate: Some(Reel::RATE),
            audio_track_id: Some("audio-main".to_owned()),
            video_track_id: Some("video-main".to_owned()),
            raw_path: send::key(&on_air.id, number).to_string(),
            match_home: Some(home.clone()),
            match_away: Some(away.clone()),
            competition: Some(competition.clone()),
        }
    }
}

impl Stage {
    /// Starts a stream; an API that is away is waited for.
    async fn start(&self) -> Result<StreamId, ApiError> {
        let mut random = [0; 8];
        self.clock.random(&mut random);
        let match_id = format!("match-{}", hex::encode(random));
        let new = NewMatch {
            match_id: &match_id,
            home_team: &self.config.home,
            away_team: &self.config.away,
            competition: &self.config.competition,
            target_duration: self.config.target_duration(),
        };
        // Before it is there: what a crash leaves behind is known.
        self.journal.note(|entries| entries.stream = Some(StreamId::live_of_match(&match_id)));
        let id = until_available(&*self.clock, "starting a live stream", || self.client.start(&new)).await?;
        self.journal.note(|entries| entries.stream = Some(id.clone()));
        tracing::info!(stream_id = %id, "started a live stream");
        Ok(id)
    }

    /// Ends the stream that is noted, if any; an API that is away is waited for.
    async fn end(&self) {
        let ended = until_available(&*self.clock, "ending a live stream", || self.end_noted()).await;
        if let Err(error) = ended {
            tracing::warn!(%error, "a live stream could not be ended");
            self.journal.note(|entries| entries.stream = None);
        }
    }

    async fn end_noted(&self) -> Result<(), ApiError> {
        let Some(id) = self.journal.entries().stream else { return Ok(()) };
        let was_there = self.client.end(&id).await?;
        self.journal.note(|entries| {
            entries.stream = None;
            entries.recordings.extend(was_there.then(|| id.clone()));
        });
        if was_there {
            tracing::info!(stream_id = %id, "ended a live stream");
        }
        Ok(())
    }

    /// Deletes the oldest recordings.
    async fn tidy_up(&self) {
        let keep = self.config.keep_recordings;
        while let Some(oldest) = surplus(&self.journal.entries().recordings, keep) {
            let deleting = || self.client.delete(&oldest);
            if let Err(error) = until_available(&*self.clock, "deleting a recording", deleting).await {
                tracing::warn!(stream_id = %oldest, %error, "a recording stays");
            }
            self.journal.note(|entries| entries.recordings.retain(|id| *id != oldest));
        }
    }
}
