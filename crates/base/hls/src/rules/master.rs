//! Rules of a master playlist.

use std::collections::BTreeSet;

use super::finding::{Breach, Rule};
use crate::decimal;
use crate::parse::outline::{Outline, Tag};

/// The rules, by id.
pub(super) const RULES: &[Rule<Outline>] = &[
    Rule::new("media-tag-in-master", "RFC 8216 4.3.2, 4.3.3", "no tag of a media playlist", media_tag),
    Rule::new("variant-missing", "RFC 8216 4.3.4.2", "one variant at least", variant_missing),
    Rule::new(
        "variant-without-uri",
        "RFC 8216 4.3.4.2",
        "an address after EXT-X-STREAM-INF",
        variant_without_uri,
    ),
    Rule::new(
        "uri-without-variant",
        "RFC 8216 4.3.4.2",
        "EXT-X-STREAM-INF before an address",
        uri_without_variant,
    ),
    Rule::new("bandwidth-missing", "RFC 8216 4.3.4.2", "BANDWIDTH in bits per second", bandwidth_missing),
    Rule::new("average-bandwidth-missing", "Apple authoring 9.14", "AVERAGE-BANDWIDTH", average_missing),
    Rule::new(
        "average-above-peak",
        "RFC 8216 4.3.4.2",
        "AVERAGE-BANDWIDTH up to BANDWIDTH",
        average_above_peak,
    ),
    Rule::new("codecs-missing", "Apple authoring 9.1", "CODECS", codecs_missing),
    Rule::new(
        "codecs-without-audio",
        "RFC 8216bis 6.2.4",
        "the audio group's codec in CODECS",
        codecs_without_audio,
    ),
    Rule::new("resolution-missing", "Apple authoring 9.2", "RESOLUTION of video", resolution_missing),
    Rule::new("frame-rate-missing", "Apple authoring 9.15", "FRAME-RATE of video", frame_rate_missing),
    Rule::new("video-range-unknown", "RFC 8216bis 4.4.6.2", "SDR, HLG or PQ", video_range_unknown),
    Rule::new(
        "video-range-missing",
        "Apple authoring 9.16",
        "VIDEO-RANGE unless all is SDR",
        video_range_missing,
    ),
    Rule::new("group-unknown", "RFC 8216 4.3.4.2.1", "a group that EXT-X-MEDIA defines", group_unknown),
    Rule::new("first-variant-extreme", "Apple authoring 1.32a", "about 2 Mb/s first", first_variant),
    Rule::new("rendition-incomplete", "RFC 8216 4.3.4.1", "TYPE, GROUP-ID and NAME", rendition_incomplete),
    Rule::new(
        "rendition-type-unknown",
        "RFC 8216 4.3.4.1",
        "AUDIO, VIDEO, SUBTITLES or CLOSED-CAPTIONS",
        type_unknown,
    ),
    Rule::new("rendition-flag-malformed", "RFC 8216 4.3.4.1", "YES or NO", flag_malformed),
    Rule::new(
        "rendition-uri",
        "RFC 8216 4.3.4.1",
        "URI for SUBTITLES, none for CLOSED-CAPTIONS",
        rendition_uri,
    ),
    Rule::new("captions-without-instream-id", "RFC 8216 4.3.4.1", "INSTREAM-ID", captions_without_id),
    Rule::new(
        "default-not-autoselect",
        "RFC 8216 4.3.4.1",
        "AUTOSELECT=YES with DEFAULT=YES",
        default_not_auto,
    ),
    Rule::new("default-repeated", "RFC 8216 4.3.4.1.1", "one DEFAULT=YES in a group", default_repeated),
    Rule::new("rendition-name-repeated", "RFC 8216 4.3.4.1.1", "a NAME once in a group", name_repeated),
    Rule::new("language-missing", "Apple authoring 8.10", "LANGUAGE unless TYPE=VIDEO", language_missing),
    Rule::new("channels-missing", "RFC 8216 4.3.4.1", "CHANNELS of audio", channels_missing),
];

/// The rate that players should begin with, and how far the first variant may be from it (a factor of two).
const FIRST_VARIANT: std::ops::RangeInclusive<u64> = 1_000_000..=4_000_000;

/// How the names of video formats begin (RFC 6381).
const VIDEO_CODECS: &[&str] =
    &["avc", "hvc", "hev", "dvh", "dvav", "dav1", "av01", "vp08", "vp09", "vp8", "vp9"];

/// How the names of text formats begin.
const TEXT_CODECS: &[&str] = &["wvtt", "stpp"];

/// What both kinds of check begin with: the tags of one name, and a breach for each that is wrong.
fn judge(playlist: &Outline, name: &str, check: impl Fn(&Tag) -> Option<String>) -> Vec<Breach> {
    playlist.all(name).filter_map(|tag| Some(Breach::at(tag.line, check(tag)?))).collect()
}

fn variants(playlist: &Outline, check: impl Fn(&Tag) -> Option<String>) -> Vec<Breach> {
    judge(playlist, "EXT-X-STREAM-INF", check)
}

fn renditions(playlist: &Outline, check: impl Fn(&Tag) -> Option<String>) -> Vec<Breach> {
    judge(playlist, "EXT-X-MEDIA", check)
}

fn absent(tag: &Tag, name: &str) -> Option<String> {
    tag.attributes().get(name).is_none().then(|| format!("no {name}"))
}

fn is(tag: &Tag, name: &str, value: &str) -> bool {
    tag.attributes().get(name) == Some(value)
}

fn number(tag: &Tag, name: &str) -> Option<u64> {
    tag.attributes().get(name).and_then(decimal::integer)
}

fn has_codec(tag: &Tag, matches: impl Fn(&str) -> bool) -> bool {
    tag.attributes().get("CODECS").is_some_and(|codecs| codecs.split(',').any(|codec| matches(codec.trim())))
}

fn begins_with_any(codec: &str, beginnings: &[&str]) -> bool {
    beginnings.iter().any(|beginning| codec.starts_with(beginning))
}

/// Without CODECS a variant counts as video, which nearly all are.
pub(crate) fn has_video(tag: &Tag) -> bool {
    tag.attributes().get("CODECS").is_none() || has_codec(tag, |codec| begins_with_any(codec, VIDEO_CODECS))
}

fn media_tag(playlist: &Outline) -> Vec<Breach> {
    playlist.tags().filter(|tag| tag.is_media()).map(|tag| Breach::at(tag.line, tag.name.as_str())).collect()
}

fn variant_missing(playlist: &Outline) -> Vec<Breach> {
    let missing = !playlist.has("EXT-X-STREAM-INF");
    missing.then(|| Breach::at(0, "none")).into_iter().collect()
}

fn variant_without_uri(playlist: &Outline) -> Vec<Breach> {
    let followed = |tag: &Tag| {
        playlist
            .entries
            .iter()
            .any(|entry| entry.tag("EXT-X-STREAM-INF").is_some_and(|last| last.line == tag.line))
    };
    variants(playlist, |tag| (!followed(tag)).then(|| "no address".to_owned()))
}

fn uri_without_variant(playlist: &Outline) -> Vec<Breach> {
    let lone = playlist.entries.iter().filter(|entry| entry.tag("EXT-X-STREAM-INF").is_none());
    lone.map(|entry| Breach::at(entry.line, format!("{:?} alone", entry.uri))).collect()
}

fn bandwidth_missing(playlist: &Outline) -> Vec<Breach> {
    let wrong = |tag: &Tag| number(tag, "BANDWIDTH").is_none_or(|rate| rate == 0);
    variants(playlist, |tag| {
        wrong(tag).then(|| tag.attributes().get("BANDWIDTH").unwrap_or("none").to_owned())
    })
}

fn average_missing(playlist: &Outline) -> Vec<Breach> {
    variants(playlist, |tag| absent(tag, "AVERAGE-BANDWIDTH"))
}

fn average_above_peak(playlist: &Outline) -> Vec<Breach> {
    variants(playlist, |tag| {
        let (average, peak) = (number(tag, "AVERAGE-BANDWIDTH")?, number(tag, "BANDWIDTH")?);
        (average > peak).then(|| format!("average {average}, peak {peak}"))
    })
}

fn codecs_missing(playlist: &Outline) -> Vec<Breach> {
    variants(playlist, |tag| absent(tag, "CODECS"))
}

fn codecs_without_audio(playlist: &Outline) -> Vec<Breach> {
    let is_audio =
        |codec: &str| !begins_with_any(codec, VIDEO_CODECS) && !begins_with_any(codec, TEXT_CODECS);
    variants(playlist, |tag| {
        let attributes = tag.attributes();
        let (codecs, group) = (attributes.get("CODECS")?, attributes.get("AUDIO")?);
        (!has_codec(tag, is_audio)).then(|| format!("CODECS {codecs:?} with AUDIO {group:?}"))
    })
}

fn resolution_missing(playlist: &Outline) -> Vec<Breach> {
    variants(playlist, |tag| absent(tag, "RESOLUTION").filter(|_| has_video(tag)))
}

fn frame_rate_missing(playlist: &Outline) -> Vec<Breach> {
    variants(playlist, |tag| absent(tag, "FRAME-RATE").filter(|_| has_video(tag)))
}

fn video_range_unknown(playlist: &Outline) -> Vec<Breach> {
    variants(playlist, |tag| {
        let range = tag.attributes().get("VIDEO-RANGE")?;
        (!["SDR", "HLG", "PQ"].contains(&range)).then(|| range.to_owned())
    })
}

fn video_range_missing(playlist: &Outline) -> Vec<Breach> {
    let high = |tag: &Tag| is(tag, "VIDEO-RANGE", "PQ") || is(tag, "VIDEO-RANGE", "HLG");
    let any_high = playlist.all("EXT-X-STREAM-INF").any(high);
    variants(playlist, |tag| absent(tag, "VIDEO-RANGE").filter(|_| any_high && has_video(tag)))
}

fn group_unknown(playlist: &Outline) -> Vec<Breach> {
    let defined = |kind: &str, group: &str| {
        playlist.all("EXT-X-MEDIA").any(|tag| is(tag, "TYPE", kind) && is(tag, "GROUP-ID", group))
    };
    variants(playlist, |tag| {
        let attributes = tag.attributes();
        let named = ["AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS"];
        let named = named.into_iter().filter_map(|kind| Some((kind, attributes.get(kind)?)));
        let mut named = named.filter(|(kind, group)| (*kind, *group) != ("CLOSED-CAPTIONS", "NONE"));
        named.find(|(kind, group)| !defined(kind, group)).map(|(kind, group)| format!("{kind} {group:?}"))
    })
}

fn first_variant(playlist: &Outline) -> Vec<Breach> {
    let rate = |tag: &Tag| number(tag, "AVERAGE-BANDWIDTH").or_else(|| number(tag, "BANDWIDTH"));
    let fits = |tag: &Tag| rate(tag).is_some_and(|rate| FIRST_VARIANT.contains(&rate));
    let better = playlist.all("EXT-X-STREAM-INF").any(fits);
    let first = playlist.tag("EXT-X-STREAM-INF").filter(|tag| better && !fits(tag));
    let breach = |tag: &Tag| Some(Breach::at(tag.line, format!("{} b/s", rate(tag)?)));
    first.and_then(breach).into_iter().collect()
}

fn rendition_incomplete(playlist: &Outline) -> Vec<Breach> {
    renditions(playlist, |tag| ["TYPE", "GROUP-ID", "NAME"].into_iter().find_map(|name| absent(tag, name)))
}

fn type_unknown(playlist: &Outline) -> Vec<Breach> {
    renditions(playlist, |tag| {
        let kind = tag.attributes().get("TYPE")?;
        (!["AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS"].contains(&kind)).then(|| kind.to_owned())
    })
}

fn flag_malformed(playlist: &Outline) -> Vec<Breach> {
    renditions(playlist, |tag| {
        let attributes = tag.attributes();
        let flags = ["DEFAULT", "AUTOSELECT", "FORCED"].into_iter();
        let mut flags = flags.filter_map(|name| Some((name, attributes.get(name)?)));
        flags.find(|(_, value)| !["YES", "NO"].contains(value)).map(|(name, value)| format!("{name}={value}"))
    })
}

fn rendition_uri(playlist: &Outline) -> Vec<Breach> {
    renditions(playlist, |tag| {
        let attributes = tag.attributes();
        match (attributes.get("TYPE")?, attributes.get("URI")) {
            ("SUBTITLES", None) => Some("SUBTITLES without URI".to_owned()),
            ("CLOSED-CAPTIONS", Some(_)) => Some("CLOSED-CAPTIONS with URI".to_owned()),
            _ => None,
        }
    })
}

fn captions_without_id(playlist: &Outline) -> Vec<Breach> {
    renditions(playlist, |tag| absent(tag, "INSTREAM-ID").filter(|_| is(tag, "TYPE", "CLOSED-CAPTIONS")))
}

fn default_not_auto(playlist: &Outline) -> Vec<Breach> {
    let broken = |tag: &Tag| is(tag, "DEFAULT", "YES") && is(tag, "AUTOSELECT", "NO");
    renditions(playlist, |tag| broken(tag).then(|| "DEFAULT=YES,AUTOSELECT=NO".to_owned()))
}

fn default_repeated(playlist: &Outline) -> Vec<Breach> {
    repeated(playlist, |tag| is(tag, "DEFAULT", "YES").then(|| "DEFAULT=YES".to_owned()))
}

fn name_repeated(playlist: &Outline) -> Vec<Breach> {
    repeated(playlist, |tag| tag.attributes().get("NAME").map(str::to_owned))
}

/// A breach for every rendition whose key another one of its group has already.
fn repeated(playlist: &Outline, key: impl Fn(&Tag) -> Option<String>) -> Vec<Breach> {
    let mut seen = BTreeSet::new();
    let text = |tag: &Tag, name: &str| tag.attributes().get(name).map(str::to_owned);
    let keyed = playlist.all("EXT-X-MEDIA").filter_map(|tag| Some((tag, key(tag)?)));
    let again =
        keyed.filter(|(tag, key)| !seen.insert((text(tag, "TYPE"), text(tag, "GROUP-ID"), key.clone())));
    again.map(|(tag, key)| Breach::at(tag.line, format!("{key} again"))).collect()
}

fn language_missing(playlist: &Outline) -> Vec<Breach> {
    renditions(playlist, |tag| absent(tag, "LANGUAGE").filter(|_| !is(tag, "TYPE", "VIDEO")))
}

fn channels_missing(playlist: &Outline) -> Vec<Breach> {
    renditions(playlist, |tag| absent(tag, "CHANNELS").filter(|_| is(tag, "TYPE", "AUDIO")))
}
