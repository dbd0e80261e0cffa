//! One deliberately broken master playlist per rule, and good ones on which nothing fires.

use hls::{Finding, check_master};

/// A master playlist that breaks nothing.
const GOOD: &str = "\
#EXTM3U
#EXT-X-VERSION:4
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aac\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,AUTOSELECT=YES,\
CHANNELS=\"2\",URI=\"en.m3u8\"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"aac\",NAME=\"Deutsch\",LANGUAGE=\"de\",DEFAULT=NO,\
CHANNELS=\"2\",URI=\"de.m3u8\"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"text\",NAME=\"Text\",LANGUAGE=\"en\",FORCED=NO,URI=\"text.m3u8\"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"cc\",NAME=\"CC\",LANGUAGE=\"en\",INSTREAM-ID=\"CC1\"
#EXT-X-STREAM-INF:BANDWIDTH=2400000,AVERAGE-BANDWIDTH=2000000,CODECS=\"avc1.64001f,mp4a.40.2\",\
RESOLUTION=1280x720,FRAME-RATE=30.000,\
VIDEO-RANGE=SDR,AUDIO=\"aac\",SUBTITLES=\"text\",CLOSED-CAPTIONS=\"cc\"
720p.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=4900000,AVERAGE-BANDWIDTH=3900000,CODECS=\"avc1.640028,mp4a.40.2\",\
RESOLUTION=1920x1080,FRAME-RATE=29.970,\
VIDEO-RANGE=SDR,AUDIO=\"aac\"
1080p.m3u8
";

/// An audio-only master playlist, which needs neither a size nor a frame rate.
const AUDIO_ONLY: &str = "\
#EXTM3U
#EXT-X-VERSION:1
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=140000,AVERAGE-BANDWIDTH=130000,CODECS=\"mp4a.40.2\"
audio.m3u8
";

/// A rule, the line that it has to name, what to replace in the good playlist and by what.
type Case = (&'static str, usize, &'static str, &'static str);

const BROKEN: &[Case] = &[
    ("media-tag-in-master", 2, "#EXT-X-VERSION:4", "#EXT-X-TARGETDURATION:4"),
    ("variant-without-uri", 10, "1080p.m3u8\n", ""),
    ("uri-without-variant", 12, "1080p.m3u8\n", "1080p.m3u8\n360p.m3u8\n"),
    ("bandwidth-missing", 8, ":BANDWIDTH=2400000,AV", ":AV"),
    ("bandwidth-missing", 8, ":BANDWIDTH=2400000", ":BANDWIDTH=0"),
    ("bandwidth-missing", 8, ":BANDWIDTH=2400000", ":BANDWIDTH=2.4M"),
    ("average-bandwidth-missing", 10, "AVERAGE-BANDWIDTH=3900000,", ""),
    ("average-above-peak", 10, "AVERAGE-BANDWIDTH=3900000", "AVERAGE-BANDWIDTH=5000000"),
    ("codecs-missing", 8, "CODECS=\"avc1.64001f,mp4a.40.2\",", ""),
    ("codecs-without-audio", 8, "avc1.64001f,mp4a.40.2", "avc1.64001f,wvtt"),
    ("resolution-missing", 8, "RESOLUTION=1280x720,", ""),
    ("frame-rate-missing", 10, "FRAME-RATE=29.970,", ""),
    ("video-range-unknown", 8, "VIDEO-RANGE=SDR,AUDIO=\"aac\",S", "VIDEO-RANGE=HDR,AUDIO=\"aac\",S"),
    ("video-range-missing", 8, "30.000,VIDEO-RANGE=SDR,AUDIO=\"aac\"", "30.000,AUDIO=\"aac\""),
    ("group-unknown", 8, "SUBTITLES=\"text\"", "SUBTITLES=\"words\""),
    (
        "first-variant-extreme",
        8,
        "BANDWIDTH=2400000,AVERAGE-BANDWIDTH=2000000",
        "BANDWIDTH=900000,AVERAGE-BANDWIDTH=700000",
    ),
    ("rendition-incomplete", 5, "NAME=\"Deutsch\",", ""),
    ("rendition-incomplete", 5, "GROUP-ID=\"aac\",NAME=\"Deutsch\"", "NAME=\"Deutsch\""),
    ("rendition-type-unknown", 6, "TYPE=SUBTITLES", "TYPE=TEXT"),
    ("rendition-flag-malformed", 6, "FORCED=NO", "FORCED=0"),
    ("rendition-uri", 6, ",URI=\"text.m3u8\"", ""),
    ("rendition-uri", 7, "INSTREAM-ID=\"CC1\"", "INSTREAM-ID=\"CC1\",URI=\"cc.m3u8\""),
    ("captions-without-instream-id", 7, ",INSTREAM-ID=\"CC1\"", ""),
    ("default-not-autoselect", 4, "AUTOSELECT=YES", "AUTOSELECT=NO"),
    ("default-repeated", 5, "DEFAULT=NO", "DEFAULT=YES"),
    ("rendition-name-repeated", 5, "NAME=\"Deutsch\"", "NAME=\"English\""),
    ("language-missing", 6, "NAME=\"Text\",LANGUAGE=\"en\"", "NAME=\"Text\""),
    ("channels-missing", 5, "DEFAULT=NO,CHANNELS=\"2\"", "DEFAULT=NO"),
];

/// A playlist without a variant.
const EMPTY: &str = "#EXTM3U\n#EXT-X-INDEPENDENT-SEGMENTS\n";

/// Every rule that is broken here, and what is found.
pub(crate) fn broken() -> impl Iterator<Item = (&'static str, Vec<Finding>)> {
    let found = |(rule, _, from, to): &Case| {
        let mut text = GOOD.replace(from, to);
        if *rule == "video-range-missing" {
            text = text.replace("29.970,VIDEO-RANGE=SDR", "29.970,VIDEO-RANGE=PQ");
        }
        (*rule, check_master(&text))
    };
    BROKEN.iter().map(found).chain([("variant-missing", check_master(EMPTY))])
}

#[test]
fn every_rule_fires_at_its_line() {
    for ((rule, line, from, _), (_, found)) in BROKEN.iter().zip(broken()) {
        assert_eq!(GOOD.matches(from).count(), 1, "{rule}: {from:?} stands once");
        let fired = found.iter().any(|finding| finding.rule == *rule && finding.line == *line);
        assert!(fired, "{rule} at line {line}; found {found:#?}");
    }
}

#[test]
fn a_playlist_without_variants_is_found() {
    let rules: Vec<_> = check_master(EMPTY).iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["variant-missing"]);
}

#[test]
fn versions_follow_the_features() {
    let older = GOOD.replace("INSTREAM-ID=\"CC1\"", "INSTREAM-ID=\"SERVICE1\"");
    let found = check_master(&older);
    assert_eq!((found.len(), found[0].rule, found[0].line), (1, "version-too-low", 7), "{found:?}");
    assert_eq!(found[0].allowed, "version 7 or higher");
}

#[test]
fn good_playlists_have_no_findings() {
    for text in [GOOD, AUDIO_ONLY] {
        assert_eq!(check_master(text), [], "{text}");
    }
}
