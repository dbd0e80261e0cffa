//! Rules of a single media playlist.

use std::collections::BTreeSet;

use super::finding::{Breach, Rule};
use super::segments::{ListedSegment, MediaOutline};
use crate::decimal;
use crate::parse::outline::Tag;

/// The rules, by id.
pub(super) const RULES: &[Rule<MediaOutline>] = &[
    Rule::new("master-tag-in-media", "RFC 8216 4.3.4", "no tag of a master playlist", master_tag),
    Rule::new("target-duration-missing", "RFC 8216 4.3.3.1", "EXT-X-TARGETDURATION", target_duration_missing),
    Rule::new(
        "target-duration-exceeded",
        "RFC 8216 4.3.3.1",
        "rounded EXTINF within it",
        target_duration_exceeded,
    ),
    Rule::new(
        "extinf-missing",
        "RFC 8216 4.3.2.1",
        "EXTINF with seconds before every address",
        extinf_missing,
    ),
    Rule::new(
        "segment-tag-orphaned",
        "RFC 8216 4.3.2",
        "an address after a segment's tags",
        segment_tag_orphaned,
    ),
    Rule::new(
        "sequence-tag-late",
        "RFC 8216 4.3.3.2, 4.3.3.3",
        "before the first segment",
        sequence_tag_late,
    ),
    Rule::new("playlist-type-unknown", "RFC 8216 4.3.3.5", "EVENT or VOD", playlist_type_unknown),
    Rule::new(
        "vod-without-endlist",
        "RFC 8216bis 6.2.1",
        "EXT-X-ENDLIST in a VOD playlist",
        vod_without_endlist,
    ),
    Rule::new("endlist-repeated", "RFC 8216 4.3.3.4", "EXT-X-ENDLIST once", endlist_repeated),
    Rule::new("endlist-not-last", "project", "nothing after EXT-X-ENDLIST", endlist_not_last),
    Rule::new(
        "map-missing",
        "RFC 8216 3.3, Apple authoring 8.20",
        "EXT-X-MAP before fragmented MP4",
        map_missing,
    ),
    Rule::new("map-without-uri", "RFC 8216 4.3.2.5", "URI in EXT-X-MAP", map_without_uri),
    Rule::new("byterange-malformed", "RFC 8216 4.3.2.2", "bytes[@offset]", byterange_malformed),
    Rule::new(
        "byterange-without-offset",
        "RFC 8216 4.3.2.2",
        "an offset, or the same resource before",
        byterange_offset,
    ),
    Rule::new(
        "date-malformed",
        "RFC 8216 4.3.2.6",
        "a time such as 2026-01-31T12:00:00.000Z",
        date_malformed,
    ),
    Rule::new(
        "date-jump",
        "RFC 8216bis 6.2.1",
        "the previous date plus the listed lengths, within 0.1 s",
        date_jump,
    ),
    Rule::new(
        "live-date-missing",
        "Apple authoring 8.4",
        "EXT-X-PROGRAM-DATE-TIME on every segment",
        live_date_missing,
    ),
    Rule::new(
        "live-sequence-missing",
        "RFC 8216bis 6.2.2, Apple authoring 8.17",
        "both numbers",
        live_sequence_missing,
    ),
    Rule::new("segment-repeated", "project", "every segment once", segment_repeated),
    Rule::new("start-beyond-end", "RFC 8216 4.3.5.2", "an offset within the playlist", start_beyond_end),
];

/// The tags that apply to the next segment only (RFC 8216 4.3.2). KEY and MAP apply to all that follow.
const SEGMENT_TAGS: &[&str] =
    &["EXTINF", "EXT-X-BYTERANGE", "EXT-X-DISCONTINUITY", "EXT-X-GAP", "EXT-X-PROGRAM-DATE-TIME"];

/// How far dates may stray from the listed lengths, in microseconds: clocks that are corrected drift a
/// little.
const DATE_TOLERANCE: u64 = 100_000;

fn master_tag(playlist: &MediaOutline) -> Vec<Breach> {
    let foreign = playlist.outline.tags().filter(|tag| tag.is_master());
    foreign.map(|tag| Breach::at(tag.line, tag.name.as_str())).collect()
}

fn target_duration_missing(playlist: &MediaOutline) -> Vec<Breach> {
    let missing = !playlist.outline.has("EXT-X-TARGETDURATION");
    missing.then(|| Breach::at(0, "none")).into_iter().collect()
}

fn target_duration_exceeded(playlist: &MediaOutline) -> Vec<Breach> {
    let Some(target) = playlist.target_duration else { return Vec::new() };
    let too_long = |segment: &&ListedSegment| segment.duration().rounded_seconds() > target;
    let breach = |segment: &ListedSegment| {
        let line = segment.extinf.map_or(segment.line, |(line, _)| line);
        Breach::at(line, format!("{} s", segment.duration())).allowed(format!("{target} s when rounded"))
    };
    playlist.segments.iter().filter(too_long).map(breach).collect()
}

fn extinf_missing(playlist: &MediaOutline) -> Vec<Breach> {
    let breach = |segment: &ListedSegment| match segment.extinf {
        None => Some(Breach::at(segment.line, format!("none before {:?}", segment.uri))),
        Some((line, None)) => Some(Breach::at(line, "EXTINF without a decimal number of seconds")),
        Some((_, Some(_))) => None,
    };
    playlist.segments.iter().filter_map(breach).collect()
}

fn segment_tag_orphaned(playlist: &MediaOutline) -> Vec<Breach> {
    let orphans = playlist.outline.tail.iter().filter(|tag| SEGMENT_TAGS.contains(&tag.name.as_str()));
    orphans.map(|tag| Breach::at(tag.line, format!("{} before no address", tag.name))).collect()
}

fn sequence_tag_late(playlist: &MediaOutline) -> Vec<Breach> {
    let outline = &playlist.outline;
    let first_segment = playlist.segments.first().map_or(usize::MAX, |segment| segment.line);
    let first_break = outline.tag("EXT-X-DISCONTINUITY").map_or(usize::MAX, |tag| tag.line);
    let late = |name, limit| outline.all(name).filter(move |tag| tag.line > limit);
    let media = late("EXT-X-MEDIA-SEQUENCE", first_segment);
    let discontinuity = late("EXT-X-DISCONTINUITY-SEQUENCE", first_segment.min(first_break));
    media.chain(discontinuity).map(|tag| Breach::at(tag.line, tag.name.as_str())).collect()
}

fn playlist_type_unknown(playlist: &MediaOutline) -> Vec<Breach> {
    let tags = playlist.outline.all("EXT-X-PLAYLIST-TYPE");
    let unknown = tags.filter(|tag| !["EVENT", "VOD"].contains(&tag.value()));
    unknown.map(|tag| Breach::at(tag.line, tag.value())).collect()
}

fn vod_without_endlist(playlist: &MediaOutline) -> Vec<Breach> {
    let breach = || Breach::at(playlist.line_of("EXT-X-PLAYLIST-TYPE"), "VOD without it");
    let broken = playlist.playlist_type() == Some("VOD") && !playlist.has_ended();
    broken.then(breach).into_iter().collect()
}

fn endlist_repeated(playlist: &MediaOutline) -> Vec<Breach> {
    playlist.outline.all("EXT-X-ENDLIST").skip(1).map(|tag| Breach::at(tag.line, "again")).collect()
}

fn endlist_not_last(playlist: &MediaOutline) -> Vec<Breach> {
    let last = playlist.outline.last_line;
    let early = playlist.outline.tag("EXT-X-ENDLIST").filter(|tag| tag.line < last);
    early.map(|tag| Breach::at(tag.line, format!("content up to line {last}"))).into_iter().collect()
}

fn map_missing(playlist: &MediaOutline) -> Vec<Breach> {
    let bare =
        playlist.segments.iter().find(|segment| segment.map.is_none() && is_fragmented_mp4(&segment.uri));
    bare.map(|segment| Breach::at(segment.line, format!("none for {:?}", segment.uri))).into_iter().collect()
}

fn is_fragmented_mp4(uri: &str) -> bool {
    let path = uri.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    [".m4s", ".mp4", ".m4v", ".m4a", ".cmfv", ".cmfa"].iter().any(|extension| path.ends_with(extension))
}

fn map_without_uri(playlist: &MediaOutline) -> Vec<Breach> {
    let without = playlist.outline.all("EXT-X-MAP").filter(|tag| tag.attributes().get("URI").is_none());
    without.map(|tag| Breach::at(tag.line, tag.value())).collect()
}

fn byterange_malformed(playlist: &MediaOutline) -> Vec<Breach> {
    let in_order = |text: &str| match text.split_once('@') {
        Some((length, offset)) => decimal::integer(length).is_some() && decimal::integer(offset).is_some(),
        None => decimal::integer(text).is_some(),
    };
    let segments = playlist.outline.all("EXT-X-BYTERANGE").map(|tag| (tag.line, tag.value()));
    let map = |tag: &'_ Tag| tag.attributes().get("BYTERANGE").map(str::to_owned);
    let maps = playlist.outline.all("EXT-X-MAP").filter_map(|tag| Some((tag.line, map(tag)?)));
    let all = segments.map(|(line, text)| (line, text.to_owned())).chain(maps);
    all.filter(|(_, text)| !in_order(text)).map(|(line, text)| Breach::at(line, text)).collect()
}

fn byterange_offset(playlist: &MediaOutline) -> Vec<Breach> {
    let mut previous: Option<&ListedSegment> = None;
    let mut breaches = Vec::new();
    for segment in &playlist.segments {
        let continues =
            previous.is_some_and(|before| before.byterange.is_some() && before.uri == segment.uri);
        if !continues && let Some(range) = segment.byterange.as_deref().filter(|range| !range.contains('@')) {
            breaches.push(Breach::at(segment.line, range));
        }
        previous = Some(segment);
    }
    breaches
}

fn date_malformed(playlist: &MediaOutline) -> Vec<Breach> {
    let lines = playlist.segments.iter().filter_map(|segment| segment.date);
    lines.filter(|(_, time)| time.is_none()).map(|(line, _)| Breach::at(line, "no such time")).collect()
}

fn date_jump(playlist: &MediaOutline) -> Vec<Breach> {
    let mut expected: Option<i64> = None;
    let mut breaches = Vec::new();
    for segment in &playlist.segments {
        let stated = segment.date.and_then(|(line, time)| Some((line, time?.as_microsecond())));
        let inherited = expected.filter(|_| !segment.discontinuity);
        if let (Some((line, stated)), Some(expected)) = (stated, inherited)
            && stated.abs_diff(expected) > DATE_TOLERANCE
        {
            let off = stated.saturating_sub(expected) as f64 / 1e6;
            breaches.push(Breach::at(line, format!("{off:+.3} s off")));
        }
        let begins = stated.map(|(_, stated)| stated).or(inherited);
        expected = begins.map(|begins| begins.saturating_add_unsigned(segment.duration().as_micros()));
    }
    breaches
}

fn live_date_missing(playlist: &MediaOutline) -> Vec<Breach> {
    if !playlist.is_live() {
        return Vec::new();
    }
    let undated = playlist.segments.iter().filter(|segment| segment.date.is_none());
    undated.map(|segment| Breach::at(segment.line, format!("none for {:?}", segment.uri))).collect()
}

fn live_sequence_missing(playlist: &MediaOutline) -> Vec<Breach> {
    let needed = ["EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE"];
    let missing = needed.into_iter().filter(|name| playlist.is_live() && !playlist.outline.has(name));
    missing.map(|name| Breach::at(0, format!("no {name}"))).collect()
}

fn segment_repeated(playlist: &MediaOutline) -> Vec<Breach> {
    let mut seen = BTreeSet::new();
    // A gap's address leads to filler, which several gaps may share.
    let present = playlist.segments.iter().filter(|segment| !segment.gap);
    let repeated = present.filter(|segment| !seen.insert((&segment.uri, &segment.byterange)));
    repeated.map(|segment| Breach::at(segment.line, format!("{:?} again", segment.uri))).collect()
}

fn start_beyond_end(playlist: &MediaOutline) -> Vec<Breach> {
    let Some(tag) = playlist.outline.tag("EXT-X-START") else { return Vec::new() };
    let offset = tag.attributes().get("TIME-OFFSET").and_then(decimal::signed_micros);
    let duration = playlist.duration();
    let beyond = offset.is_some_and(|offset| offset.unsigned_abs() > duration.as_micros());
    // A live playlist grows to where its start is.
    let judged = beyond && !playlist.is_live();
    let breach = || Breach::at(tag.line, tag.value()).allowed(format!("at most {duration} s either way"));
    judged.then(breach).into_iter().collect()
}
