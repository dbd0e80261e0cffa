//! One rendition per rule that its segments break, and good ones on which nothing fires.

use hls::{
    Finding, MeasuredMedia, MeasuredRendition, MeasuredSegment, MeasuredVariant, Pictures, Rates, Resolution,
    SegmentDuration, check_measured,
};

const FRAME: u64 = 33_333;

fn micros(micros: u64) -> SegmentDuration {
    SegmentDuration::from_micros(micros)
}

fn segment(number: u64) -> MeasuredSegment {
    let resolution = Resolution { width: 1280, height: 720 };
    let pictures = Pictures { resolution, rate: 30.0, begin_with_keyframe: true };
    let media = MeasuredMedia { duration: micros(4_000_000), frame: micros(FRAME), pictures: Some(pictures) };
    let line = 10 + 2 * number as usize;
    MeasuredSegment { line, number, listed: micros(4_000_000), bytes: 1_000_000, media: Some(Ok(media)) }
}

/// Six segments of 4 s and 2 Mb/s, as their playlists say.
fn good() -> MeasuredRendition {
    let variant = MeasuredVariant {
        text: 0,
        line: 4,
        bandwidth: Some(2_150_000),
        average_bandwidth: Some(1_850_000),
        resolution: Some(Resolution { width: 1280, height: 720 }),
        frame_rate: Some(29.97),
        rates: Some(Rates { peak: 2e6, average: 2e6 }),
    };
    MeasuredRendition { text: 1, segments: (0..6).map(segment).collect(), variant: Some(variant) }
}

fn media(rendition: &mut MeasuredRendition, number: usize) -> &mut MeasuredMedia {
    rendition.segments[number].media.as_mut().expect("measured").as_mut().expect("decoded")
}

fn variant(rendition: &mut MeasuredRendition) -> &mut MeasuredVariant {
    rendition.variant.as_mut().expect("a variant's")
}

type Change = fn(&mut MeasuredRendition);

/// A rule, the text and the line that it has to name, and what breaks it.
const BROKEN: &[(&str, usize, usize, Change)] = &[
    ("segment-undecodable", 1, 14, |it| it.segments[2].media = Some(Err("no media".to_owned()))),
    ("duration-untrue", 1, 12, |it| media(it, 1).duration = micros(4_000_000 + FRAME + 101)),
    ("durations-drift", 1, 20, |it| (0..6).for_each(|n| media(it, n).duration = micros(4_010_000))),
    ("keyframe-missing", 1, 16, |it| {
        media(it, 3).pictures.as_mut().expect("has pictures").begin_with_keyframe = false;
    }),
    ("bandwidth-untrue", 0, 4, |it| variant(it).bandwidth = Some(2_200_001)),
    ("average-bandwidth-untrue", 0, 4, |it| variant(it).average_bandwidth = Some(1_799_999)),
    ("resolution-untrue", 0, 4, |it| {
        variant(it).resolution = Some(Resolution { width: 1920, height: 1080 });
    }),
    ("frame-rate-untrue", 0, 4, |it| variant(it).frame_rate = Some(25.0)),
];

/// Every rule that is broken here, and what is found.
pub(crate) fn broken() -> impl Iterator<Item = (&'static str, Vec<Finding>)> {
    BROKEN.iter().map(|(rule, _, _, change)| {
        let mut rendition = good();
        change(&mut rendition);
        (*rule, check_measured(&rendition))
    })
}

#[test]
fn every_rule_fires_at_its_line() {
    for ((_, text, line, _), (rule, found)) in BROKEN.iter().zip(broken()) {
        let fired = found.iter().any(|it| it.rule == rule && it.text == *text && it.line == *line);
        assert!(fired, "{rule} at line {line} of text {text}; found {found:#?}");
    }
}

#[test]
fn true_renditions_have_no_findings() {
    assert_eq!(check_measured(&good()), []);
    let unmeasured = good().segments.into_iter().map(|segment| MeasuredSegment { media: None, ..segment });
    let unmeasured = MeasuredRendition { text: 1, segments: unmeasured.collect(), variant: None };
    assert_eq!(check_measured(&unmeasured), []);
    assert_eq!(check_measured(&MeasuredRendition { text: 1, segments: Vec::new(), variant: None }), []);
}

#[test]
fn the_peak_is_that_of_segments_in_a_row() {
    let second = |bytes| (micros(1_000_000), bytes);
    let rates = Rates::of(&[second(100), second(900), second(500), second(100)], 2);
    assert_eq!(rates.peak, 7_200.0, "a segment of half the target duration counts alone");
    let rates = Rates::of(&[second(100), second(900), second(500), second(100)], 3);
    assert_eq!(rates.peak, 5_600.0, "900 and 500 bytes in 2 s");
    assert_eq!(rates.average, 3_200.0);
    let tail = Rates::of(&[(micros(4_000_000), 400), (micros(100_000), 1_000)], 4);
    assert!(tail.peak < 3_000.0, "a short end does not count alone: {tail:?}");
}
