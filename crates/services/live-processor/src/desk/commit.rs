//! Making a decision so: one compare-and-set of the stream's document, then the records of segments and the playlist. Nothing
//! is seen that was not committed, and a decision that somebody overtook is none.

use super::Desk;
use crate::shared::{LiveError, Shared, unless_refused};
use domain::{
    event::{Envelope, Event, PublishedPlaylist, Topic},
    live::{Listing, LiveSegmentRecord, NewStream, Stream, StreamStatus},
};
use hls::live;
use service_kit::{Versioned, trace, until_available};
use std::time::Duration;
use tracing::Instrument;

/// How long one steps back who was overtaken: by then the group has told whose partition it is.
const STEP_BACK: Duration = Duration::from_secs(1);

impl Desk {
    /// Takes the stream over: whoever had it before can commit nothing from now on. A stream that nobody started is started
    /// by its first segment, for an encoder does not need the API to be heard.
    pub(super) async fn adopt(&mut self, events: &[Envelope]) -> Result<(), LiveError> {
        loop {
            let Some(found) = self.load().await? else {
                let Some(new) = events.iter().find_map(started_by) else { return Ok(()) };
                let started = Stream::started(new, self.shared.clock.now());
                let insert = || self.shared.streams.insert(&started);
                until_available(&*self.shared.clock, "starting a stream", insert).await?;
                continue;
            };
            if found.document.status == StreamStatus::Vod {
                self.known = Some(found);
                return Ok(());
            }
            let adopted = found.document.adopted();
            let replace = || self.shared.streams.replace(found.revision, adopted.clone());
            if let Some(known) = until_available(&*self.shared.clock, "taking a stream over", replace).await?
            {
                self.waiting.settle(&known.document.timeline);
                self.spread(&known.document, true).await?;
                self.known = Some(known);
                return Ok(());
            }
        }
    }

    /// Commits a decision, and tells of it. Afterwards the stream is known as it is, whoever has written it.
    pub(super) async fn commit(
        &mut self,
        known: Versioned<Stream>,
        decided: Stream,
    ) -> Result<(), LiveError> {
        let replace = || self.shared.streams.replace(known.revision, decided.clone());
        let committing = tracing::debug_span!(target: trace::TRACE, "commit");
        let committed = until_available(&*self.shared.clock, "committing a decision", replace)
            .instrument(committing)
            .await?;
        let Some(committed) = committed else { return self.overtaken(&known.document).await };
        let changed = committed.document.timeline.version != known.document.timeline.version;
        self.shared.count(&committed.document, changed);
        self.spread(&committed.document, changed).await?;
        self.waiting.settle(&committed.document.timeline);
        self.known = Some(committed);
        Ok(())
    }

    /// Somebody else has written the document: its status, or another owner its timeline, or this one, whose answer was lost.
    async fn overtaken(&mut self, before: &Stream) -> Result<(), LiveError> {
        let Some(found) = self.load().await? else { return Ok(()) };
        if found.document.timeline.epoch == before.timeline.epoch {
            self.spread(&found.document, true).await?;
            self.waiting.settle(&found.document.timeline);
            self.known = Some(found);
            return Ok(());
        }
        tracing::info!(stream_id = %self.stream, "another owner has taken the stream over");
        self.shared.metrics.fenced.with_label_values(&[] as &[&str]).inc();
        self.shared.clock.sleep(STEP_BACK).await;
        self.adopt(&[]).await
    }

    /// Writes what a commit stands for where others look for it: the records of its segments, and the playlist.
    async fn spread(&self, stream: &Stream, playlist: bool) -> Result<(), LiveError> {
        let shared = &self.shared;
        let records = || record(shared, &stream.timeline.unrecorded);
        let records = until_available(&*shared.clock, "recording live segments", records);
        if !playlist || stream.timeline.version == 0 {
            return records.await;
        }
        let event = published(stream, shared);
        let publish = || shared.relay.publish(Topic::LivePlaylists, self.stream.as_str(), &event);
        let publish = until_available(&*shared.clock, "publishing a playlist", publish)
            .instrument(tracing::debug_span!(target: trace::TRACE, "publish the playlist"));
        let (records, published) = tokio::join!(records, publish);
        shared.archive.note(stream);
        published?;
        records
    }

    /// Asks the encoder to send segments again.
    pub(super) async fn ask_for(&self, numbers: &[u32]) -> Result<(), LiveError> {
        for number in numbers {
            let event = Event::LiveResend { stream_id: self.stream.clone(), sequence_number: *number };
            let now = self.shared.clock.now();
            let event = Envelope::new(self.stream.as_str(), &format!("resend {number} {now}"), now, event);
            let publish = || self.shared.relay.publish(Topic::LiveControl, self.stream.as_str(), &event);
            until_available(&*self.shared.clock, "asking for a segment again", publish).await?;
            self.shared.metrics.resends.with_label_values(&[] as &[&str]).inc();
        }
        Ok(())
    }

    async fn load(&self) -> Result<Option<Versioned<Stream>>, LiveError> {
        let load = || self.shared.streams.load(self.stream.as_str());
        Ok(until_available(&*self.shared.clock, "reading a stream", load).await?)
    }
}

/// Adds records that are not there yet; a segment that comes late replaces its gap's.
async fn record(shared: &Shared, fresh: &[LiveSegmentRecord]) -> Result<(), LiveError> {
    if fresh.is_empty() {
        return Ok(());
    }
    shared.segments.append_new(fresh).await?;
    for late in fresh.iter().filter(|record| record.status == Listing::RecordingOnly) {
        let step = |gap: LiveSegmentRecord| gap.come_late(late);
        unless_refused(shared.segments.change(&late.segment_id, step).await)?;
    }
    Ok(())
}

fn published(stream: &Stream, shared: &Shared) -> Envelope {
    let timeline = &stream.timeline;
    let event = Event::LivePlaylist(PublishedPlaylist {
        stream_id: stream.stream_id.clone(),
        epoch: timeline.epoch,
        playlist_version: timeline.version,
        playlist: live::playlist(stream, live::segment_name).to_m3u8(),
    });
    let state = format!("playlist {} {}", timeline.epoch, timeline.version);
    Envelope::new(stream.stream_id.as_str(), &state, shared.clock.now(), event)
}

/// The stream that a segment's event starts if nobody has.
fn started_by(event: &Envelope) -> Option<NewStream> {
    let Event::LiveSegment(segment) = &event.event else { return None };
    Some(NewStream {
        stream_id: segment.stream_id.clone(),
        match_id: None,
        home_team: segment.match_home.clone().unwrap_or_default(),
        away_team: segment.match_away.clone().unwrap_or_default(),
        competition: segment.competition.clone().unwrap_or_default(),
        target_duration: None,
    })
}

impl Shared {
    /// Counts what a commit has decided.
    fn count(&self, stream: &Stream, changed: bool) {
        let none: &[&str] = &[];
        if let Some(tail) = stream.timeline.tail.as_ref().filter(|_| changed && !stream.timeline.ended) {
            let behind = self.clock.now().as_millis() as f64 / 1e3 - tail.ends_at_us as f64 / 1e6;
            self.metrics.behind.with_label_values(none).observe(behind.max(0.0));
        }
        for record in &stream.timeline.unrecorded {
            match record.status {
                Listing::Listed => self.metrics.processed.with_label_values(none).inc(),
                Listing::Gap => self.metrics.gaps.with_label_values(none).inc(),
                Listing::RecordingOnly => self.metrics.late.with_label_values(none).inc(),
            }
            if let (Listing::Listed, Some(millis)) = (record.status, record.processing_latency_ms) {
                self.metrics.latency.observe(millis as f64 / 1000.0);
            }
        }
    }
}
