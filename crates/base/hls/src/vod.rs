//! The playlists of a planned video: a pure function of its plan, so that they exist before the first picture is encoded
//! and never change afterwards. Only the rates in the master are the plan's caps at first and the measured ones later.

use crate::{
    ByteRange, FrameRate, FramesVariant, Kind, Map, MasterPlaylist, MediaPlaylist, MediaRendition,
    RenditionKind, Resolution, Segment, SegmentDuration, Selection, StartOffset, Variant, VideoRange,
    webvtt::{Cue, WebVtt},
};
use domain::{
    audio,
    job::Span,
    ladder::Rendition,
    object::ObjectKey,
    plan::{AudioRendition, Plan},
    rate::Rate,
    stills::{Place, Size},
    subtitles::SubtitleRendition,
    video::{MeasuredRate, Video},
};
use std::{collections::BTreeMap, ops::Range};

/// How the parts of a video are addressed within its playlists.
pub trait Addresses {
    /// A rendition's playlist, as the master names it.
    fn playlist(&self, rendition: &str) -> String;
    /// A rendition's initialization segment, as its playlist names it.
    fn init(&self, rendition: &str) -> String;
    /// A media segment, as its rendition's playlist names it.
    fn segment(&self, rendition: &str, index: u32) -> String;
    /// A segment of subtitles, as its rendition's playlist names it.
    fn subtitles(&self, rendition: &str, index: u32) -> String;
    /// The playlist of a rendition's single pictures, as the master names it; `None` where there is none.
    fn frames(&self, rendition: &str) -> Option<String>;
}

/// What is known of a video when all of it is encoded.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    /// The rates of each rendition.
    pub rates: &'a BTreeMap<String, MeasuredRate>,
    /// The rates of each rendition's keyframes, played by themselves.
    pub keyframe_rates: &'a BTreeMap<String, MeasuredRate>,
}

impl<'a> Measured<'a> {
    /// What is known of this video.
    #[must_use]
    pub fn of(video: &'a Video) -> Self {
        Self { rates: &video.rates, keyframe_rates: &video.keyframe_rates }
    }
}

/// The index of a video's storyboard: which part of which sheet shows a stretch of it; `sheet` gives a sheet's address.
/// `None` when the plan has no storyboard.
#[must_use]
pub fn storyboard(plan: &Plan, sheet: impl Fn(u32) -> String) -> Option<WebVtt> {
    let stills = plan.stills.as_ref()?;
    let (every_us, Size { width, height }) = (u64::try_from(stills.every_us).ok()?, stills.thumbnail);
    let end_us = u64::try_from(plan.grid.duration_us()).ok()?;
    let cue = |index: u32| {
        let Place { sheet: number, x, y } = stills.place(index);
        let start_us = u64::from(index) * every_us;
        Cue {
            start_us,
            end_us: (start_us + every_us).min(end_us).max(start_us + 1_000),
            settings: String::new(),
            text: format!("{}#xywh={x},{y},{width},{height}", sheet(number)),
        }
    };
    Some(WebVtt { cues: (0..stills.count).map(cue).collect(), ..WebVtt::default() })
}

/// The group of all audio renditions.
const AUDIO_GROUP: &str = "audio";
/// The group of all subtitle renditions.
const SUBTITLES_GROUP: &str = "subtitles";
/// The rate in kbit/s that players should begin with (Apple's authoring specification asks for about 2 Mbit/s).
const FIRST_VARIANT_KBPS: f64 = 2000.0;

/// The master playlist. `measured` is absent until the video is ready.
#[must_use]
pub fn master(plan: &Plan, measured: Option<Measured<'_>>, addresses: &dyn Addresses) -> MasterPlaylist {
    let rates = Rates { measured: measured.map(|measured| measured.rates) };
    let beside = rates.beside_pictures(plan);
    let alone = plan.renditions.is_empty();
    let variants = if alone {
        plan.audio.first().map(|audio| sound_variant(plan, audio, beside, addresses)).into_iter().collect()
    } else {
        let mut renditions: Vec<&Rendition> = plan.renditions.iter().collect();
        let distance =
            |rendition: &Rendition| (f64::from(rendition.max_kbps) / FIRST_VARIANT_KBPS).ln().abs();
        if let Some(first) =
            (0..renditions.len()).min_by(|a, b| distance(renditions[*a]).total_cmp(&distance(renditions[*b])))
        {
            renditions[..=first].rotate_right(1);
        }
        renditions
            .into_iter()
            .map(|rendition| picture_variant(plan, rendition, &rates, beside, addresses))
            .collect()
    };
    let mut media =
        if alone && plan.audio.len() < 2 { Vec::new() } else { audio_renditions(plan, addresses) };
    media.extend(plan.subtitles.iter().map(|subtitles| subtitle_rendition(subtitles, addresses)));
    let frames = measured.map(|measured| frames_variants(plan, measured, addresses)).unwrap_or_default();
    MasterPlaylist { independent_segments: true, start: Some(BEGINNING), media, variants, frames }
}

/// The playlist of one rendition; `None` when the plan has none of this name.
#[must_use]
pub fn media(plan: &Plan, rendition: &str, addresses: &dyn Addresses) -> Option<MediaPlaylist> {
    if plan.subtitles.iter().any(|subtitles| subtitles.name == rendition) {
        return subtitle_playlist(plan, rendition, addresses);
    }
    let mut playlist = MediaPlaylist::new(Kind::Vod, target_duration(plan));
    playlist.start = Some(BEGINNING);
    playlist.map = Some(Map::new(addresses.init(rendition)));
    let (rate, frames) = timing(plan, rendition)?;
    playlist.segments = (0..plan.grid.segments())
        .map(|index| {
            let Range { start, end } = frames(index);
            Segment::new(addresses.segment(rendition, index), SegmentDuration::between(rate, start, end))
        })
        .collect();
    Some(playlist)
}

/// The playlist of a rendition's single pictures, by what its segments recorded: `keyframes` gives those of a segment.
/// `None` when the plan has no such rendition of pictures, or its keyframes are not known.
pub fn frames(
    plan: &Plan,
    rendition: &str,
    keyframes: impl Fn(u32) -> Option<Vec<Span>>,
    addresses: &dyn Addresses,
) -> Option<MediaPlaylist> {
    let found = plan.renditions.iter().find(|found| found.name == rendition)?;
    let (divisor, rate) =
        (u64::from(found.divisor.max(1)), frame_rate(plan.grid.rate.divided(found.divisor))?);
    // Single pictures are shown faster than segments: such a playlist may have a target duration of its own (RFC 8216 6.2.4).
    let gop_us = plan.grid.micros_at(u64::from(plan.grid.gop_frames).min(plan.grid.frames));
    let mut playlist = MediaPlaylist::new(Kind::Vod, whole_seconds(gop_us));
    playlist.frames_only = true;
    playlist.map = Some(Map::new(addresses.init(rendition)));
    for index in 0..plan.grid.segments() {
        let Range { start, end } = plan.grid.segment(index);
        let spans = keyframes(index).filter(|spans| !spans.is_empty())?;
        for (gop, Span { offset, length }) in (0..).zip(spans) {
            let from = (start + gop * u64::from(plan.grid.gop_frames)).min(end);
            let to = (from + u64::from(plan.grid.gop_frames)).min(end);
            let duration = SegmentDuration::between(rate, from.div_ceil(divisor), to.div_ceil(divisor));
            let byterange = Some(ByteRange { length, offset });
            let uri = addresses.segment(rendition, index);
            playlist.segments.push(Segment { byterange, ..Segment::new(uri, duration) });
        }
    }
    Some(playlist)
}

fn frames_variants(plan: &Plan, measured: Measured<'_>, addresses: &dyn Addresses) -> Vec<FramesVariant> {
    let variant = |rendition: &Rendition| {
        let rate = measured.keyframe_rates.get(&rendition.name)?;
        let whole = measured.rates.get(&rendition.name)?;
        // Parts of an older version did not record them, and a playlist with holes is none.
        (rate.duration_us >= whole.duration_us / 100 * 99).then_some(())?;
        Some(FramesVariant {
            uri: addresses.frames(&rendition.name)?,
            bandwidth: rate.peak_bps,
            average_bandwidth: Some(rate.average_bps()),
            codecs: vec![rendition.codec_string()],
            resolution: Some(Resolution { width: rendition.width, height: rendition.height }),
        })
    };
    plan.renditions.iter().filter_map(variant).collect()
}

/// Subtitles are cut by the same clock, and more coarsely: they may have a target duration of their own (RFC 8216 6.2.4).
fn subtitle_playlist(plan: &Plan, name: &str, addresses: &dyn Addresses) -> Option<MediaPlaylist> {
    let rate = frame_rate(plan.grid.rate)?;
    let segment = |index| {
        let Range { start, end } = plan.grid.subtitle_segment(index);
        Segment::new(addresses.subtitles(name, index), SegmentDuration::between(rate, start, end))
    };
    let segments: Vec<Segment> = (0..plan.grid.subtitle_count()).map(segment).collect();
    let longest = segments.iter().map(|segment| segment.duration.rounded_seconds()).max().unwrap_or(1);
    let target_duration = u32::try_from(longest).unwrap_or(u32::MAX).max(1);
    let mut playlist = MediaPlaylist::new(Kind::Vod, target_duration);
    playlist.start = Some(BEGINNING);
    playlist.segments = segments;
    Some(playlist)
}

/// The bound on every rounded segment length of every rendition of pictures and sound: the same for all of them.
#[must_use]
pub fn target_duration(plan: &Plan) -> u32 {
    let full = plan.grid.rate.micros_at(u64::from(plan.grid.segment_frames).min(plan.grid.frames));
    // A sound segment may be longer by up to one AAC frame.
    let longest_us = full + audio::FRAME_RATE.micros_at(1);
    whole_seconds(longest_us)
}

fn whole_seconds(micros: i64) -> u32 {
    u32::try_from((micros + 500_000) / 1_000_000).unwrap_or(u32::MAX).max(1)
}

/// hls.js starts a VOD at its beginning anyway; players that take a long playlist for a broadcast need to be told.
const BEGINNING: StartOffset = StartOffset { micros: 0, precise: false };

type FramesOf<'a> = Box<dyn Fn(u32) -> Range<u64> + 'a>;

/// The rate in which a rendition counts, and which of its frames each segment has.
fn timing<'a>(plan: &'a Plan, name: &str) -> Option<(FrameRate, FramesOf<'a>)> {
    if let Some(rendition) = plan.renditions.iter().find(|rendition| rendition.name == name) {
        let divisor = u64::from(rendition.divisor.max(1));
        let frames = move |index| {
            let Range { start, end } = plan.grid.segment(index);
            start.div_ceil(divisor)..end.div_ceil(divisor)
        };
        return Some((frame_rate(plan.grid.rate.divided(rendition.divisor))?, Box::new(frames)));
    }
    plan.audio.iter().find(|audio| audio.name == name)?;
    let frames = move |index| audio::frames_of(&plan.grid, &(index..index + 1));
    Some((frame_rate(audio::FRAME_RATE)?, Box::new(frames)))
}

fn frame_rate(rate: Rate) -> Option<FrameRate> {
    FrameRate::new(rate.num, rate.den)
}

fn picture_variant(
    plan: &Plan,
    rendition: &Rendition,
    rates: &Rates<'_>,
    beside: Bandwidth,
    addresses: &dyn Addresses,
) -> Variant {
    let total = rates.of_picture(plan, rendition).plus(beside);
    let has_sound = !plan.audio.is_empty();
    let codecs = [Some(rendition.codec_string()), has_sound.then(|| audio::CODEC_STRING.to_owned())];
    Variant {
        uri: addresses.playlist(&rendition.name),
        bandwidth: total.peak,
        average_bandwidth: Some(total.average),
        codecs: codecs.into_iter().flatten().collect(),
        resolution: Some(Resolution { width: rendition.width, height: rendition.height }),
        frame_rate: frame_rate(plan.grid.rate.divided(rendition.divisor)),
        video_range: Some(VideoRange::Sdr),
        audio: has_sound.then(|| AUDIO_GROUP.to_owned()),
        subtitles: subtitles_group(plan),
    }
}

fn sound_variant(plan: &Plan, audio: &AudioRendition, rate: Bandwidth, addresses: &dyn Addresses) -> Variant {
    Variant {
        uri: addresses.playlist(&audio.name),
        bandwidth: rate.peak,
        average_bandwidth: Some(rate.average),
        codecs: vec![audio::CODEC_STRING.to_owned()],
        resolution: None,
        frame_rate: None,
        video_range: None,
        audio: None,
        subtitles: subtitles_group(plan),
    }
}

fn subtitles_group(plan: &Plan) -> Option<String> {
    (!plan.subtitles.is_empty()).then(|| SUBTITLES_GROUP.to_owned())
}

/// Renditions need a language to be chosen by; BCP 47 has a tag for one that is not known.
const UNKNOWN_LANGUAGE: &str = "und";

fn audio_renditions(plan: &Plan, addresses: &dyn Addresses) -> Vec<MediaRendition> {
    let rendition = |(number, audio): (usize, &AudioRendition)| MediaRendition {
        kind: RenditionKind::Audio { channels: Some(2), uri: Some(addresses.playlist(&audio.name)) },
        group_id: AUDIO_GROUP.to_owned(),
        name: match &audio.language {
            Some(language) => format!("{language} ({})", number + 1),
            None => format!("Audio {}", number + 1),
        },
        language: Some(audio.language.clone().unwrap_or_else(|| UNKNOWN_LANGUAGE.to_owned())),
        selection: if number == 0 { Selection::Default } else { Selection::Auto },
    };
    plan.audio.iter().enumerate().map(rendition).collect()
}

fn subtitle_rendition(subtitles: &SubtitleRendition, addresses: &dyn Addresses) -> MediaRendition {
    MediaRendition {
        kind: RenditionKind::Subtitles {
            uri: addresses.playlist(&subtitles.name),
            forced: subtitles.forced,
            for_deaf: subtitles.hearing_impaired,
        },
        group_id: SUBTITLES_GROUP.to_owned(),
        name: subtitles.label.clone(),
        language: Some(subtitles.language.clone().unwrap_or_else(|| UNKNOWN_LANGUAGE.to_owned())),
        selection: match (subtitles.default, subtitles.automatic) {
            (true, _) => Selection::Default,
            (false, true) => Selection::Auto,
            (false, false) => Selection::Manual,
        },
    }
}

/// A rendition's rates in bit/s.
#[derive(Debug, Clone, Copy, Default)]
struct Bandwidth {
    peak: u64,
    average: u64,
}

impl Bandwidth {
    fn plus(self, other: Self) -> Self {
        Self { peak: self.peak + other.peak, average: self.average + other.average }
    }

    fn max(self, other: Self) -> Self {
        Self { peak: self.peak.max(other.peak), average: self.average.max(other.average) }
    }
}

struct Rates<'a> {
    measured: Option<&'a BTreeMap<String, MeasuredRate>>,
}

impl Rates<'_> {
    /// What was measured, else the cap: a segment may spend its share and one buffer, which holds one second.
    fn of_picture(&self, plan: &Plan, rendition: &Rendition) -> Bandwidth {
        self.of(&rendition.name).unwrap_or_else(|| {
            let cap = u64::from(rendition.max_kbps) * 1000;
            let segment_us =
                plan.grid.rate.micros_at(u64::from(plan.grid.segment_frames)).unsigned_abs().max(1);
            Bandwidth { peak: cap + cap * 1_000_000 / segment_us, average: cap }
        })
    }

    /// The most that plays along with pictures: one rendition of sound, one of subtitles.
    fn beside_pictures(&self, plan: &Plan) -> Bandwidth {
        let most =
            |rates: &mut dyn Iterator<Item = Bandwidth>| rates.reduce(Bandwidth::max).unwrap_or_default();
        let sound = most(&mut plan.audio.iter().map(|audio| self.of_audio(audio)));
        // Text is next to nothing, and nobody knows how little before it is read.
        sound.plus(most(&mut plan.subtitles.iter().filter_map(|subtitles| self.of(&subtitles.name))))
    }

    fn of_audio(&self, audio: &AudioRendition) -> Bandwidth {
        self.of(&audio.name).unwrap_or_else(|| {
            let rate = u64::from(audio.kbps) * 1000;
            Bandwidth { peak: rate * 11 / 10, average: rate }
        })
    }

    fn of(&self, rendition: &str) -> Option<Bandwidth> {
        let rate = self.measured?.get(rendition)?;
        Some(Bandwidth { peak: rate.peak_bps, average: rate.average_bps() })
    }
}

/// Addresses within the archive of finished playlists: unsigned paths of objects.
pub struct ArchiveAddresses<'a> {
    /// The video, with what its parts made.
    pub video: &'a Video,
    /// The epoch under which each part was made, by position in the plan.
    pub epochs: &'a BTreeMap<u32, u32>,
}

impl Addresses for ArchiveAddresses<'_> {
    fn playlist(&self, rendition: &str) -> String {
        ObjectKey::Playlist { stream: self.video.stream_id.clone(), rendition: rendition.to_owned() }
            .to_string()
    }

    fn init(&self, rendition: &str) -> String {
        let sha256 = self.video.inits.get(rendition).cloned().unwrap_or_default();
        ObjectKey::Init { stream: self.video.stream_id.clone(), rendition: rendition.to_owned(), sha256 }
            .to_string()
    }

    fn segment(&self, rendition: &str, index: u32) -> String {
        let (stream, epoch) = (self.video.stream_id.clone(), self.epoch(rendition, index));
        ObjectKey::Segment { stream, rendition: rendition.to_owned(), epoch, index }.to_string()
    }

    fn subtitles(&self, rendition: &str, index: u32) -> String {
        let (stream, epoch) = (self.video.stream_id.clone(), self.epoch(rendition, index));
        ObjectKey::Subtitles { stream, rendition: rendition.to_owned(), epoch, index }.to_string()
    }
    /// The archive names what it holds, and that is made when it is asked for.
    fn frames(&self, _: &str) -> Option<String> {
        None
    }
}

impl ArchiveAddresses<'_> {
    fn epoch(&self, rendition: &str, index: u32) -> u32 {
        let position = self.video.plan.as_ref().and_then(|plan| plan.position_of(rendition, index));
        position.and_then(|position| self.epochs.get(&position)).copied().unwrap_or(1)
    }
}
