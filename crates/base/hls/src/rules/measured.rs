//! Rules about segments themselves: what playlists say of them against what they are.

use super::finding::{Breach, Rule};
use crate::{Resolution, SegmentDuration, webvtt::WebVtt};

/// The rules, by id.
pub(super) const RULES: &[Rule<MeasuredRendition>] = &[
    Rule::new("segment-undecodable", "RFC 8216 3", "media that can be decoded", undecodable),
    Rule::new("duration-untrue", "RFC 8216 4.3.2.1", "EXTINF within a frame of the media", duration_untrue),
    Rule::new("durations-drift", "RFC 8216 4.3.2.1", "EXTINFs that add up within a frame", durations_drift),
    Rule::new(
        "keyframe-missing",
        "RFC 8216 4.3.5.1",
        "segments that begin with a keyframe",
        keyframe_missing,
    ),
    Rule::new("bandwidth-untrue", "Apple authoring 1.27", "BANDWIDTH within 10 %", bandwidth_untrue),
    Rule::new(
        "average-bandwidth-untrue",
        "Apple authoring 1.26",
        "AVERAGE-BANDWIDTH within 10 %",
        average_untrue,
    ),
    Rule::new("resolution-untrue", "RFC 8216 4.3.4.2", "RESOLUTION of the pictures", resolution_untrue),
    Rule::new("frame-rate-untrue", "RFC 8216 4.3.4.2", "FRAME-RATE of the pictures", frame_rate_untrue),
];

/// What rounding to the ticks of a container (90 kHz in MPEG-TS) and to EXTINF's decimals may lose, in
/// microseconds.
const ROUNDING: u64 = 100;

/// How far a stated rate may be from the measured one: a tenth.
const RATE_TOLERANCE: f64 = 0.1;

/// How far FRAME-RATE may be from the measured one: three decimals, and the jitter of short segments.
const FRAME_RATE_TOLERANCE: f64 = 0.01;

/// The segments of one rendition that were downloaded.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredRendition {
    /// Which of the texts lists them, from 0.
    pub text: usize,
    /// Its segments, in order.
    pub segments: Vec<MeasuredSegment>,
    /// What the master playlist says of the variant that these segments make, if it is a variant's.
    pub variant: Option<MeasuredVariant>,
    /// What the clock of the media shows where the presentation begins, in microseconds, if known.
    pub clock_us: Option<i64>,
}

/// A segment that was downloaded.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredSegment {
    /// The line of its address.
    pub line: usize,
    /// Its media sequence number.
    pub number: u64,
    /// When it begins by the playlist, from the beginning of what is listed.
    pub begins: SegmentDuration,
    /// Its length as listed.
    pub listed: SegmentDuration,
    /// Whether its times need not go on where those of the segment before it end (RFC 8216 4.3.2.3).
    pub discontinuity: bool,
    /// Its size, in bytes.
    pub bytes: u64,
    /// What a decoder finds in it; an error says why it finds nothing.
    pub media: Option<Result<MeasuredMedia, String>>,
    /// What it says, if it is one of subtitles; an error says why nobody can read it.
    pub text: Option<Result<WebVtt, String>>,
    /// Whether it is one picture that needs no other, if its playlist promises that; an error says why not.
    pub picture: Option<Result<(), String>>,
}

/// What a decoder finds in a segment.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredMedia {
    /// How long its pictures last; without pictures, its sound.
    pub duration: SegmentDuration,
    /// How long one of its pictures lasts, or one frame of its sound.
    pub frame: SegmentDuration,
    /// Its pictures, if it has any.
    pub pictures: Option<Pictures>,
    /// The formats in it (RFC 6381), as its own headers say.
    pub codecs: Vec<String>,
    /// When it plays by its own timestamps.
    pub times: Option<MediaTimes>,
}

/// Timestamps of a segment, in microseconds of the media's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaTimes {
    /// When its first frame is decoded.
    pub decoded_from_us: i64,
    /// When the frame after its last one would be decoded.
    pub decoded_to_us: i64,
    /// When its first frame is shown or heard.
    pub shown_from_us: i64,
}

/// The pictures of a segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pictures {
    /// Their size.
    pub resolution: Resolution,
    /// Pictures per second.
    pub rate: f64,
    /// Whether the first one is a keyframe.
    pub begin_with_keyframe: bool,
    /// Whether the first one needs no other, by its own bits; `None` where nobody looked.
    pub first_is_intra: Option<bool>,
}

/// What a master playlist says of a variant, and what its complete renditions are.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredVariant {
    /// Which of the texts is the master playlist.
    pub text: usize,
    /// The line of its EXT-X-STREAM-INF.
    pub line: usize,
    /// BANDWIDTH, in bits per second.
    pub bandwidth: Option<u64>,
    /// AVERAGE-BANDWIDTH, in bits per second.
    pub average_bandwidth: Option<u64>,
    /// RESOLUTION.
    pub resolution: Option<Resolution>,
    /// FRAME-RATE.
    pub frame_rate: Option<f64>,
    /// CODECS.
    pub codecs: Vec<String>,
    /// The formats in it and in the audio that plays with it, as their own headers say.
    pub real_codecs: Vec<String>,
    /// The measured rates of it and its audio, in bits per second; `None` where not all segments are known.
    pub rates: Option<Rates>,
}

/// The rates of one rendition, or the sums of several (RFC 8216 4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// The peak segment bit rate.
    pub peak: f64,
    /// The average segment bit rate.
    pub average: f64,
}

impl Rates {
    /// The rates of segments given by length and bytes: the peak is the largest rate of any segments in a row
    /// that last between half and one and a half `target_duration`s, in seconds (RFC 8216 4.1). Where there are none, for all
    /// of it is shorter, it is the rate of all of it.
    pub fn of(segments: &[(SegmentDuration, u64)], target_duration: u64) -> Self {
        let target = target_duration.saturating_mul(1_000_000);
        let peak = (0..segments.len()).map(|first| peak_from(&segments[first..], target)).fold(0.0, f64::max);
        let micros = segments.iter().map(|(length, _)| *length).sum::<SegmentDuration>();
        let average = rate(segments.iter().map(|(_, bytes)| bytes).sum(), micros.as_micros());
        Self { peak: if peak > 0.0 { peak } else { average }, average }
    }

    /// What plays together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { peak: self.peak + other.peak, average: self.average + other.average }
    }
}

/// The largest rate of segments in a row from the first one on. A lone short one, as at the end, has none.
fn peak_from(segments: &[(SegmentDuration, u64)], target: u64) -> f64 {
    let sums = segments.iter().scan((0_u64, 0_u64), |(micros, bytes), (length, size)| {
        *micros = micros.saturating_add(length.as_micros());
        *bytes = bytes.saturating_add(*size);
        (*micros <= target + target / 2).then_some((*micros, *bytes))
    });
    sums.filter(|(micros, _)| *micros >= target / 2)
        .map(|(micros, bytes)| rate(bytes, micros))
        .fold(0.0, f64::max)
}

fn rate(bytes: u64, micros: u64) -> f64 {
    if micros == 0 { 0.0 } else { bytes as f64 * 8e6 / micros as f64 }
}

/// A breach for every decoded segment that is wrong.
pub(super) fn decoded(
    rendition: &MeasuredRendition,
    check: impl Fn(&MeasuredSegment, &MeasuredMedia) -> Option<Breach>,
) -> Vec<Breach> {
    let with_media = |segment: &MeasuredSegment| check(segment, segment.media.as_ref()?.as_ref().ok()?);
    rendition.segments.iter().filter_map(with_media).map(|breach| breach.in_text(rendition.text)).collect()
}

fn undecodable(rendition: &MeasuredRendition) -> Vec<Breach> {
    let breach = |segment: &MeasuredSegment| {
        let reason = segment.media.as_ref()?.as_ref().err()?;
        Some(Breach::at(segment.line, format!("number {}: {reason}", segment.number)).in_text(rendition.text))
    };
    rendition.segments.iter().filter_map(breach).collect()
}

fn duration_untrue(rendition: &MeasuredRendition) -> Vec<Breach> {
    let frame = longest_frame(rendition);
    decoded(rendition, |segment, media| {
        let off = segment.listed.as_micros().abs_diff(media.duration.as_micros());
        let measured = format!("EXTINF {} s", segment.listed);
        let allowed = || format!("{} s, within {frame} s", media.duration);
        (off > frame.as_micros() + ROUNDING).then(|| Breach::at(segment.line, measured).allowed(allowed()))
    })
}

/// The last frame of a stream may be cut, which makes no other one shorter.
fn longest_frame(rendition: &MeasuredRendition) -> SegmentDuration {
    let media = rendition.segments.iter().filter_map(|segment| segment.media.as_ref()?.as_ref().ok());
    let micros = media.map(|media| media.frame.as_micros()).max();
    SegmentDuration::from_micros(micros.unwrap_or(0))
}

/// Only where every segment is measured: a sum with holes proves nothing.
fn durations_drift(rendition: &MeasuredRendition) -> Vec<Breach> {
    let all: Option<Vec<_>> = rendition
        .segments
        .iter()
        .map(|segment| Some((segment.line, segment.listed, segment.media.as_ref()?.as_ref().ok()?)))
        .collect();
    let Some((all, (last, ..))) = all.and_then(|all| Some((all.clone(), *all.last()?))) else {
        return Vec::new();
    };
    let listed: SegmentDuration = all.iter().map(|(_, listed, _)| *listed).sum();
    let real: SegmentDuration = all.iter().map(|(.., media)| media.duration).sum();
    let frame = longest_frame(rendition).as_micros();
    let off = listed.as_micros().abs_diff(real.as_micros());
    let measured = format!("{listed} s in {} segments", all.len());
    let breach =
        || Breach::at(last, measured).in_text(rendition.text).allowed(format!("{real} s, within a frame"));
    (off > frame + ROUNDING * all.len() as u64).then(breach).into_iter().collect()
}

fn keyframe_missing(rendition: &MeasuredRendition) -> Vec<Breach> {
    decoded(rendition, |segment, media| {
        let without = media.pictures.is_some_and(|pictures| !pictures.begin_with_keyframe);
        without.then(|| Breach::at(segment.line, format!("number {} does not", segment.number)))
    })
}

fn bandwidth_untrue(rendition: &MeasuredRendition) -> Vec<Breach> {
    stated_rate(rendition, "BANDWIDTH", |variant| variant.bandwidth, |rates| rates.peak)
}

fn average_untrue(rendition: &MeasuredRendition) -> Vec<Breach> {
    stated_rate(rendition, "AVERAGE-BANDWIDTH", |variant| variant.average_bandwidth, |rates| rates.average)
}

fn stated_rate(
    rendition: &MeasuredRendition,
    name: &str,
    stated: impl Fn(&MeasuredVariant) -> Option<u64>,
    real: impl Fn(&Rates) -> f64,
) -> Vec<Breach> {
    variant(rendition, |variant| {
        let (stated, real) = (stated(variant)?, real(variant.rates.as_ref()?));
        let off = (stated as f64 - real).abs() > real * RATE_TOLERANCE;
        off.then(|| (format!("{name}={stated}"), format!("{real:.0} b/s, within 10 %")))
    })
}

fn resolution_untrue(rendition: &MeasuredRendition) -> Vec<Breach> {
    let show = |size: Resolution| format!("{}x{}", size.width, size.height);
    variant(rendition, |variant| {
        let stated = variant.resolution?;
        let real = pictures(rendition).map(|pictures| pictures.resolution).find(|real| *real != stated)?;
        Some((format!("RESOLUTION={}", show(stated)), show(real)))
    })
}

fn frame_rate_untrue(rendition: &MeasuredRendition) -> Vec<Breach> {
    variant(rendition, |variant| {
        let stated = variant.frame_rate?;
        let real = pictures(rendition).map(|pictures| pictures.rate).fold(0.0, f64::max);
        let off = real > 0.0 && (stated - real).abs() > real * FRAME_RATE_TOLERANCE;
        off.then(|| (format!("FRAME-RATE={stated:.3}"), format!("{real:.3}")))
    })
}

fn pictures(rendition: &MeasuredRendition) -> impl Iterator<Item = Pictures> {
    rendition.segments.iter().filter_map(|segment| segment.media.as_ref()?.as_ref().ok()?.pictures)
}

/// The breach of what the master playlist states, given as what it says and what it should say.
pub(super) fn variant(
    rendition: &MeasuredRendition,
    check: impl Fn(&MeasuredVariant) -> Option<(String, String)>,
) -> Vec<Breach> {
    let breach = |variant: &MeasuredVariant| {
        let (measured, allowed) = check(variant)?;
        Some(Breach::at(variant.line, measured).in_text(variant.text).allowed(allowed))
    };
    rendition.variant.as_ref().and_then(breach).into_iter().collect()
}
