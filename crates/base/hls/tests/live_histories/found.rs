//! Cases that random histories found, shrunk: they stay.

use crate::{
    history::{Fate, History, Segment, Turn, Way},
    judge,
};

const ARRIVES: Segment = Segment {
    millis: 200,
    way: Way::Arrives,
    behind: 0,
    restart: false,
    other_format: false,
    jump: 0,
    dated: false,
};

fn turn(millis: u64, deliver: usize, fate: Fate) -> Turn {
    Turn { millis, deliver, fate }
}

/// A segment without a length cannot be in a recording: it must not be held for ever as one that comes late.
#[test]
fn a_segment_without_a_length_is_dealt_with() {
    let segments = vec![Segment { millis: 0, ..ARRIVES }];
    judge(&History { window: 6, first: 0, segments, end: None, turns: vec![] });
}

/// Late segments that one owner held went lost when it had to take the stream over again.
#[test]
fn late_segments_survive_a_second_adoption() {
    let spoilt = Segment { way: Way::Spoilt(Some(0)), ..ARRIVES };
    let turns = vec![
        turn(0, 2, Fate::Rival(0)),
        turn(500, 0, Fate::Past(0)),
        turn(0, 0, Fate::Past(1)),
        turn(0, 0, Fate::Nothing),
    ];
    judge(&History { window: 6, first: 0, segments: vec![spoilt; 2], end: None, turns });
}

/// An owner that was overtaken, and is the owner all the same, goes on.
#[test]
fn an_owner_that_was_overtaken_goes_on() {
    let segments = vec![Segment { way: Way::Spoilt(None), ..ARRIVES }, ARRIVES];
    let turns = vec![turn(0, 1, Fate::Rival(0)), turn(0, 0, Fate::Past(1))];
    judge(&History { window: 6, first: 0, segments, end: None, turns });
}

/// The last segment was damaged, and the stream ends while another is waited for.
#[test]
fn an_end_during_a_gap_waits_for_the_answer() {
    let spoilt = Segment { way: Way::Spoilt(Some(0)), ..ARRIVES };
    judge(&History { window: 6, first: 0, segments: vec![ARRIVES, spoilt], end: Some(1), turns: vec![] });
}
