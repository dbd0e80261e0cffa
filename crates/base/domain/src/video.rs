//! A video: its document, its states, and every way in which it may change.

use crate::{
    StreamId, Timestamp,
    collection::Kind,
    document::{Document, Outbox, Unknown},
    event::{Envelope, Event, Outgoing, Topic, Uploaded},
    index_set::IndexSet,
    job::{Outputs, SourceOutput},
    media::MediaInfo,
    object::ObjectKey,
    plan::Plan,
    rejection::Rejection,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a video stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VideoStatus {
    /// Its source is stored, or waits to be made.
    Uploaded,
    /// Its source is being looked into.
    Processing,
    /// It is planned, can be played, and is being encoded.
    Transcoding,
    /// All of it is encoded.
    Ready,
    /// A part of it could not be encoded.
    Failed,
    /// Its source was refused.
    Rejected,
    /// It was removed; only this is left.
    Deleted,
}

impl VideoStatus {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::Uploaded,
        Self::Processing,
        Self::Transcoding,
        Self::Ready,
        Self::Failed,
        Self::Rejected,
        Self::Deleted,
    ];

    /// The status as documents and answers write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Processing => "processing",
            Self::Transcoding => "transcoding",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Deleted => "deleted",
        }
    }

    /// What it may become.
    #[must_use]
    pub fn next(self) -> &'static [Self] {
        match self {
            Self::Uploaded => &[Self::Processing, Self::Rejected, Self::Failed, Self::Deleted],
            Self::Processing => &[Self::Transcoding, Self::Rejected, Self::Failed, Self::Deleted],
            Self::Transcoding => &[Self::Ready, Self::Rejected, Self::Failed, Self::Deleted],
            Self::Ready | Self::Failed | Self::Rejected => &[Self::Deleted],
            Self::Deleted => &[],
        }
    }
}

/// A video's document. Field names are those of the original pipeline where it had them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Video {
    /// Its id.
    pub stream_id: StreamId,
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub status: VideoStatus,
    /// Why it failed or was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Rejection>,
    /// Who uploaded it: turns in the queue are fair between uploaders.
    pub uploader: String,
    /// `WIDTHxHEIGHT`: as claimed at first, as found later.
    pub resolution: String,
    /// The source's size.
    pub file_size_bytes: u64,
    /// The source's SHA-256, lower-case hex; empty while the source has yet to be made.
    pub checksum: String,
    /// The length in seconds: as claimed at first, as found later.
    pub duration_seconds: f64,
    /// The uploader's own name for the sound, if given.
    #[serde(default)]
    pub audio_track_id: Option<String>,
    /// Where the source is: `/bucket/key`.
    pub raw_path: String,
    /// Every segment begins with a keyframe.
    pub keyframe_aligned: bool,
    /// The test card to make as its source, when only metadata was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_source: Option<TestSource>,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// When its source was first looked into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processing_started_at: Option<Timestamp>,
    /// When it was planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcoding_started_at: Option<Timestamp>,
    /// When its beginning was encoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playable_at: Option<Timestamp>,
    /// When it ended, however it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// From the upload to `ready`, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processing_latency_ms: Option<u64>,
    /// Renditions that it has, by name.
    #[serde(default)]
    pub variants_generated: Vec<String>,
    /// Where each rendition's archived playlist is: `/bucket/key`.
    #[serde(default)]
    pub variant_paths: BTreeMap<String, String>,
    /// Where the archived multivariant playlist is: `/bucket/key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest_path: Option<String>,
    /// What was found in the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<MediaInfo>,
    /// What was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// The parts that are done, by position in the plan.
    #[serde(default)]
    pub parts_done: IndexSet,
    /// Share of the parts that are done, in percent.
    pub progress_percent: u8,
    /// SHA-256 of each rendition's initialization segment, from the first part that made one.
    #[serde(default)]
    pub inits: BTreeMap<String, String>,
    /// What each rendition's segments measure so far.
    #[serde(default)]
    pub rates: BTreeMap<String, MeasuredRate>,
    /// Events to publish.
    #[serde(flatten)]
    pub outbox: Outbox,
    /// Fields of other versions.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// A test card that stands in for a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestSource {
    /// Width in pixels, even.
    pub width: u32,
    /// Height in pixels, even.
    pub height: u32,
    /// Length in milliseconds.
    pub duration_ms: u32,
}

/// The real rates of a rendition's segments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeasuredRate {
    /// Bytes of all segments that are done.
    pub bytes: u64,
    /// Microseconds that they play.
    pub duration_us: u64,
    /// The highest rate of a segment, in bit/s.
    pub peak_bps: u64,
}

impl MeasuredRate {
    /// The mean rate in bit/s.
    #[must_use]
    pub fn average_bps(self) -> u64 {
        bits_per_second(self.bytes, self.duration_us)
    }

    fn add(&mut self, bytes: u64, duration_us: u64) {
        self.bytes += bytes;
        self.duration_us += duration_us;
        self.peak_bps = self.peak_bps.max(bits_per_second(bytes, duration_us));
    }
}

/// What an upload says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct NewVideo {
    /// The id that was chosen for it.
    pub stream_id: StreamId,
    /// Its title.
    pub title: String,
    /// Who uploads it.
    pub uploader: String,
    /// The resolution that is claimed; empty when unknown.
    pub resolution: String,
    /// The length that is claimed, in seconds; 0 when unknown.
    pub duration_seconds: f64,
    /// The uploader's own name for the sound.
    pub audio_track_id: Option<String>,
    /// Where its bytes come from.
    pub source: NewSource,
}

/// Where a new video's bytes come from.
#[derive(Debug, Clone, PartialEq)]
pub enum NewSource {
    /// They were uploaded and are stored.
    Stored(SourceOutput),
    /// Only metadata was sent: a test card of the claimed size stands in.
    TestCard {
        /// The card to make.
        card: TestSource,
        /// The size that the uploader claims.
        claimed_bytes: u64,
    },
}

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
    /// A new video, with the event that tells of it.
    #[must_use]
    pub fn uploaded(new: NewVideo, now: Timestamp) -> Self {
        let raw_path = ObjectKey::Source { stream: new.stream_id.clone() }.to_string();
        let (file_size_bytes, checksum, test_source) = match new.source {
            NewSource::Stored(source) => (source.size_bytes, source.sha256, None),
            NewSource::TestCard { card, claimed_bytes } => (claimed_bytes, String::new(), Some(card)),
        };
        let mut video = Self {
            stream_id: new.stream_id,
            title: new.title,
            status: VideoStatus::Uploaded,
            reason: None,
            uploader: new.uploader,
            resolution: new.resolution,
            file_size_bytes,
            checksum,
            duration_seconds: new.duration_seconds,
            audio_track_id: new.audio_track_id,
            raw_path,
            keyframe_aligned: true,
            test_source,
            created_at: now,
            processing_started_at: None,
            transcoding_started_at: None,
            playable_at: None,
            completed_at: None,
            processing_latency_ms: None,
            variants_generated: Vec::new(),
            variant_paths: BTreeMap::new(),
            manifest_path: None,
            media: None,
            plan: None,
            parts_done: IndexSet::default(),
            progress_percent: 0,
            inits: BTreeMap::new(),
            rates: BTreeMap::new(),
            outbox: Outbox::default(),
            unknown: Unknown::new(),
        };
        video.tell_uploaded(now);
        video
    }

    /// The source exists, byte for byte, in the object store.
    #[must_use]
    pub fn has_source(&self) -> bool {
        !self.checksum.is_empty()
    }

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
            let made = &track.init_sha256;
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
        for track in &outputs.tracks {
            let rate = self.rates.entry(track.rendition.clone()).or_default();
            track.segments.iter().for_each(|segment| rate.add(segment.size_bytes, segment.duration_us));
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
        let status = if reason.code == crate::rejection::RejectionCode::EncodeFailed {
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

    fn tell_uploaded(&mut self, now: Timestamp) {
        let uploaded = Uploaded {
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
        };
        let state = if self.has_source() { "source stored" } else { "source wanted" };
        self.tell(state, Event::Uploaded(uploaded), now);
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

impl Document for Video {
    const KIND: Kind = Kind::Video;

    fn id(&self) -> &str {
        self.stream_id.as_str()
    }

    fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    fn outbox_mut(&mut self) -> &mut Outbox {
        &mut self.outbox
    }
}

fn bits_per_second(bytes: u64, duration_us: u64) -> u64 {
    bytes.saturating_mul(8_000_000).checked_div(duration_us).unwrap_or(0)
}
