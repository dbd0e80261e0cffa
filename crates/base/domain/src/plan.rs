//! The plan of a video: decided once from what was found in the source, and a promise from then on.
//!
//! Playlists are a pure function of it, so every chunk and span has to yield exactly what is written here.

mod parts;

use crate::{
    JobId, StreamId, audio, completeness,
    grid::{Batches, Grid},
    h264,
    ladder::{self, Rendition},
    media::{AudioTrack, MediaInfo, VideoTrack},
    rate::Rate,
    rejection::{Rejection, RejectionCode},
    stills::{self, Stills},
    subtitles::{self, SubtitleRendition},
    task::{EncodeTask, TrackKind},
};
use parts::{STILLS_PART, SUBTITLES_PART, chunk_name, span_name};
use serde::{Deserialize, Serialize};

/// The version of the recipe: part of every job's id, so that a changed recipe never meets an older one's output.
pub const RECIPE: u32 = 1;

/// Pictures per second above which a source is thinned out.
const MAX_RATE: f64 = 60.5;
/// Sound that begins before, or goes on after, the pictures by more than this is kept, with a picture held beside it;
/// by less, it is what containers do, and the pictures decide.
const TOLERATED_OVERHANG_US: i64 = 500_000;
/// A closed GOP, in seconds.
const GOP_SECONDS: f64 = 2.0;
const GOPS_PER_SEGMENT: u32 = 2;
const CHUNKS: Batches = Batches { first: 1, rest: 2 };
/// Three pictures in renditions of half the rate. Encoders decode pictures earlier than they show them, to reorder them, by a
/// time that they do not know of fewer: the decoding times of such a chunk would not go on where those before it end.
const LEAST_CHUNK_FRAMES: u32 = 6;
const SPANS: Batches = Batches { first: 1, rest: 8 };
/// A minute of text is small beside any segment of pictures.
const SUBTITLES: Batches = Batches { first: 15, rest: 15 };

/// A planned video.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The version of the recipe that it follows.
    pub recipe: u32,
    /// When grid frame 0 shows, in microseconds of the source's own clock.
    pub origin_us: i64,
    /// How the presentation is cut.
    pub grid: Grid,
    /// Picture renditions, largest first; none for a sound-only source.
    pub renditions: Vec<Rendition>,
    /// Audio renditions, the default one first.
    pub audio: Vec<AudioRendition>,
    /// Subtitle renditions.
    #[serde(default)]
    pub subtitles: Vec<SubtitleRendition>,
    /// The poster and the storyboard; none without pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stills: Option<Stills>,
}

/// A sound rendition, decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioRendition {
    /// Its name: a folder in keys and addresses, such as `audio-0`.
    pub name: String,
    /// The sound track's number in the container.
    pub stream_index: u32,
    /// The language as tagged, if known.
    pub language: Option<String>,
    /// The rate in kbit/s.
    pub kbps: u32,
}

/// One job of a plan: a part of the video that is encoded and recorded as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its name within the video, such as `chunk-3`: what the job's id is derived from.
    pub name: String,
    /// What the encoder is asked.
    pub task: EncodeTask,
    /// It holds the beginning of the video.
    pub first: bool,
    /// When its first frame shows, in milliseconds from the beginning.
    pub at_ms: u64,
}

/// Decides the plan of a source, or why there is none.
///
/// # Errors
/// A [`Rejection`] when nothing in it shows or sounds for any time, or only a scrap of it is left.
pub fn for_source(info: &MediaInfo) -> Result<Plan, Rejection> {
    if let Some(refusal) = completeness::refusal(info) {
        return Err(refusal);
    }
    let audio: Vec<AudioRendition> =
        (0..).zip(&info.audio).map(|(number, track)| audio_rendition(number, track)).collect();
    let subtitles = subtitles::renditions(&info.subtitles);
    match (&info.video, info.audio.first()) {
        (Some(video), _) => Ok(Plan { subtitles, ..picture_plan(video, &info.audio, audio) }),
        (None, Some(track)) => Ok(Plan { subtitles, ..sound_plan(track, audio) }),
        (None, None) => Err(Rejection::new(
            RejectionCode::NothingDecodes,
            "The file holds neither pictures nor sound that can be decoded. Export it again and upload the new file.",
        )),
    }
}

fn audio_rendition(number: u32, track: &AudioTrack) -> AudioRendition {
    AudioRendition {
        name: format!("audio-{number}"),
        stream_index: track.stream_index,
        language: track.language.clone(),
        kbps: audio::KBPS,
    }
}

fn picture_plan(video: &VideoTrack, tracks: &[AudioTrack], audio: Vec<AudioRendition>) -> Plan {
    let timeline = &video.timeline;
    let rate = timeline.rate.divided((timeline.rate.per_second() / MAX_RATE).ceil() as u32);
    let lead =
        tracks.iter().map(|t| timeline.start_us - t.start_us).max().filter(|us| *us > TOLERATED_OVERHANG_US);
    let tail =
        tracks.iter().map(|t| t.end_us - timeline.end_us).max().filter(|us| *us > TOLERATED_OVERHANG_US);
    let origin_us = timeline.start_us - lead.unwrap_or(0);

    let counted = timeline.constant && rate == timeline.rate && lead.is_none() && tail.is_none();
    let shown_us = timeline.end_us + tail.unwrap_or(0) - origin_us;
    let frames = if counted { timeline.frames } else { rate.units_in(shown_us).max(1) };

    let renditions = ladder::renditions(video.width, video.height, rate);
    let divisor = renditions.iter().map(|rendition| rendition.divisor).max().unwrap_or(1);
    let gop_frames = ((rate.per_second() * GOP_SECONDS).round() as u32).max(1).next_multiple_of(divisor);
    let grid = grid(rate, frames, gop_frames);
    let stills = Some(Stills::of(video, grid.duration_us()));
    Plan { recipe: RECIPE, origin_us, grid, renditions, audio, subtitles: Vec::new(), stills }
}

/// Without pictures the sound's own frames are the grid, so that segments are whole numbers of them.
fn sound_plan(track: &AudioTrack, audio: Vec<AudioRendition>) -> Plan {
    let rate = audio::FRAME_RATE;
    let gop_frames = (rate.per_second() * GOP_SECONDS).round() as u32;
    let frames = rate.units_in(track.end_us - track.start_us).max(1);
    let grid = grid(rate, frames, gop_frames);
    Plan {
        recipe: RECIPE,
        origin_us: track.start_us,
        grid,
        renditions: Vec::new(),
        audio,
        subtitles: Vec::new(),
        stills: None,
    }
}

fn grid(rate: Rate, frames: u64, gop_frames: u32) -> Grid {
    let segment_frames = gop_frames * GOPS_PER_SEGMENT;
    Grid {
        rate,
        frames,
        gop_frames,
        segment_frames,
        chunks: CHUNKS,
        least_chunk_frames: LEAST_CHUNK_FRAMES,
        spans: SPANS,
        subtitles: SUBTITLES,
    }
}

impl Plan {
    /// Every job of the plan, in an order that never changes: a part's position is its number in the video's progress.
    #[must_use]
    pub fn parts(&self, info: &MediaInfo) -> Vec<Part> {
        let chunks = info
            .video
            .iter()
            .flat_map(|video| (0..self.chunk_count()).map(|i| self.chunk_part(i, video, info)));
        let spans =
            (0..self.audio.len()).flat_map(|track| (0..self.grid.span_count()).map(move |i| (track, i)));
        let spans = spans.map(|(track, index)| self.span_part(track, index, info));
        chunks.chain(spans).chain(self.subtitles_part()).chain(self.stills_part(info)).collect()
    }

    /// How many jobs the plan has.
    #[must_use]
    pub fn part_count(&self) -> u32 {
        self.stills_position() + u32::from(self.stills.is_some())
    }

    /// What the parts of a rendition are; `None` when the plan has no such rendition.
    #[must_use]
    pub fn kind_of(&self, rendition: &str) -> Option<TrackKind> {
        let still = [stills::POSTER, stills::STORYBOARD].contains(&rendition) && self.stills.is_some();
        let text = self.subtitles.iter().any(|s| s.name == rendition);
        let media = self.renditions.iter().any(|r| r.name == rendition)
            || self.audio.iter().any(|a| a.name == rendition);
        [(still, TrackKind::Stills), (text, TrackKind::Text), (media, TrackKind::Media)]
            .into_iter()
            .find_map(|(is, kind)| is.then_some(kind))
    }

    /// The position of the part that makes this segment of this rendition; `None` when the plan has no such segment.
    #[must_use]
    pub fn position_of(&self, rendition: &str, segment: u32) -> Option<u32> {
        match self.kind_of(rendition)? {
            TrackKind::Text => {
                return (segment < self.grid.subtitle_count()).then(|| self.subtitles_position());
            }
            TrackKind::Stills => {
                let sheets = self.stills.as_ref().map_or(0, Stills::sheets);
                let count = if rendition == stills::POSTER { 1 } else { sheets };
                return (segment < count).then(|| self.stills_position());
            }
            TrackKind::Media => {}
        }
        if segment >= self.grid.segments() {
            return None;
        }
        if self.renditions.iter().any(|r| r.name == rendition) {
            return Some(self.grid.chunk_of(segment));
        }
        let track = u32::try_from(self.audio.iter().position(|a| a.name == rendition)?).ok()?;
        Some(self.chunk_count() + track * self.grid.span_count() + self.grid.spans.containing(segment))
    }

    /// The positions of the parts that hold the beginning: the video is playable without a wait once they are done.
    #[must_use]
    pub fn opening(&self) -> Vec<u32> {
        let names = self.renditions.iter().take(1).map(|r| &r.name).chain(self.audio.iter().map(|a| &a.name));
        names.filter_map(|name| self.position_of(name, 0)).collect()
    }

    /// The name of the part at a position, as [`Part::name`] has it.
    #[must_use]
    pub fn part_name(&self, position: u32) -> String {
        match position.checked_sub(self.chunk_count()) {
            None => chunk_name(position),
            Some(_) if self.stills.is_some() && position == self.stills_position() => STILLS_PART.to_owned(),
            Some(_) if position >= self.subtitles_position() => SUBTITLES_PART.to_owned(),
            Some(after) => {
                let spans = self.grid.span_count().max(1);
                span_name((after / spans) as usize, after % spans)
            }
        }
    }

    /// The id of the job at a position.
    #[must_use]
    pub fn job_id(&self, stream: &StreamId, source_sha256: &str, position: u32) -> JobId {
        JobId::derive(stream, source_sha256, self.recipe, &self.part_name(position))
    }

    /// By how many microseconds everything shows and sounds later than its place on the grid.
    ///
    /// Decoding comes before showing, and no player agrees with another on offsets below zero: so the whole presentation is
    /// moved by what the slowest rendition needs.
    #[must_use]
    pub fn delay_us(&self) -> i64 {
        self.grid.micros_at(u64::from(self.delay_frames()))
    }

    fn delay_frames(&self) -> u32 {
        self.renditions.iter().map(|rendition| rendition.divisor).max().unwrap_or(0) * h264::REORDERED
    }

    fn chunk_count(&self) -> u32 {
        if self.renditions.is_empty() { 0 } else { self.grid.chunk_count() }
    }

    /// The position of the part that makes the stills, if there are any: the last one.
    fn stills_position(&self) -> u32 {
        self.subtitles_position() + u32::from(!self.subtitles.is_empty())
    }

    /// The position of the part that makes the subtitles, if there are any: after pictures and sound.
    fn subtitles_position(&self) -> u32 {
        self.chunk_count() + u32::try_from(self.audio.len()).unwrap_or(u32::MAX) * self.grid.span_count()
    }
}

#[cfg(test)]
mod tests;
