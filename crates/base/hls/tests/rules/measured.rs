//! One rendition per rule that its segments break, and good ones on which nothing fires.

use hls::{
    Finding, MeasuredMedia, MeasuredRendition, MeasuredSegment, MeasuredVariant, MediaTimes, Pictures, Rates,
    Resolution, SegmentDuration, Track, check_measured, check_measured_together,
    webvtt::{Cue, TimestampMap, WebVtt},
};

const FRAME: u64 = 33_333;

fn micros(micros: u64) -> SegmentDuration {
    SegmentDuration::from_micros(micros)
}

fn segment(number: u64) -> MeasuredSegment {
    let resolution = Resolution { width: 1280, height: 720 };
    let first_is_intra = Some(true);
    let pictures = Pictures { resolution, rate: 30.0, begin_with_keyframe: true, first_is_intra };
    let from = number as i64 * 4_000_000;
    let times =
        MediaTimes { decoded_from_us: from, decoded_to_us: from + 4_000_000, shown_from_us: from + 66_667 };
    let media = MeasuredMedia {
        duration: micros(4_000_000),
        frame: micros(FRAME),
        pictures: Some(pictures),
        codecs: vec!["avc1.64001f".to_owned()],
        times: Some(times),
    };
    MeasuredSegment {
        line: 10 + 2 * number as usize,
        number,
        begins: micros(number * 4_000_000),
        listed: micros(4_000_000),
        discontinuity: false,
        bytes: 1_000_000,
        media: Some(Ok(media)),
        text: None,
        picture: None,
    }
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
        codecs: vec!["avc1.64001F".to_owned(), "mp4a.40.5".to_owned()],
        real_codecs: vec!["avc1.64001f".to_owned(), "mp4a.40.2".to_owned()],
        rates: Some(Rates { peak: 2e6, average: 2e6 }),
    };
    let segments = (0..6).map(segment).collect();
    MeasuredRendition { text: 1, segments, variant: Some(variant), clock_us: Some(66_667) }
}

/// A segment of subtitles with a cue from its second second to its third.
fn text(number: u64) -> MeasuredSegment {
    let start_us = number * 4_000_000 + 1_000_000;
    let (settings, text) = (String::new(), "Hello".to_owned());
    let cue = Cue { start_us, end_us: start_us + 1_000_000, settings, text };
    let timestamp_map = Some(TimestampMap { mpegts: 6_000, local_us: 0 });
    let text = WebVtt { timestamp_map, cues: vec![cue], unreadable: Vec::new() };
    MeasuredSegment { media: None, text: Some(Ok(text)), ..segment(number) }
}

fn media(rendition: &mut MeasuredRendition, number: usize) -> &mut MeasuredMedia {
    rendition.segments[number].media.as_mut().expect("measured").as_mut().expect("decoded")
}

fn words(rendition: &mut MeasuredRendition, number: usize) -> &mut WebVtt {
    rendition.segments[number].text.as_mut().expect("text").as_mut().expect("readable")
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
    ("codecs-untrue", 0, 4, |it| variant(it).codecs[0] = "avc1.640028".to_owned()),
    ("codecs-untrue", 0, 4, |it| drop(variant(it).codecs.pop())),
    ("keyframe-untrue", 1, 16, |it| {
        media(it, 3).pictures.as_mut().expect("has pictures").first_is_intra = Some(false);
    }),
    ("timestamps-jump", 1, 14, |it| {
        media(it, 2).times.as_mut().expect("has times").decoded_from_us += FRAME as i64;
    }),
    ("picture-untrue", 1, 14, |it| it.segments[2].picture = Some(Err("it needs others".to_owned()))),
    ("text-unreadable", 1, 12, |it| it.segments[1].text = Some(Err("it is a page".to_owned()))),
    ("text-unreadable", 1, 12, |it| {
        it.segments[1] = text(1);
        words(it, 1).unreadable.push(7);
    }),
    ("cue-outside", 1, 14, |it| {
        it.segments[2] = text(2);
        words(it, 2).cues[0].start_us += 4_000_000;
    }),
    ("cue-outside", 1, 14, |it| {
        it.segments[2] = text(2);
        words(it, 2).timestamp_map = Some(TimestampMap { mpegts: 900_000, local_us: 0 });
    }),
    ("frame-rate-untrue", 0, 4, |it| variant(it).frame_rate = Some(25.0)),
];

/// Every rule that is broken here, and what is found.
pub(crate) fn broken() -> impl Iterator<Item = (&'static str, Vec<Finding>)> {
    BROKEN
        .iter()
        .map(|(rule, _, _, change)| {
            let mut rendition = good();
            change(&mut rendition);
            (*rule, check_measured(&rendition))
        })
        .chain([("timestamps-differ", late_sound(24_222))])
}

/// Pictures, and sound that begins so many microseconds later in every segment.
fn late_sound(micros: i64) -> Vec<Finding> {
    let mut sound = MeasuredRendition { text: 2, variant: None, ..good() };
    for number in 0..sound.segments.len() {
        media(&mut sound, number).times.as_mut().expect("has times").shown_from_us += micros;
    }
    check_measured_together(vec![(Track::Video, good()), (Track::Audio, sound)])
}

#[test]
fn sound_begins_within_a_frame_of_the_pictures() {
    assert_eq!(late_sound(24_220), []);
    let found = late_sound(-24_221);
    assert_eq!((found.len(), found[0].text, found[0].line), (1, 2, 10), "{found:?}");
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
    let texts = MeasuredRendition { segments: (0..6).map(text).collect(), variant: None, ..good() };
    assert_eq!(check_measured(&texts), []);
    let mut apart = good();
    apart.segments.remove(2);
    assert_eq!(check_measured(&apart), [], "what was not asked for is no hole");
    let unmeasured = good().segments.into_iter().map(|segment| MeasuredSegment { media: None, ..segment });
    let unmeasured =
        MeasuredRendition { text: 1, segments: unmeasured.collect(), variant: None, clock_us: None };
    assert_eq!(check_measured(&unmeasured), []);
    assert_eq!(
        check_measured(&MeasuredRendition { text: 1, segments: Vec::new(), variant: None, clock_us: None }),
        []
    );
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
