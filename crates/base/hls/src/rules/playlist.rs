//! Rules that hold for playlists of both kinds.

use std::collections::BTreeSet;

use super::finding::{Breach, Rule};
use crate::decimal;
use crate::parse::outline::{Outline, Tag};

/// The rules, by id.
pub(super) const RULES: &[Rule<Outline>] = &[
    Rule::new("extm3u-first", "RFC 8216 4.3.1.1", "the first line is #EXTM3U", extm3u_first),
    Rule::new(
        "control-character",
        "RFC 8216 4.1",
        "no byte order mark and no control character",
        control_character,
    ),
    Rule::new("tag-repeated", "RFC 8216 4.3", "a tag about the whole playlist stands once", tag_repeated),
    Rule::new("number-malformed", "RFC 8216 4.2", "a whole number", number_malformed),
    Rule::new(
        "attribute-malformed",
        "RFC 8216 4.2",
        "NAME=value or NAME=\"value\", by commas",
        attribute_malformed,
    ),
    Rule::new(
        "attribute-repeated",
        "RFC 8216 4.2",
        "an attribute stands once in its tag",
        attribute_repeated,
    ),
    Rule::new("version-too-low", "RFC 8216 7", "a version that has the features used", version_too_low),
    Rule::new(
        "independent-segments-missing",
        "Apple authoring 9.11",
        "EXT-X-INDEPENDENT-SEGMENTS",
        independent,
    ),
    Rule::new("start-without-offset", "RFC 8216 4.3.5.2", "TIME-OFFSET in seconds", start_without_offset),
];

/// The tags about the whole playlist. ENDLIST has a rule of its own.
const ONCE: &[&str] = &[
    "EXTM3U",
    "EXT-X-VERSION",
    "EXT-X-TARGETDURATION",
    "EXT-X-MEDIA-SEQUENCE",
    "EXT-X-DISCONTINUITY-SEQUENCE",
    "EXT-X-PLAYLIST-TYPE",
    "EXT-X-I-FRAMES-ONLY",
    "EXT-X-INDEPENDENT-SEGMENTS",
    "EXT-X-START",
];

/// The tags whose value is a whole number.
const NUMBERS: &[&str] =
    &["EXT-X-VERSION", "EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE"];

/// The tags whose value is an attribute list.
const LISTS: &[&str] = &[
    "EXT-X-DATERANGE",
    "EXT-X-I-FRAME-STREAM-INF",
    "EXT-X-KEY",
    "EXT-X-MAP",
    "EXT-X-MEDIA",
    "EXT-X-SESSION-DATA",
    "EXT-X-SESSION-KEY",
    "EXT-X-START",
    "EXT-X-STREAM-INF",
];

fn extm3u_first(playlist: &Outline) -> Vec<Breach> {
    if playlist.starts_with_extm3u() {
        return Vec::new();
    }
    let first: String = playlist.text.lines().next().unwrap_or_default().chars().take(40).collect();
    vec![Breach::at(1, format!("{first:?}"))]
}

fn control_character(playlist: &Outline) -> Vec<Breach> {
    let forbidden = |character: &char| character.is_control() || *character == '\u{feff}';
    let lines = (1..).zip(playlist.text.lines());
    let found = lines.filter_map(|(line, content)| Some((line, content.chars().find(forbidden)?)));
    found.map(|(line, character)| Breach::at(line, format!("U+{:04X}", u32::from(character)))).collect()
}

fn tag_repeated(playlist: &Outline) -> Vec<Breach> {
    let mut seen = BTreeSet::new();
    let tags = playlist.tags().filter(|tag| ONCE.contains(&tag.name.as_str()));
    let repeated = tags.filter(|tag| !seen.insert(tag.name.as_str()));
    repeated.map(|tag| Breach::at(tag.line, format!("{} again", tag.name))).collect()
}

fn number_malformed(playlist: &Outline) -> Vec<Breach> {
    let tags = playlist.tags().filter(|tag| NUMBERS.contains(&tag.name.as_str()));
    let malformed = tags.filter(|tag| decimal::integer(tag.value()).is_none());
    malformed.map(|tag| Breach::at(tag.line, format!("{} is {:?}", tag.name, tag.value()))).collect()
}

fn lists(playlist: &Outline) -> impl Iterator<Item = &Tag> {
    playlist.tags().filter(|tag| LISTS.contains(&tag.name.as_str()))
}

fn attribute_malformed(playlist: &Outline) -> Vec<Breach> {
    let faults = lists(playlist).filter_map(|tag| Some((tag, tag.attributes().fault()?)));
    faults.map(|(tag, fault)| Breach::at(tag.line, format!("{} has {fault}", tag.name))).collect()
}

fn attribute_repeated(playlist: &Outline) -> Vec<Breach> {
    let repeated = |tag: &Tag| {
        let mut seen = BTreeSet::new();
        let attributes = tag.attributes();
        let again = attributes.pairs().iter().find(|(name, _)| !seen.insert(*name));
        again.map(|(name, _)| Breach::at(tag.line, format!("{name} again")))
    };
    lists(playlist).filter_map(repeated).collect()
}

fn version_too_low(playlist: &Outline) -> Vec<Breach> {
    let version = playlist.tag("EXT-X-VERSION").map_or(Some(1), |tag| decimal::integer(tag.value()));
    let Some(version) = version else { return Vec::new() };
    let frames_only = playlist.has("EXT-X-I-FRAMES-ONLY");
    let needs = playlist.tags().map(|tag| (version_needed(tag, frames_only), tag));
    let most = needs.max_by_key(|(needed, _)| *needed).filter(|(needed, _)| *needed > version);
    let breach = |(needed, tag): (u64, &Tag)| {
        let measured = format!("version {version} with {}", tag.name);
        Breach::at(tag.line, measured).allowed(format!("version {needed} or higher"))
    };
    most.map(breach).into_iter().collect()
}

/// The version that a tag asks for (RFC 8216 7, RFC 8216bis 8).
fn version_needed(tag: &Tag, frames_only: bool) -> u64 {
    let attribute = |name: &str| tag.attributes().get(name).map(str::to_owned);
    let service = || attribute("INSTREAM-ID").is_some_and(|id| id.starts_with("SERVICE"));
    let requirement = || tag.attributes().pairs().iter().any(|(name, _)| name.starts_with("REQ-"));
    match tag.name.as_str() {
        "EXTINF" if tag.value().split(',').next().is_some_and(|seconds| seconds.contains('.')) => 3,
        "EXT-X-BYTERANGE" | "EXT-X-I-FRAMES-ONLY" => 4,
        "EXT-X-KEY" | "EXT-X-SESSION-KEY" => key_version(tag),
        "EXT-X-MAP" => {
            if frames_only {
                5
            } else {
                6
            }
        }
        "EXT-X-MEDIA" if service() => 7,
        "EXT-X-DEFINE" => 8,
        "EXT-X-SKIP" => 9,
        "EXT-X-STREAM-INF" | "EXT-X-I-FRAME-STREAM-INF" if requirement() => 12,
        _ => 1,
    }
}

fn key_version(tag: &Tag) -> u64 {
    let attributes = tag.attributes();
    let has = |name| attributes.get(name).is_some();
    let sample_aes = attributes.get("METHOD").is_some_and(|method| method.starts_with("SAMPLE-AES"));
    if sample_aes || has("KEYFORMAT") || has("KEYFORMATVERSIONS") {
        5
    } else if has("IV") {
        2
    } else {
        1
    }
}

fn independent(playlist: &Outline) -> Vec<Breach> {
    let missing = !playlist.has("EXT-X-INDEPENDENT-SEGMENTS");
    missing.then(|| Breach::at(0, "none")).into_iter().collect()
}

fn start_without_offset(playlist: &Outline) -> Vec<Breach> {
    let offset = |tag: &Tag| tag.attributes().get("TIME-OFFSET").and_then(decimal::signed_micros);
    let without = playlist.all("EXT-X-START").filter(|tag| offset(tag).is_none());
    without.map(|tag| Breach::at(tag.line, tag.value())).collect()
}
