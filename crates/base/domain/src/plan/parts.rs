//! The parts of a plan: the order for each job.

use super::{Part, Plan};
use crate::{
    audio,
    media::{MediaInfo, VideoTrack},
    subtitles::SubtitleRendition,
    task::{ChunkTask, EncodeTask, SpanTask, StillsTask, SubtitleSource, SubtitlesTask},
    timeline::Timeline,
};

/// The name of the part that makes all subtitles, from one reading of the source.
pub(super) const SUBTITLES_PART: &str = "subtitles";
/// The name of the part that makes the poster and the storyboard.
pub(super) const STILLS_PART: &str = "stills";
/// How far before a span's first sample the demuxer is sent: room for the pre-roll and for packets that straddle it.
const SPAN_SEEK_MARGIN_US: i64 = 500_000;
/// How much earlier than a keyframe's decode time a demuxer without an index is sent.
const KEYFRAME_MARGIN_US: i64 = 1_000;

impl Plan {
    pub(super) fn chunk_part(&self, index: u32, video: &VideoTrack, info: &MediaInfo) -> Part {
        let segments = self.grid.chunk(index);
        let frames = self.grid.frames_of(&segments);
        let start_us = self.origin_us + self.grid.micros_at(frames.start);
        let task = ChunkTask {
            stream_index: video.stream_index,
            start_us,
            seek_us: (index > 0).then(|| picture_seek(video, info.indexed, start_us)).flatten(),
            untimed: video.timeline.untimed,
            rate: self.grid.rate,
            first_frame: frames.start,
            frames: u32::try_from(frames.end - frames.start).unwrap_or(u32::MAX),
            gop_frames: self.grid.gop_frames,
            delay_frames: self.delay_frames(),
            first_segment: segments.start,
            segment_frames: self.grid.segment_frames,
            deinterlace: video.interlaced,
            tone_map: video.high_dynamic_range,
            mended: info.mended.clone(),
            renditions: self.renditions.clone(),
        };
        self.part(chunk_name(index), EncodeTask::Chunk(task), index, frames.start)
    }

    pub(super) fn span_part(&self, track: usize, index: u32, info: &MediaInfo) -> Part {
        let rendition = &self.audio[track];
        let segments = self.grid.span(index);
        let first_frame = audio::frames_of(&self.grid, &segments).start;
        let count = |segment: u32| {
            let frames = audio::frames_of(&self.grid, &(segment..segment + 1));
            u32::try_from(frames.end - frames.start).unwrap_or(u32::MAX)
        };
        let start_us = self.origin_us + audio::FRAME_RATE.micros_at(first_frame);
        let task = SpanTask {
            rendition: rendition.name.clone(),
            stream_index: rendition.stream_index,
            origin_us: self.origin_us,
            seek_us: (index > 0).then(|| sound_seek(info, start_us)).flatten(),
            first_frame,
            first_segment: segments.start,
            segment_frames: segments.clone().map(count).collect(),
            delay_us: self.delay_us(),
            mended: info.mended.clone(),
            kbps: rendition.kbps,
        };
        let at = self.grid.segment(segments.start).start;
        self.part(span_name(track, index), EncodeTask::Span(task), index, at)
    }

    /// One part for all of them: finding the text takes a reading of the whole source, and little else.
    pub(super) fn subtitles_part(&self) -> Option<Part> {
        let source = |s: &SubtitleRendition| SubtitleSource {
            rendition: s.name.clone(),
            stream_index: s.stream_index,
        };
        let end_us = |index| self.grid.micros_at(self.grid.subtitle_segment(index).end);
        let task = SubtitlesTask {
            sources: self.subtitles.iter().map(source).collect(),
            origin_us: self.origin_us,
            ends_us: (0..self.grid.subtitle_count()).map(end_us).collect(),
            delay_us: self.delay_us(),
        };
        let part = || Part {
            name: SUBTITLES_PART.to_owned(),
            task: EncodeTask::Subtitles(task),
            first: false,
            at_ms: 0,
        };
        (!self.subtitles.is_empty()).then(part)
    }

    pub(super) fn stills_part(&self, info: &MediaInfo) -> Option<Part> {
        let (stills, video) = (self.stills.clone()?, info.video.as_ref()?);
        let task = StillsTask {
            stream_index: video.stream_index,
            origin_us: self.origin_us,
            keyframes_only: stills.of_keyframes(video),
            deinterlace: video.interlaced,
            tone_map: video.high_dynamic_range,
            mended: info.mended.clone(),
            stills,
        };
        let (name, task) = (STILLS_PART.to_owned(), EncodeTask::Stills(task));
        Some(Part { name, task, first: false, at_ms: 0 })
    }

    fn part(&self, name: String, task: EncodeTask, index: u32, first_frame: u64) -> Part {
        let at_ms = u64::try_from(self.grid.micros_at(first_frame) / 1000).unwrap_or(0);
        Part { name, task, first: index == 0, at_ms }
    }
}

pub(super) fn chunk_name(index: u32) -> String {
    format!("chunk-{index}")
}

pub(super) fn span_name(track: usize, index: u32) -> String {
    format!("audio-{track}-span-{index}")
}

/// `None`: from the beginning, and so where pictures have no time that could be found.
///
/// An index finds the keyframe before a time by itself; elsewhere the keyframe's own decode time is what to land before.
///
/// Early enough for the picture that is already showing at `start_us`. On a constant grid that picture is its own: half a
/// frame later is still before the next one, and a keyframe exactly there is found instead of the one before it, which
/// would cost the decoding of a whole GOP.
fn picture_seek(video: &VideoTrack, indexed: bool, start_us: i64) -> Option<i64> {
    let timeline = &video.timeline;
    let half_us = timeline.rate.micros_at(1) / 2;
    let needed = if timeline.constant { start_us + half_us } else { start_us - timeline.longest_gap_us };
    if !can_be_sought(timeline, needed) {
        return None;
    }
    if indexed {
        return Some(needed);
    }
    timeline.keyframe_before(needed).map(|keyframe| keyframe.dts_us - KEYFRAME_MARGIN_US)
}

/// No demuxer finds a place from a time before the first keyframe that has one.
fn can_be_sought(timeline: &Timeline, time_us: i64) -> bool {
    let found_us = timeline.keyframe_before(time_us).map_or(i64::MIN, |keyframe| keyframe.pts_us);
    timeline.untimed.is_none_or(|untimed| found_us >= untimed.end_us())
}

fn sound_seek(info: &MediaInfo, start_us: i64) -> Option<i64> {
    let needed = start_us - SPAN_SEEK_MARGIN_US;
    match &info.video {
        Some(video) if !can_be_sought(&video.timeline, needed) => None,
        // Without an index a seek goes by the picture track's decode times, and sound may lie well before its picture.
        Some(video) if !info.indexed => video
            .timeline
            .keyframe_before(needed - SPAN_SEEK_MARGIN_US)
            .map(|keyframe| keyframe.dts_us - KEYFRAME_MARGIN_US),
        _ => Some(needed),
    }
}
