//! Rules about what is inside segments: formats, keyframes, timestamps and texts, as the bits themselves have them.

use super::finding::{Breach, Rule};
use super::measured::{MeasuredRendition, MeasuredSegment, MediaTimes, decoded, variant};
use super::renditions::{AUDIO_TOLERANCE, VIDEO_TOLERANCE};
use crate::{Track, webvtt::Cue};

/// The rules about one rendition, by id.
pub(super) const RULES: &[Rule<MeasuredRendition>] = &[
    Rule::new("codecs-untrue", "RFC 8216 4.3.4.2", "every format in CODECS, and no other", codecs_untrue),
    Rule::new(
        "keyframe-untrue",
        "RFC 8216 4.3.5.1",
        "a first picture that needs no other, as its flags say",
        keyframe_untrue,
    ),
    Rule::new(
        "picture-untrue",
        "RFC 8216 4.3.3.6",
        "segments of a single picture that needs no other",
        picture_untrue,
    ),
    Rule::new("timestamps-jump", "RFC 8216 4.3.2.3", "timestamps that go on", timestamps_jump),
    Rule::new("text-unreadable", "RFC 8216 3.5", "WebVTT", text_unreadable),
    Rule::new("cue-outside", "RFC 8216 3.5", "cues that are shown during their segment", cue_outside),
];

/// The rules between renditions that play together, by id.
pub(super) const TOGETHER: &[Rule<Together>] = &[Rule::new(
    "timestamps-differ",
    "RFC 8216 6.2.4",
    "segments of the same number that begin together",
    timestamps_differ,
)];

/// How far a segment's first timestamp may be from where the one before ends, as a share of a frame.
const JUMP: f64 = 0.5;

/// How far outside of its segment a cue may be, in microseconds: playlists and media may differ by a frame or two.
const CUE_TOLERANCE_US: i64 = 250_000;

/// The renditions of one presentation, measured.
pub(super) struct Together {
    pub(super) renditions: Vec<(Track, MeasuredRendition)>,
}

fn codecs_untrue(rendition: &MeasuredRendition) -> Vec<Breach> {
    variant(rendition, |variant| {
        let known = !variant.codecs.is_empty() && !variant.real_codecs.is_empty();
        let listed = |real: &String| variant.codecs.iter().any(|stated| same_format(stated, real));
        let missing: Vec<&str> =
            variant.real_codecs.iter().filter(|it| !listed(it)).map(String::as_str).collect();
        let measured = format!("CODECS=\"{}\"", variant.codecs.join(","));
        (known && !missing.is_empty()).then(|| (measured, format!("{} too", missing.join(","))))
    })
}

/// Whether a statement fits a format. H.264's says profile and level, which players go by; of the others the kind counts, for
/// there are several ways to write the rest.
fn same_format(stated: &str, real: &str) -> bool {
    let (stated, real) = (stated.trim().to_ascii_lowercase(), real.to_ascii_lowercase());
    let kind = |codec: &str| match codec.split('.').next().unwrap_or_default() {
        "hev1" | "hvc1" => "hevc".to_owned(),
        "avc1" | "avc3" => "avc".to_owned(),
        other => other.to_owned(),
    };
    let exact = |codec: &str| kind(codec) == "avc" && codec.len() == "avc1.640028".len();
    kind(&stated) == kind(&real) && (!exact(&stated) || !exact(&real) || stated[4..] == real[4..])
}

fn keyframe_untrue(rendition: &MeasuredRendition) -> Vec<Breach> {
    decoded(rendition, |segment, media| {
        let pictures = media.pictures.as_ref()?;
        let untrue = pictures.begin_with_keyframe && pictures.first_is_intra == Some(false);
        untrue.then(|| Breach::at(segment.line, format!("number {} begins with another", segment.number)))
    })
}

fn picture_untrue(rendition: &MeasuredRendition) -> Vec<Breach> {
    let breach = |segment: &MeasuredSegment| {
        let why = segment.picture.as_ref()?.as_ref().err()?;
        Some(Breach::at(segment.line, format!("number {}: {why}", segment.number)).in_text(rendition.text))
    };
    rendition.segments.iter().filter_map(breach).collect()
}

fn times(segment: &MeasuredSegment) -> Option<MediaTimes> {
    segment.media.as_ref()?.as_ref().ok()?.times
}

fn timestamps_jump(rendition: &MeasuredRendition) -> Vec<Breach> {
    let breach = |pair: &[MeasuredSegment]| {
        let (before, after) = (times(&pair[0])?, times(&pair[1])?);
        let frame = pair[1].media.as_ref()?.as_ref().ok()?.frame.as_micros() as f64;
        let jump = after.decoded_from_us - before.decoded_to_us;
        let follows = pair[0].number.checked_add(1) == Some(pair[1].number) && !pair[1].discontinuity;
        let measured = format!("number {} begins at {} us", pair[1].number, after.decoded_from_us);
        (follows && jump.unsigned_abs() as f64 > frame * JUMP).then(|| {
            let breach = Breach::at(pair[1].line, measured).in_text(rendition.text);
            breach.allowed(format!("{} us, where the one before ends", before.decoded_to_us))
        })
    };
    rendition.segments.windows(2).filter_map(breach).collect()
}

fn text_unreadable(rendition: &MeasuredRendition) -> Vec<Breach> {
    let breach = |segment: &MeasuredSegment| {
        let why = match segment.text.as_ref()? {
            Err(why) => why.clone(),
            Ok(text) => format!("line {} of it is no part of one", text.unreadable.first()?),
        };
        Some(Breach::at(segment.line, format!("number {}: {why}", segment.number)).in_text(rendition.text))
    };
    rendition.segments.iter().filter_map(breach).collect()
}

/// Where a text has no map, its clock is that of the media.
fn cue_outside(rendition: &MeasuredRendition) -> Vec<Breach> {
    let Some(clock_us) = rendition.clock_us else { return Vec::new() };
    let breach = |segment: &MeasuredSegment| {
        let text = segment.text.as_ref()?.as_ref().ok()?;
        let signed = |micros: u64| i64::try_from(micros).unwrap_or(i64::MAX / 4);
        let shift = text
            .timestamp_map
            .map_or(0, |map| signed(map.mpegts.saturating_mul(100) / 9) - signed(map.local_us));
        let begins = signed(segment.begins.as_micros());
        let ends = begins + signed(segment.listed.as_micros());
        let place = |micros: u64| signed(micros).saturating_add(shift).saturating_sub(clock_us);
        let outside = |cue: &&Cue| {
            place(cue.end_us) < begins - CUE_TOLERANCE_US || place(cue.start_us) > ends + CUE_TOLERANCE_US
        };
        let cue = text.cues.iter().find(outside)?;
        let measured = format!("number {}: a cue at {} us", segment.number, place(cue.start_us));
        let breach = Breach::at(segment.line, measured).in_text(rendition.text);
        Some(breach.allowed(format!("from {begins} to {ends} us")))
    };
    rendition.segments.iter().filter_map(breach).collect()
}

/// What the first rendition of pictures has is what the others are held against.
fn timestamps_differ(together: &Together) -> Vec<Breach> {
    let timed =
        || together.renditions.iter().filter(|(track, _)| [Track::Video, Track::Audio].contains(track));
    let Some((_, first)) = timed().next() else { return Vec::new() };
    let begin = |rendition: &MeasuredRendition, number: u64| {
        let segment = rendition.segments.iter().find(|segment| segment.number == number)?;
        Some(times(segment)?.shown_from_us)
    };
    let breach = |(track, rendition): &(Track, MeasuredRendition)| {
        let tolerance = if *track == Track::Audio { AUDIO_TOLERANCE } else { VIDEO_TOLERANCE };
        rendition.segments.iter().find_map(|segment| {
            let (expected, found) = (begin(first, segment.number)?, times(segment)?.shown_from_us);
            let measured = format!("number {} begins at {found} us", segment.number);
            (found.abs_diff(expected) > tolerance).then(|| {
                Breach::at(segment.line, measured).in_text(rendition.text).allowed(format!("{expected} us"))
            })
        })
    };
    timed().skip(1).filter_map(breach).collect()
}
