//! One deliberately broken media playlist per rule, and good ones on which nothing fires.

use hls::{Finding, check_media};

/// A VOD playlist that breaks nothing.
const VOD: &str = "\
#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-START:TIME-OFFSET=0
#EXT-X-MAP:URI=\"init.mp4\"
#EXTINF:4.000000,
0.m4s
#EXTINF:3.500000,
1.m4s
#EXT-X-ENDLIST
";

/// A live window that breaks nothing.
const LIVE: &str = "\
#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:1
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-PROGRAM-DATE-TIME:2026-01-31T12:00:00.000Z
#EXTINF:4.000000,
7.ts
#EXT-X-PROGRAM-DATE-TIME:2026-01-31T12:00:04.050Z
#EXT-X-GAP
#EXTINF:4.000000,
8.ts
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2026-01-31T13:00:00.000Z
#EXTINF:4.000000,
9.ts
";

/// A rule, the line that it has to name, the playlist to break, what to replace there and by what.
type Case = (&'static str, usize, &'static str, &'static str, &'static str);

const BROKEN: &[Case] = &[
    ("extm3u-first", 1, VOD, "#EXTM3U\n", "\n#EXTM3U\n"),
    ("control-character", 12, VOD, "1.m4s", "1\t.m4s"),
    ("tag-repeated", 4, VOD, "#EXT-X-MEDIA-SEQUENCE:0", "#EXT-X-TARGETDURATION:4"),
    ("number-malformed", 3, VOD, "DURATION:4", "DURATION:4.0"),
    ("attribute-malformed", 8, VOD, "URI=\"init.mp4\"", "URI=\"init.mp4\",BYTERANGE=\"5"),
    ("attribute-repeated", 8, VOD, "URI=\"init.mp4\"", "URI=\"init.mp4\",URI=\"b.mp4\""),
    ("version-too-low", 8, VOD, "VERSION:6", "VERSION:5"),
    ("version-too-low", 16, LIVE, "#EXT-X-VERSION:3\n", "#EXT-X-VERSION:2\n"),
    ("independent-segments-missing", 0, VOD, "#EXT-X-INDEPENDENT-SEGMENTS\n", ""),
    ("start-without-offset", 7, VOD, "TIME-OFFSET=0", "PRECISE=YES"),
    ("master-tag-in-media", 6, VOD, "#EXT-X-INDEPENDENT-SEGMENTS", "#EXT-X-STREAM-INF:BANDWIDTH=1"),
    ("target-duration-missing", 0, VOD, "#EXT-X-TARGETDURATION:4\n", ""),
    ("target-duration-exceeded", 11, VOD, "3.500000", "4.500000"),
    ("extinf-missing", 11, VOD, "#EXTINF:3.500000,\n", ""),
    ("extinf-missing", 11, VOD, "3.500000", "long"),
    ("segment-tag-orphaned", 13, VOD, "#EXT-X-ENDLIST", "#EXTINF:4,\n#EXT-X-ENDLIST"),
    ("sequence-tag-late", 10, LIVE, "7.ts\n", "7.ts\n#EXT-X-MEDIA-SEQUENCE:7\n"),
    ("sequence-tag-late", 6, LIVE, "#EXT-X-DISCONTINUITY-S", "#EXT-X-DISCONTINUITY\n#EXT-X-DISCONTINUITY-S"),
    ("playlist-type-unknown", 5, VOD, "TYPE:VOD", "TYPE:LIVE"),
    ("vod-without-endlist", 5, VOD, "#EXT-X-ENDLIST\n", ""),
    ("endlist-repeated", 14, VOD, "#EXT-X-ENDLIST", "#EXT-X-ENDLIST\n#EXT-X-ENDLIST"),
    ("endlist-not-last", 11, VOD, "#EXTINF:3", "#EXT-X-ENDLIST\n#EXTINF:3"),
    ("map-missing", 9, VOD, "#EXT-X-MAP:URI=\"init.mp4\"\n", ""),
    ("map-without-uri", 8, VOD, "URI=\"init.mp4\"", "BYTERANGE=\"9@0\""),
    ("byterange-malformed", 8, VOD, "\"init.mp4\"", "\"init.mp4\",BYTERANGE=\"0-9\""),
    ("byterange-malformed", 11, VOD, "#EXTINF:3", "#EXT-X-BYTERANGE:9@x\n#EXTINF:3"),
    ("byterange-without-offset", 13, VOD, "#EXTINF:3", "#EXT-X-BYTERANGE:9\n#EXTINF:3"),
    ("date-malformed", 7, LIVE, "2026-01-31T12:00:00.000Z", "yesterday"),
    ("date-jump", 10, LIVE, "12:00:04.050Z", "12:00:04.150Z"),
    ("live-date-missing", 8, LIVE, "#EXT-X-PROGRAM-DATE-TIME:2026-01-31T12:00:00.000Z\n", ""),
    ("live-sequence-missing", 0, LIVE, "#EXT-X-DISCONTINUITY-SEQUENCE:1\n", ""),
    ("live-sequence-missing", 0, LIVE, "#EXT-X-MEDIA-SEQUENCE:7\n", ""),
    ("segment-repeated", 12, VOD, "1.m4s", "0.m4s"),
    ("start-beyond-end", 7, VOD, "TIME-OFFSET=0", "TIME-OFFSET=-8"),
];

/// Every rule that is broken here, and what is found.
pub(crate) fn broken() -> impl Iterator<Item = (&'static str, Vec<Finding>)> {
    BROKEN.iter().map(|(rule, _, good, from, to)| (*rule, check_media(&good.replace(from, to))))
}

#[test]
fn every_rule_fires_at_its_line() {
    for ((rule, line, good, from, _), (_, found)) in BROKEN.iter().zip(broken()) {
        assert_eq!(good.matches(from).count(), 1, "{rule}: {from:?} stands once");
        let fired = found.iter().any(|finding| finding.rule == *rule && finding.line == *line);
        assert!(fired, "{rule} at line {line}; found {found:#?}");
    }
}

#[test]
fn good_playlists_have_no_findings() {
    for text in [VOD, LIVE, &VOD.replace('\n', "\r\n"), &LIVE.replace("#EXT-X-GAP", "# a comment\n")] {
        assert_eq!(check_media(text), [], "{text}");
    }
}

#[test]
fn a_finding_says_what_is_measured_and_allowed() {
    let found = check_media(&VOD.replace("3.500000", "4.500000"));
    let said: Vec<_> = found.iter().map(ToString::to_string).collect();
    let expected =
        "text 0 line 11: target-duration-exceeded (RFC 8216 4.3.3.1): 4.500000 s; allowed: 4 s when rounded";
    assert_eq!(said, [expected]);
}
