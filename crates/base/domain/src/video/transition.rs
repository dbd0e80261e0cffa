//! Every way in which a video may change. A step that is refused changes nothing.

use super::{MeasuredRate, Piece, Video, VideoStatus, rates::Cut};
use crate::{
    Timestamp,
    event::{Envelope, Event, Outgoing, Topic, Uploaded},
    grid::Grid,
    index_set::IndexSet,
    job::{Outputs, SegmentOutput, SourceOutput},
    media::MediaInfo,
    object::ObjectKey,
    plan::Plan,
    rejection::{Rejection, RejectionCode},
    task::TrackKind,
};

/// Why a change of a video is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VideoRefusal {
    /// It is in a state in which this cannot happen.
    #[error("a video that is {} cannot do this", .0.name())]
    State(VideoStatus),
    /// A part made another initialization segment than the parts before it.
    #[error(
        "rendition {rendition}: the initialization segment {made} differs from {expected}, which other parts made"
    )]
    InitDiffers {
        /// The rendition.
        rendition: String,
        /// What the part made.
        made: String,
        /// What the others made.
        expected: String,
    },
    /// Nothing would change.
    #[error("it is so already")]
    Already,
}

impl Video {
    /// Its source was made; the event that an upload causes follows.
    ///
    /// # Errors
    /// [`VideoRefusal::State`] unless it waits for a source.
    pub fn source_made(mut self, source: &SourceOutput, now: Timestamp) -> Result<Self, VideoRefusal> {
        if self.has_source() {
            return Err(VideoRefusal::Already);
        }
        self.expect(&[VideoStatus::Uploaded])?;
        self.checksum.clone_from(&source.sha256);
        self.file_size_bytes = source.size_bytes;
        self.tell_uploaded(now);
        Ok(self)
    }

    /// Its source is being looked into. Allowed again: whoever began may have died.
    ///
    /// # Errors
    /// [`VideoRefusal::State`] when that is over.
    pub fn begin_processing(mut self, now: Timestamp) -> Result<Self, VideoRefusal> {
        self.expect(&[VideoStatus::Uploaded, VideoStatus::Processing])?;
        self.status = VideoStatus::Processing;
        self.processing_started_at.get_or_insert(now);
        self.take_out_uploaded();
        Ok(self)
    }

    /// Its source is being made.
    ///
    /// # Errors
    /// [`VideoRefusal::State`] unless it waits for a source; [`VideoRefusal::Already`] when that was known.
    pub fn begin_source(mut self) -> Result<Self, VideoRefusal> {
        self.expect(&[VideoStatus::Uploaded])?;
        if self.has_source() || self.outbox.events.is_empty() {
            return Err(VideoRefusal::Already);
        }
        self.take_out_uploaded();
        Ok(self)
    }

    /// It is planned: from now on it can be played, and what its playlists say never changes.
    ///
    /// # Errors
    /// [`VideoRefusal::State`] unless it is being looked into.
    pub fn planned(mut self, media: MediaInfo, plan: Plan, now: Timestamp) -> Result<Self, VideoRefusal> {
        self.expect(&[VideoStatus::Processing])?;
        self.status = VideoStatus::Transcoding;
        self.transcoding_started_at = Some(now);
        self.duration_seconds = plan.grid.duration_us() as f64 / 1e6;
        if let Some(video) = &media.video {
            self.resolution = format!("{}x{}", video.width, video.height);
        }
        self.media = Some(media);
        self.plan = Some(plan);
        Ok(self)
    }

    /// Notes the initialization segments that a part made, before the part counts as done.
    ///
    /// # Errors
    /// [`VideoRefusal::InitDiffers`] when another part made another; [`VideoRefusal::Already`] when all are known.
    pub fn with_inits(mut self, outputs: &Outputs) -> Result<Self, VideoRefusal> {
        self.expect(&[VideoStatus::Transcoding])?;
        let mut news = false;
        for track in &outputs.tracks {
            let Some(made) = &track.init_sha256 else { continue };
            let expected = self.inits.entry(track.rendition.clone()).or_insert_with(|| {
                news = true;
                made.clone()
            });
            if expected != made {
                let (rendition, expected) = (track.rendition.clone(), expected.clone());
                return Err(VideoRefusal::InitDiffers { rendition, made: made.clone(), expected });
            }
        }
        if news { Ok(self) } else { Err(VideoRefusal::Already) }
    }

    /// A part is done; the last one makes it ready.
    ///
    /// # Errors
    /// [`VideoRefusal::Already`] when this part is counted, [`VideoRefusal::State`] when nothing is being encoded.
    pub fn part_done(
        mut self,
        position: u32,
        outputs: &Outputs,
        now: Timestamp,
    ) -> Result<Self, VideoRefusal> {
        self.expect(&[VideoStatus::Transcoding])?;
        let Some(plan) = &self.plan else { return Err(VideoRefusal::State(self.status)) };
        if position >= plan.part_count() || !self.parts_done.insert(position) {
            return Err(VideoRefusal::Already);
        }
        for track in outputs.tracks.iter().filter(|track| track.kind != TrackKind::Stills) {
            let rate = self.rates.entry(track.rendition.clone()).or_default();
            let rendition = plan.renditions.iter().find(|rendition| rendition.name == track.rendition);
            let divisor = rendition.map_or(1, |rendition| rendition.divisor.max(1));
            let each = match track.kind {
                TrackKind::Text => plan.grid.subtitle_segment(0).end,
                TrackKind::Media | TrackKind::Stills => u64::from(plan.grid.segment_frames),
            };
            let cut = Cut::of(&plan.grid, each, divisor);
            for SegmentOutput { index, size_bytes, duration_us, .. } in &track.segments {
                rate.add_piece(cut, (*index).into(), Piece { bytes: *size_bytes, duration_us: *duration_us });
            }
            for segment in track.segments.iter().filter(|segment| !segment.keyframes.is_empty()) {
                let rate = self.keyframe_rates.entry(track.rendition.clone()).or_default();
                count_keyframes(rate, &plan.grid, divisor, segment);
            }
        }
        let (done, total) = (self.parts_done.len(), plan.part_count());
        self.progress_percent = u8::try_from(u64::from(done) * 100 / u64::from(total.max(1))).unwrap_or(100);
        if self.playable_at.is_none() && plan.opening().iter().all(|part| self.parts_done.contains(*part)) {
            self.playable_at = Some(now);
        }
        if done == total {
            self.become_ready(now);
        }
        Ok(self)
    }

    /// It ends without becoming ready: `rejected` when its source is at fault, else `failed`.
    ///
    /// # Errors
    /// [`VideoRefusal::State`] when it has ended.
    pub fn give_up(mut self, reason: Rejection, now: Timestamp) -> Result<Self, VideoRefusal> {
        let status = if reason.code == RejectionCode::EncodeFailed {
            VideoStatus::Failed
        } else {
            VideoStatus::Rejected
        };
        self.expect_next(status)?;
        self.status = status;
        self.reason = Some(reason);
        self.completed_at = Some(now);
        Ok(self)
    }

    /// Somebody asks for a failed one again: it goes on where it was, and the event that queues what is missing
    /// follows.
    ///
    /// # Errors
    /// [`VideoRefusal::State`] unless it has failed.
    pub fn revive(mut self, now: Timestamp) -> Result<Self, VideoRefusal> {
        self.expect(&[VideoStatus::Failed])?;
        self.status = if self.plan.is_some() { VideoStatus::Transcoding } else { VideoStatus::Uploaded };
        (self.reason, self.completed_at) = (None, None);
        let uploaded = self.as_uploaded();
        self.tell(&format!("revived at {now}"), Event::Uploaded(uploaded), now);
        Ok(self)
    }

    /// It is removed; the event that cleans up after it follows.
    ///
    /// # Errors
    /// [`VideoRefusal::Already`] when it was removed.
    pub fn delete(mut self, now: Timestamp) -> Result<Self, VideoRefusal> {
        if self.status == VideoStatus::Deleted {
            return Err(VideoRefusal::Already);
        }
        self.status = VideoStatus::Deleted;
        self.completed_at.get_or_insert(now);
        (self.media, self.plan, self.manifest_path) = (None, None, None);
        self.parts_done = IndexSet::default();
        self.inits.clear();
        self.variant_paths.clear();
        let event = Event::Deleted { stream_id: self.stream_id.clone() };
        self.tell("deleted", event, now);
        Ok(self)
    }

    fn become_ready(&mut self, now: Timestamp) {
        self.status = VideoStatus::Ready;
        self.completed_at = Some(now);
        self.processing_latency_ms = Some(now.millis_since(self.created_at));
        let stream = &self.stream_id;
        self.manifest_path = Some(ObjectKey::Master { stream: stream.clone() }.to_string());
        let playlist =
            |rendition: &String| ObjectKey::Playlist { stream: stream.clone(), rendition: rendition.clone() };
        self.variant_paths =
            self.rates.keys().map(|name| (name.clone(), playlist(name).to_string())).collect();
        self.variants_generated =
            self.plan.iter().flat_map(|plan| &plan.renditions).map(|r| r.name.clone()).collect();
    }

    pub(super) fn tell_uploaded(&mut self, now: Timestamp) {
        let state = if self.has_source() { "source stored" } else { "source wanted" };
        let uploaded = self.as_uploaded();
        self.tell(state, Event::Uploaded(uploaded), now);
    }

    /// Whoever acts on the event has it: it need not be published again.
    fn take_out_uploaded(&mut self) {
        self.outbox.take_out(|event| matches!(event, Event::Uploaded(_)));
    }

    fn as_uploaded(&self) -> Uploaded {
        Uploaded {
            stream_id: self.stream_id.clone(),
            stream_type: "vod".to_owned(),
            chunk_index: 0,
            sequence_number: 0,
            size_bytes: self.file_size_bytes,
            checksum: self.checksum.clone(),
            duration_ms: (self.duration_seconds.max(0.0) * 1000.0).round() as u64,
            resolution: self.resolution.clone(),
            title: self.title.clone(),
            raw_path: self.raw_path.clone(),
            keyframe_aligned: self.keyframe_aligned,
            audio_track_id: self.audio_track_id.clone(),
        }
    }

    fn tell(&mut self, state: &str, event: Event, now: Timestamp) {
        let event = Envelope::new(self.stream_id.as_str(), state, now, event);
        self.outbox.push(Outgoing { topic: Topic::VodChunks, key: self.stream_id.to_string(), event }, now);
    }

    fn expect(&self, statuses: &[VideoStatus]) -> Result<(), VideoRefusal> {
        if statuses.contains(&self.status) { Ok(()) } else { Err(VideoRefusal::State(self.status)) }
    }

    fn expect_next(&self, status: VideoStatus) -> Result<(), VideoRefusal> {
        if self.status.next().contains(&status) { Ok(()) } else { Err(VideoRefusal::State(self.status)) }
    }
}

/// Counts the keyframes of a segment in, each with the time until the next one.
fn count_keyframes(rate: &mut MeasuredRate, grid: &Grid, divisor: u32, segment: &SegmentOutput) {
    let gop_us = u64::try_from(grid.micros_at(u64::from(grid.gop_frames))).unwrap_or(u64::MAX);
    let in_segment = u64::from(grid.segment_frames.div_ceil(grid.gop_frames.max(1)));
    let cut = Cut::of(grid, grid.gop_frames.into(), divisor);
    let (mut number, mut rest_us) = (u64::from(segment.index) * in_segment, segment.duration_us);
    for span in &segment.keyframes {
        let duration_us = rest_us.min(gop_us);
        rate.add_piece(cut, number, Piece { bytes: span.length, duration_us });
        (number, rest_us) = (number + 1, rest_us - duration_us);
    }
}
