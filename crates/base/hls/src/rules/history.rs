//! Rules about what may happen to a media playlist from one snapshot to the next.

use std::collections::BTreeMap;

use super::finding::{Breach, Rule};
use super::follower::Step;
use super::segments::{ListedSegment, MediaOutline};
use crate::parse::outline::Tag;
use crate::{MIN_WINDOW_SEGMENTS, MIN_WINDOW_TARGET_DURATIONS};

/// The rules, by id.
pub(super) const RULES: &[Rule<Step>] = &[
    Rule::new("target-duration-changed", "RFC 8216 4.3.3.1", "it never changes", target_duration_changed),
    Rule::new("header-changed", "RFC 8216bis 6.2.1", "these tags never change", header_changed),
    Rule::new("playlist-type-changed", "RFC 8216bis 6.2.1", "it never changes", playlist_type_changed),
    Rule::new("vod-changed", "RFC 8216 4.3.3.5", "a VOD playlist never changes", vod_changed),
    Rule::new(
        "typed-playlist-shortened",
        "RFC 8216bis 6.2.2",
        "no EXT-X-PLAYLIST-TYPE on a window",
        typed_shortened,
    ),
    Rule::new("media-sequence-lowered", "RFC 8216bis 6.2.2", "it never goes down", media_sequence_lowered),
    Rule::new(
        "discontinuity-sequence-wrong",
        "RFC 8216bis 6.2.2",
        "+1 per discontinuity gone",
        discontinuity_sequence,
    ),
    Rule::new("segment-renumbered", "RFC 8216bis 6.2.2", "an address keeps its number", segment_renumbered),
    Rule::new("segment-replaced", "RFC 8216bis 6.2.2", "a number keeps its address", segment_replaced),
    Rule::new("segment-changed", "RFC 8216bis 6.2.1", "a listed segment never changes", segment_changed),
    Rule::new("gap-changed", "RFC 8216bis 6.2.1", "a gap stays a gap, and nothing becomes one", gap_changed),
    Rule::new("tail-removed", "RFC 8216bis 6.2.1", "segments leave from the head only", tail_removed),
    Rule::new("endlist-lost", "RFC 8216 4.3.3.4", "EXT-X-ENDLIST stays", endlist_lost),
    Rule::new("changed-after-end", "RFC 8216 4.3.3.4", "nothing after EXT-X-ENDLIST", changed_after_end),
    Rule::new("window-too-short", "RFC 8216bis 6.2.2", "three target durations stay", window_too_short),
    Rule::new("window-too-few", "Apple authoring 8.11", "six segments stay", window_too_few),
    Rule::new("segment-returned", "project", "an address is never used again", segment_returned),
];

/// The tags of the header that no change is allowed to touch.
const FIXED: &[&str] = &[
    "EXT-X-VERSION",
    "EXT-X-INDEPENDENT-SEGMENTS",
    "EXT-X-START",
    "EXT-X-I-FRAMES-ONLY",
    "EXT-X-SERVER-CONTROL",
];

fn target_duration_changed(step: &Step) -> Vec<Breach> {
    step.judge(|step| {
        let value =
            |playlist: &MediaOutline| playlist.target_duration.map_or("none".to_owned(), |s| s.to_string());
        let (before, after) = (value(&step.before), value(&step.after));
        let line = step.after.line_of("EXT-X-TARGETDURATION");
        (before != after).then(|| Breach::at(line, after).allowed(before))
    })
}

fn header_changed(step: &Step) -> Vec<Breach> {
    step.judge(|step| {
        let value =
            |playlist: &MediaOutline, name| playlist.outline.tag(name).map(|tag| Tag::value(tag).to_owned());
        let changed = FIXED.iter().find(|name| value(&step.before, name) != value(&step.after, name))?;
        let show = |playlist: &MediaOutline| {
            value(playlist, changed).map_or(format!("no {changed}"), |it| format!("{changed}:{it}"))
        };
        Some(Breach::at(step.after.line_of(changed), show(&step.after)).allowed(show(&step.before)))
    })
}

fn playlist_type_changed(step: &Step) -> Vec<Breach> {
    step.judge(|step| {
        let value = |playlist: &MediaOutline| playlist.playlist_type().unwrap_or("none").to_owned();
        let (before, after) = (value(&step.before), value(&step.after));
        let line = step.after.line_of("EXT-X-PLAYLIST-TYPE");
        (before != after).then(|| Breach::at(line, after).allowed(before))
    })
}

fn vod_changed(step: &Step) -> Vec<Breach> {
    step.judge(|step| {
        let vod = step.before.playlist_type() == Some("VOD");
        let (before, after) = (&step.before.outline.text, &step.after.outline.text);
        let line = (1..).zip(after.lines()).zip(before.lines()).find(|((_, after), before)| after != before);
        let line = line.map_or(step.after.outline.last_line, |((line, _), _)| line);
        (vod && before != after).then(|| Breach::at(line, "another text"))
    })
}

fn typed_shortened(step: &Step) -> Vec<Breach> {
    step.judge(|step| {
        let kind = step.after.playlist_type().filter(|_| step.has_dropped())?;
        Some(Breach::at(step.after.line_of("EXT-X-PLAYLIST-TYPE"), format!("{kind} lost segments")))
    })
}

fn media_sequence_lowered(step: &Step) -> Vec<Breach> {
    step.judge(|step| {
        let (before, after) = (step.before.media_sequence, step.after.media_sequence);
        let line = step.after.line_of("EXT-X-MEDIA-SEQUENCE");
        (after < before).then(|| Breach::at(line, after.to_string()).allowed(format!("{before} or more")))
    })
}

fn discontinuity_sequence(step: &Step) -> Vec<Breach> {
    step.judge(|step| {
        let gone = step.before.segments.iter().filter(|segment| segment.number < step.after.media_sequence);
        let left = gone.filter(|segment| segment.discontinuity).count() as u64;
        let least = step.before.discontinuity_sequence.saturating_add(left);
        let found = step.after.discontinuity_sequence;
        // Where segments came and went between the snapshots, some of them may have brought discontinuities.
        let all_seen = step.after.media_sequence <= step.before.next_number();
        let wrong = found < least || (all_seen && found > least);
        let line = step.after.line_of("EXT-X-DISCONTINUITY-SEQUENCE");
        wrong.then(|| Breach::at(line, found.to_string()).allowed(least.to_string()))
    })
}

fn segment_renumbered(step: &Step) -> Vec<Breach> {
    step.judge(|step| {
        let known: BTreeMap<_, _> = step
            .before
            .segments
            .iter()
            .map(|segment| ((&segment.uri, &segment.byterange), segment.number))
            .collect();
        let moved = |segment: &ListedSegment| {
            let before = *known.get(&(&segment.uri, &segment.byterange))?;
            let measured = format!("{:?} is number {}", segment.uri, segment.number);
            let differs = before != segment.number && !segment.gap;
            differs.then(|| Breach::at(segment.line, measured).allowed(before.to_string()))
        };
        step.after.segments.iter().find_map(moved)
    })
}

fn segment_replaced(step: &Step) -> Vec<Breach> {
    step.judge(|step| {
        let (before, after) = step.kept().find(|(before, after)| before.uri != after.uri)?;
        let measured = format!("number {} is {:?}", after.number, after.uri);
        Some(Breach::at(after.line, measured).allowed(format!("{:?}", before.uri)))
    })
}

fn segment_changed(step: &Step) -> Vec<Breach> {
    step.judge(|step| {
        let same_address = step.kept().filter(|(before, after)| before.uri == after.uri);
        let mut changes = same_address.filter_map(|(before, after)| Some((change(before, after)?, after)));
        changes
            .next()
            .map(|(what, after)| Breach::at(after.line, format!("{what} of number {}", after.number)))
    })
}

/// What differs between two listings of one segment; gaps have a rule of their own.
fn change(before: &ListedSegment, after: &ListedSegment) -> Option<&'static str> {
    let time = |segment: &ListedSegment| segment.date.and_then(|(_, time)| time);
    let differences = [
        ("EXTINF", before.duration() != after.duration()),
        ("EXT-X-DISCONTINUITY", before.discontinuity != after.discontinuity),
        ("EXT-X-PROGRAM-DATE-TIME", time(before) != time(after)),
        ("EXT-X-BYTERANGE", before.byterange != after.byterange),
        ("EXT-X-MAP", before.map != after.map),
    ];
    differences.into_iter().find(|(_, differs)| *differs).map(|(what, _)| what)
}

fn gap_changed(step: &Step) -> Vec<Breach> {
    step.judge(|step| {
        let (before, after) = step.kept().find(|(before, after)| before.gap != after.gap)?;
        let show = |segment: &ListedSegment| if segment.gap { "a gap" } else { "no gap" };
        let measured = format!("number {} is {}", after.number, show(after));
        Some(Breach::at(after.line, measured).allowed(show(before)))
    })
}

fn tail_removed(step: &Step) -> Vec<Breach> {
    step.judge(|step| {
        let (before, after) = (step.before.next_number(), step.after.next_number());
        let measured = format!("ends before number {after}");
        (after < before)
            .then(|| Breach::at(step.after.outline.last_line, measured).allowed(before.to_string()))
    })
}

fn endlist_lost(step: &Step) -> Vec<Breach> {
    step.judge(|step| {
        let lost = step.before.has_ended() && !step.after.has_ended();
        lost.then(|| Breach::at(step.after.outline.last_line, "none"))
    })
}

fn changed_after_end(step: &Step) -> Vec<Breach> {
    step.judge(|step| {
        let grown = step.after.next_number().saturating_sub(step.before.next_number());
        let measured = format!("{grown} more segments");
        (step.before.has_ended() && grown > 0).then(|| Breach::at(step.after.outline.last_line, measured))
    })
}

fn window_too_short(step: &Step) -> Vec<Breach> {
    step.judge(|step| {
        let needed = step.after.target_duration?.saturating_mul(MIN_WINDOW_TARGET_DURATIONS);
        let left = step.after.duration();
        let short = left.as_micros() < needed.saturating_mul(1_000_000);
        let line = step.after.line_of("EXT-X-MEDIA-SEQUENCE");
        let judged = short && step.has_dropped() && !step.after.has_ended();
        judged.then(|| Breach::at(line, format!("{left} s left")).allowed(format!("{needed} s")))
    })
}

fn window_too_few(step: &Step) -> Vec<Breach> {
    step.judge(|step| {
        let left = step.after.segments.len();
        let judged = left < MIN_WINDOW_SEGMENTS && step.has_dropped() && !step.after.has_ended();
        judged
            .then(|| Breach::at(step.after.line_of("EXT-X-MEDIA-SEQUENCE"), format!("{left} segments left")))
    })
}

/// A number that is listed for the first time has an address that was listed and left.
fn segment_returned(step: &Step) -> Vec<Breach> {
    step.judge(|step| {
        let mut new =
            step.after.segments.iter().filter(|segment| segment.number >= step.before.next_number());
        let returned = new.find(|segment| step.has_left(segment))?;
        let measured = format!("{:?} again, as number {}", returned.uri, returned.number);
        Some(Breach::at(returned.line, measured))
    })
}
