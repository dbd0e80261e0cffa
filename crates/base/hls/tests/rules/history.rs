//! One deliberately broken history per rule, and good ones on which nothing fires.

use std::time::Duration;

use hls::{Finding, Follower, Kind, MediaPlaylist, Segment, SegmentDuration, Snapshot, check_history};

/// A window of eight segments of 4 s, the third of which follows a discontinuity and the fifth of which is
/// a gap.
fn window() -> MediaPlaylist {
    let mut playlist = MediaPlaylist::new(Kind::Live { ended: false }, 4);
    for n in 0..8 {
        let mut segment = segment(n);
        segment.discontinuity = n == 2;
        segment.gap = n == 4;
        playlist.append(segment).expect("fits");
    }
    playlist
}

fn segment(n: u64) -> Segment {
    Segment::new(format!("{n}.ts"), SegmentDuration::from_micros(4_000_000))
}

/// Removes segments from the head as a server that keeps no minimum would.
fn shorten(playlist: &mut MediaPlaylist, count: usize) {
    let gone = playlist.segments.drain(..count).filter(|segment| segment.discontinuity).count();
    playlist.media_sequence += count as u64;
    playlist.discontinuity_sequence += gone as u64;
}

fn check(before: &str, after: &str) -> Vec<Finding> {
    check_history(&[Snapshot { at: None, text: before }, Snapshot { at: None, text: after }])
}

/// What is found when `change` happens to a playlist.
fn found(start: &MediaPlaylist, change: impl FnOnce(&mut MediaPlaylist)) -> Vec<Finding> {
    let mut changed = start.clone();
    change(&mut changed);
    check(&start.to_m3u8(), &changed.to_m3u8())
}

/// The rules that a change breaks.
fn fired(start: &MediaPlaylist, change: impl FnOnce(&mut MediaPlaylist)) -> Vec<&'static str> {
    found(start, change).iter().map(|finding| finding.rule).collect()
}

type Change = fn(&mut MediaPlaylist);

/// A rule, the kind of the playlist, and the change that breaks exactly that rule.
const BROKEN: &[(&str, Kind, Change)] = &[
    ("target-duration-changed", LIVE, |playlist| playlist.target_duration = 5),
    ("header-changed", LIVE, |playlist| playlist.independent_segments = false),
    ("typed-playlist-shortened", EVENT, |playlist| shorten(playlist, 1)),
    ("discontinuity-sequence-wrong", LIVE, |playlist| playlist.discontinuity_sequence = 1),
    ("segment-replaced", LIVE, |playlist| playlist.segments[3].uri = "other.ts".into()),
    ("segment-changed", LIVE, |playlist| {
        playlist.segments[3].duration = SegmentDuration::from_micros(3_900_000);
    }),
    ("gap-changed", LIVE, |playlist| playlist.segments[4].gap = false),
    ("gap-changed", LIVE, |playlist| playlist.segments[5].gap = true),
    ("tail-removed", LIVE, |playlist| drop(playlist.segments.pop())),
    ("endlist-lost", ENDED, |playlist| playlist.kind = LIVE),
    ("changed-after-end", ENDED, |playlist| playlist.segments.push(segment(8))),
    ("window-too-few", LIVE, |playlist| shorten(playlist, 3)),
];

const LIVE: Kind = Kind::Live { ended: false };
const ENDED: Kind = Kind::Live { ended: true };
const EVENT: Kind = Kind::Event { ended: false };

/// A rule, and a change that breaks it together with others.
const BROKEN_TOGETHER: &[(&str, Kind, Change)] = &[
    ("segment-renumbered", LIVE, cut_from_the_middle),
    ("playlist-type-changed", LIVE, |playlist| playlist.kind = Kind::Vod),
    ("vod-changed", Kind::Vod, |playlist| playlist.segments[0].uri = "other.ts".into()),
    ("window-too-short", LIVE, |playlist| shorten(playlist, 6)),
];

/// Every rule that is broken here, and what is found.
pub(crate) fn broken() -> impl Iterator<Item = (&'static str, Vec<Finding>)> {
    let changes = BROKEN.iter().chain(BROKEN_TOGETHER).map(|(rule, kind, change)| {
        let start = MediaPlaylist { kind: *kind, ..window() };
        (*rule, found(&start, change))
    });
    changes.chain([
        ("media-sequence-lowered", going_back()),
        ("segment-returned", replayed()),
        ("update-late", seen_until(6_001)),
    ])
}

fn cut_from_the_middle(playlist: &mut MediaPlaylist) {
    playlist.segments.remove(5);
    playlist.segments.push(segment(8));
}

/// A window that is followed by an older one.
fn going_back() -> Vec<Finding> {
    let mut later = window();
    shorten(&mut later, 2);
    found(&later, |playlist| *playlist = window())
}

/// A window from which two segments leave, and the first of them comes again under the next number.
fn replayed() -> Vec<Finding> {
    let mut playlist = window();
    let mut texts = vec![playlist.to_m3u8()];
    for n in [8, 9, 0] {
        playlist.append(segment(n)).expect("fits");
        playlist.drop_first().expect("long enough");
        texts.push(playlist.to_m3u8());
    }
    let shots: Vec<_> = texts.iter().map(|text| Snapshot { at: None, text }).collect();
    check_history(&shots)
}

/// A window that is seen at three times, the last of them given in milliseconds.
fn seen_until(millis: u64) -> Vec<Finding> {
    let text = window().to_m3u8();
    let shot = |at| Snapshot { at: Some(Duration::from_millis(at)), text: text.as_str() };
    check_history(&[shot(0), shot(1_000), shot(millis)])
}

#[test]
fn every_change_breaks_exactly_its_rule() {
    for (rule, kind, change) in BROKEN {
        let start = MediaPlaylist { kind: *kind, ..window() };
        assert_eq!(fired(&start, change), [*rule]);
    }
}

#[test]
fn going_back_is_found() {
    let rules: Vec<_> = going_back().iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["media-sequence-lowered"]);
}

#[test]
fn an_address_that_left_and_comes_again_is_found() {
    let found = replayed();
    assert_eq!((found.len(), found[0].rule, found[0].text), (1, "segment-returned", 3), "{found:?}");
    assert_eq!(found[0].measured, "\"0.ts\" again, as number 10");
}

#[test]
fn removing_from_the_middle_is_found() {
    let rules = fired(&window(), cut_from_the_middle);
    assert_eq!(rules, ["segment-renumbered", "segment-replaced"]);
}

#[test]
fn removing_without_raising_the_number_is_found() {
    let rules = fired(&window(), |playlist| {
        shorten(playlist, 1);
        playlist.media_sequence = 0;
        playlist.segments.push(segment(8));
    });
    assert!(rules.contains(&"segment-renumbered") && rules.contains(&"segment-replaced"), "{rules:?}");
}

#[test]
fn a_vod_playlist_must_stay_as_it_is() {
    let vod = MediaPlaylist { kind: Kind::Vod, ..window() };
    let rules = fired(&vod, |playlist| playlist.segments[0].uri = "other.ts".into());
    assert_eq!(rules, ["vod-changed", "segment-replaced"]);
    let text = vod.to_m3u8();
    let found = check(&text, &text.replace("4.000000,\n7.ts", "4.000000,a title\n7.ts"));
    assert_eq!((found.len(), found[0].rule, found[0].line), (1, "vod-changed", 23), "{found:?}");
}

#[test]
fn a_window_that_becomes_vod_is_found() {
    let rules = fired(&window(), |playlist| playlist.kind = Kind::Vod);
    assert_eq!(rules, ["playlist-type-changed"]);
}

#[test]
fn a_window_under_three_target_durations_is_found() {
    let rules = fired(&window(), |playlist| shorten(playlist, 6));
    assert_eq!(rules, ["window-too-short", "window-too-few"]);
}

#[test]
fn a_discontinuity_that_left_uncounted_is_found() {
    let mut later = window();
    shorten(&mut later, 3);
    later.discontinuity_sequence = 0;
    (8..12).for_each(|n| later.segments.push(segment(n)));
    let found = check(&window().to_m3u8(), &later.to_m3u8());
    assert_eq!((found.len(), found[0].rule), (1, "discontinuity-sequence-wrong"), "{found:?}");
    assert_eq!((found[0].text, found[0].line), (1, 5));
    assert_eq!((found[0].measured.as_str(), found[0].allowed.as_str()), ("0", "1"));
}

#[test]
fn a_late_update_is_found_once_it_is_certain() {
    assert_eq!(seen_until(6_000), []);
    let found = seen_until(6_001);
    assert_eq!((found.len(), found[0].rule, found[0].text), (1, "update-late", 2), "{found:?}");
}

#[test]
fn a_late_update_is_found_once_when_it_comes() {
    let (before, mut playlist) = (window().to_m3u8(), window());
    playlist.append(segment(8)).expect("fits");
    let after = playlist.to_m3u8();
    let mut follower = Follower::default();
    let mut at = |millis, text| follower.observe(&Snapshot { at: Some(Duration::from_millis(millis)), text });
    assert_eq!((at(0, &before), at(5_000, &before), at(7_000, &before)), (vec![], vec![], vec![]));
    let found = at(7_500, &after);
    assert_eq!((found.len(), found[0].rule, found[0].text), (1, "update-late", 2), "{found:?}");
    assert_eq!(found[0].measured, "7.000 s and nothing new");
    assert_eq!(follower.longest_wait(), Duration::from_secs(7));
    assert_eq!(follower.finish(), []);
}

#[test]
fn legal_changes_have_no_findings() {
    let mut playlist = window();
    let mut texts = vec![playlist.to_m3u8()];
    for n in 8..20 {
        playlist.append(segment(n)).expect("fits");
        texts.push(playlist.to_m3u8());
        playlist.drop_first().expect("long enough");
        texts.push(playlist.to_m3u8());
    }
    playlist.end();
    texts.push(playlist.to_m3u8());
    let shots: Vec<_> = texts.iter().map(|text| Snapshot { at: None, text }).collect();
    assert_eq!(check_history(&shots), []);
    // A player that slept sees only some of them.
    let some: Vec<_> = shots.iter().step_by(9).copied().collect();
    assert_eq!(check_history(&some), []);
    assert_eq!(check_history(&[shots[0], shots[24]]), [], "nothing in common any more");
}
