//! An encoder that only waits: what is left of a job's time is coordination.

use crate::clock::{self, Stopwatch};
use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    media::{MediaInfo, VideoTrack},
    programme::Programme,
    rate::Rate,
    stills::{POSTER, STORYBOARD},
    task::{ChunkTask, EncodeTask, StillsTask, TrackKind},
    timeline::Timeline,
};
use ports::{
    Encoded, EncodedFrames, EncodedSegment, EncodedTrack, Encoder, MediaError, Progress, ProgressSink,
    Source, Urgency,
};
use std::{
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// Pictures per second of the source that it pretends to see.
const RATE: u32 = 25;
/// What it makes of each segment, in bytes: it is to be stored, not to be moved.
const SEGMENT_BYTES: usize = 1_000;

/// Waits instead of encoding.
pub(crate) struct Waiting {
    source: MediaInfo,
    wait: Duration,
    began: Stopwatch,
    encodes: Mutex<Vec<Encode>>,
    ended: watch::Sender<usize>,
}

/// One encode, in seconds since the encoder was made.
#[derive(Debug, Clone)]
pub(crate) struct Encode {
    /// When it was asked for: the job had been claimed.
    pub(crate) from_s: f64,
    /// When it was done.
    pub(crate) to_s: f64,
}

impl Waiting {
    /// An encoder that waits so long for each part, and sees so many seconds of pictures in any source.
    pub(crate) fn new(wait: Duration, source_seconds: u32) -> Self {
        Self {
            source: pictures(source_seconds),
            wait,
            began: Stopwatch::start(),
            encodes: Mutex::default(),
            ended: watch::Sender::new(0),
        }
    }

    /// Seconds since it was made.
    pub(crate) fn seconds(&self) -> f64 {
        self.began.seconds()
    }

    /// Waits until it has made so many encodes.
    pub(crate) async fn made(&self, encodes: usize) {
        // The sender lives as long as this.
        let _ = self.ended.subscribe().wait_for(|ended| *ended >= encodes).await;
    }

    /// A card takes as long to make as it would show.
    fn wait_for(&self, task: &EncodeTask) -> Duration {
        match task {
            EncodeTask::TestSource(card) => Duration::from_millis(card.duration_ms.into()),
            EncodeTask::Chunk(_) | EncodeTask::Span(_) | EncodeTask::Subtitles(_) | EncodeTask::Stills(_) => {
                self.wait
            }
        }
    }

    /// Every encode that has ended, in the order of their ends.
    pub(crate) fn encodes(&self) -> Vec<Encode> {
        self.encodes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Encoder for Waiting {
    async fn probe(&self, _: &Source) -> Result<MediaInfo, MediaError> {
        Ok(self.source.clone())
    }

    async fn encode(
        &self,
        _: Option<&Source>,
        task: &EncodeTask,
        _: Urgency,
        scratch: &Path,
        progress: &ProgressSink,
    ) -> Result<Encoded, MediaError> {
        let from_s = self.seconds();
        clock::pause(self.wait_for(task)).await;
        // The next one may begin, as at the end of a real one.
        progress.send_replace(Progress { done_us: u64::MAX });
        let encode = Encode { from_s, to_s: self.seconds() };
        self.encodes.lock().unwrap_or_else(PoisonError::into_inner).push(encode);
        self.ended.send_modify(|ended| *ended += 1);
        match task {
            EncodeTask::Chunk(chunk) => Ok(Encoded::Tracks(tracks(chunk))),
            EncodeTask::Stills(task) => Ok(Encoded::Tracks(stills(task))),
            EncodeTask::Span(_) | EncodeTask::Subtitles(_) | EncodeTask::TestSource(_) => file(scratch),
        }
    }

    /// Only the producer asks for programmes, and it takes no part.
    async fn make(&self, _: &Programme, _: &Source, _: &Path) -> Result<EncodedFrames, MediaError> {
        Err(MediaError::Unavailable("this encoder only waits".to_owned()))
    }
}

fn file(scratch: &Path) -> Result<Encoded, MediaError> {
    let file = scratch.join("source");
    let written = std::fs::write(&file, [0; SEGMENT_BYTES]);
    written.map_err(|error| MediaError::Unavailable(error.to_string()))?;
    Ok(Encoded::File(file))
}

/// A small picture: one rendition, so that the store has as little to do as the encoder.
fn pictures(seconds: u32) -> MediaInfo {
    let rate = Rate { num: RATE, den: 1 };
    let frames = u64::from(seconds) * u64::from(RATE);
    let timeline = Timeline {
        start_us: 0,
        end_us: rate.micros_at(frames),
        frames,
        rate,
        constant: true,
        longest_gap_us: rate.micros_at(1),
        untimed: None,
        keyframes: Vec::new(),
    };
    let video = VideoTrack {
        stream_index: 0,
        codec: "h264".to_owned(),
        width: 640,
        height: 360,
        interlaced: false,
        high_dynamic_range: false,
        timeline,
    };
    MediaInfo {
        container: "mov".to_owned(),
        indexed: true,
        video: Some(video),
        audio: Vec::new(),
        subtitles: Vec::new(),
        declared_us: None,
        mended: Vec::new(),
        notes: Vec::new(),
    }
}

/// Every segment that was asked for, of bytes that mean nothing.
fn tracks(chunk: &ChunkTask) -> Vec<EncodedTrack> {
    let count = chunk.frames.div_ceil(chunk.segment_frames);
    let segment = |number: u32| {
        let begin = number * chunk.segment_frames;
        let frames = (chunk.frames - begin).min(chunk.segment_frames);
        EncodedSegment {
            index: chunk.first_segment + number,
            duration_us: u64::try_from(chunk.rate.micros_at(u64::from(frames))).unwrap_or_default(),
            keyframes: Vec::new(),
            bytes: Bytes::from_static(&[0; SEGMENT_BYTES]),
        }
    };
    let track = |rendition: &domain::ladder::Rendition| EncodedTrack {
        rendition: rendition.name.clone(),
        kind: TrackKind::Media,
        init: Some(Bytes::from_static(b"init")),
        segments: (0..count).map(segment).collect(),
    };
    chunk.renditions.iter().map(track).collect()
}

/// No still picture, which is what a video has when none can be made.
fn stills(_: &StillsTask) -> Vec<EncodedTrack> {
    let track = |rendition: &str| EncodedTrack {
        rendition: rendition.to_owned(),
        kind: TrackKind::Stills,
        init: None,
        segments: Vec::new(),
    };
    vec![track(POSTER), track(STORYBOARD)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::plan;

    #[tokio::test]
    async fn it_makes_every_segment_of_a_plan_once() {
        let waiting = Waiting::new(Duration::ZERO, 30);
        let source = Source::File("source".into());
        let media = waiting.probe(&source).await.unwrap();
        let plan = plan::for_source(&media).unwrap();
        let (scratch, progress) = (tempfile::tempdir().unwrap(), watch::Sender::new(Progress::default()));
        let mut segments = Vec::new();
        for part in plan.parts(&media) {
            let made =
                waiting.encode(Some(&source), &part.task, Urgency::Now, scratch.path(), &progress).await;
            let Ok(Encoded::Tracks(tracks)) = made else { panic!("{made:?}") };
            if matches!(part.task, EncodeTask::Stills(_)) {
                continue;
            }
            assert_eq!(tracks.len(), plan.renditions.len());
            segments.extend(tracks[0].segments.iter().map(|segment| segment.index));
        }
        assert_eq!(segments, (0..plan.grid.segments()).collect::<Vec<_>>());
        waiting.made(plan.part_count() as usize).await;
        assert_eq!(waiting.encodes().len(), plan.part_count() as usize);
    }
}
