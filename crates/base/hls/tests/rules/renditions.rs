//! One deliberately broken presentation per rule between renditions, and a good one on which nothing fires.

use hls::{Finding, RenditionText, Track, check_renditions};

const VIDEO: &str = "\
#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:5
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-PROGRAM-DATE-TIME:2026-01-31T12:00:00.000Z
#EXTINF:4.000000,
5.ts
#EXT-X-DISCONTINUITY
#EXTINF:4.000000,
6.ts
#EXTINF:2.000000,
7.ts
#EXT-X-ENDLIST
";

fn check(track: Track, other: &str) -> Vec<Finding> {
    check_renditions(&[
        RenditionText { track: Track::Video, text: VIDEO },
        RenditionText { track, text: other },
    ])
}

/// A rule, the track it is about, the line that it has to name, what to replace and by what.
type Case = (&'static str, Track, usize, &'static str, &'static str);

const BROKEN: &[Case] = &[
    ("target-durations-differ", Track::Video, 3, "DURATION:4", "DURATION:5"),
    ("target-durations-differ", Track::Audio, 0, "#EXT-X-TARGETDURATION:4\n", ""),
    ("playlist-types-differ", Track::Audio, 5, "TYPE:VOD", "TYPE:EVENT"),
    ("discontinuities-differ", Track::Audio, 10, "#EXT-X-DISCONTINUITY\n", ""),
    ("boundaries-differ", Track::Video, 8, "4.000000,\n5", "4.002000,\n5"),
    ("boundaries-differ", Track::Audio, 13, "2.000000", "2.060000"),
    ("boundaries-differ", Track::Video, 13, "2.000000", "2.035000"),
    ("boundaries-differ", Track::Video, 12, "#EXTINF:2.000000,\n7.ts\n", ""),
    ("dates-in-some", Track::Subtitles, 0, "#EXT-X-PROGRAM-DATE-TIME:2026-01-31T12:00:00.000Z\n", ""),
];

/// Every rule that is broken here, and what is found.
pub(crate) fn broken() -> impl Iterator<Item = (&'static str, Vec<Finding>)> {
    BROKEN.iter().map(|(rule, track, _, from, to)| (*rule, check(*track, &VIDEO.replace(from, to))))
}

#[test]
fn every_rule_fires_at_its_line() {
    for ((rule, _, line, from, _), (_, found)) in BROKEN.iter().zip(broken()) {
        assert_eq!(VIDEO.matches(from).count(), 1, "{rule}: {from:?} stands once");
        let fired = found.iter().any(|it| it.rule == *rule && it.line == *line && it.text == 1);
        assert!(fired, "{rule} at line {line}; found {found:#?}");
    }
}

#[test]
fn good_presentations_have_no_findings() {
    assert_eq!(check(Track::Video, VIDEO), []);
    let audio = VIDEO.replace("4.000000,\n5", "4.020000,\n5");
    assert_eq!(check(Track::Audio, &audio), [], "within an AAC frame");
    let subtitles = VIDEO.replace("DURATION:4", "DURATION:60").replace("#EXTINF:4.000000,\n5.ts\n", "");
    assert_eq!(check(Track::Subtitles, &subtitles), [], "subtitles are cut in their own way");
    assert_eq!(check_renditions(&[]), []);
}
