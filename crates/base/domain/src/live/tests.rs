//! Decisions, one case each; random histories are judged where playlists are written, in `hls`.

use super::*;
use crate::{StreamId, Timestamp, event::LiveSegment};
use std::time::Duration;

const POLICY: Policy = Policy { window: 10, wait_percent: 50 };

/// A segment of a second.
pub(super) fn segment(stream: &StreamId, number: u32) -> LiveSegment {
    LiveSegment {
        stream_id: stream.clone(),
        stream_type: "live".to_owned(),
        chunk_index: number,
        sequence_number: number,
        size_bytes: 1000,
        checksum: "a".repeat(64),
        duration_ms: 1000,
        duration_us: None,
        program_date_time: Some(Timestamp::from_millis(1_700_000_000_000 + i64::from(number) * 1000)),
        first_pts: Some(90_000 * u64::from(number)),
        encoder: Some("e".to_owned()),
        keyframe_aligned: true,
        resolution: "320x180".to_owned(),
        codecs: None,
        frame_rate: None,
        audio_track_id: None,
        video_track_id: None,
        raw_path: String::new(),
        match_home: None,
        match_away: None,
        competition: None,
    }
}

/// A stream and its owner, at a second of the owner's clock.
struct Live {
    stream: Stream,
    waiting: Waiting,
    millis: u64,
}

impl Live {
    fn new() -> Self {
        let new = NewStream {
            stream_id: StreamId::live([1; 5]),
            match_id: None,
            home_team: "A".to_owned(),
            away_team: "B".to_owned(),
            competition: String::new(),
            target_duration: Some(1),
        };
        Self {
            stream: Stream::started(new, Timestamp::from_millis(0)),
            waiting: Waiting::default(),
            millis: 0,
        }
    }

    fn steady(&self) -> Duration {
        Duration::from_millis(self.millis)
    }

    fn send(&mut self, number: u32, bytes: Bytes, change: impl FnOnce(&mut LiveSegment)) -> Taken {
        let mut segment = segment(&self.stream.stream_id, number);
        change(&mut segment);
        let arrival = Arrival { segment, event_at: Timestamp::from_millis(1_700_000_000_000), bytes };
        let taken = self.waiting.take(&self.stream.timeline, arrival, self.steady());
        self.decide();
        taken
    }

    fn good(&mut self, number: u32) -> Taken {
        self.send(number, Bytes::Intact, |_| ())
    }

    fn wait(&mut self, millis: u64) {
        self.millis += millis;
        self.decide();
    }

    fn decide(&mut self) {
        let _ = self.waiting.notice(&self.stream.timeline, self.steady());
        let now = Moment { wall: Timestamp::from_millis(0), steady: self.steady() };
        if let Some(decided) = self.stream.decide(&self.waiting, &POLICY, now) {
            self.stream = decided;
            self.waiting.settle(&self.stream.timeline);
        }
    }

    /// What the playlist lists: `3` is a segment, `(3)` a gap, `|3` one after a discontinuity.
    fn listed(&self) -> String {
        let show = |place: &Place| {
            let number = place.number.to_string();
            let number = if place.gap { format!("({number})") } else { number };
            if place.discontinuity { format!("|{number}") } else { number }
        };
        self.stream.timeline.window.iter().map(show).collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn order_is_made() {
    let mut live = Live::new();
    for number in [0, 2, 1, 4, 3] {
        assert_eq!(live.good(number), Taken::Held);
    }
    assert_eq!(live.listed(), "0 1 2 3 4");
    assert_eq!(live.good(3), Taken::Duplicate);
    assert_eq!(live.stream.timeline.version, 3);
}

#[test]
fn what_is_missing_is_asked_for_once_and_waited_for() {
    let mut live = Live::new();
    live.good(0);
    let arrival = Arrival {
        segment: segment(&live.stream.stream_id, 3),
        event_at: Timestamp::from_millis(0),
        bytes: Bytes::Intact,
    };
    live.waiting.take(&live.stream.timeline, arrival, live.steady());
    assert_eq!(live.waiting.notice(&live.stream.timeline, live.steady()), [1, 2]);
    assert_eq!(live.waiting.notice(&live.stream.timeline, live.steady()), [0u32; 0]);
    let wait = live.stream.wait(&POLICY);
    assert_eq!(live.waiting.due_at(&live.stream.timeline, wait), Some(Duration::from_millis(500)));
    live.wait(499);
    assert_eq!(live.listed(), "0");
    live.wait(1);
    assert_eq!(live.listed(), "0 (1) (2) 3");
    assert_eq!(live.waiting.due_at(&live.stream.timeline, wait), None);
    assert_eq!(live.stream.timeline.window[3].starts_at_us, 1_700_000_003_000_000);
}

#[test]
fn a_late_segment_goes_into_the_recording_only() {
    let mut live = Live::new();
    live.good(0);
    live.good(2);
    live.wait(500);
    assert_eq!(live.send(1, Bytes::Wrong, |_| ()), Taken::Duplicate, "worth nothing");
    let version = live.stream.timeline.version;
    assert_eq!(live.good(1), Taken::Held);
    assert_eq!((live.listed().as_str(), live.stream.timeline.version), ("0 (1) 2", version));
    assert_eq!(live.stream.timeline.unrecorded[0].status, Listing::RecordingOnly);
    assert_eq!(live.good(1), Taken::Duplicate);
}

#[test]
fn a_wrong_checksum_waits_for_another_try() {
    let mut live = Live::new();
    live.send(0, Bytes::Wrong, |_| ());
    assert_eq!(live.listed(), "");
    live.good(0);
    live.send(1, Bytes::Wrong, |segment| segment.duration_ms = 700);
    live.good(2);
    assert_eq!(live.listed(), "0");
    live.wait(500);
    assert_eq!(
        live.listed(),
        "0 (1) |2",
        "it is shorter than the timestamps say: {live:?}",
        live = live.stream
    );
    assert_eq!(live.stream.timeline.window[1].duration_us, 700_000);
}

#[test]
fn bytes_that_never_come_are_not_waited_for() {
    let mut live = Live::new();
    live.send(0, Bytes::Never, |segment| segment.duration_ms = 9_000);
    assert_eq!(live.listed(), "(0)");
    assert_eq!(live.stream.timeline.window[0].duration_us, 1_499_999);
}

#[test]
fn what_does_not_continue_is_marked() {
    for change in [
        (|segment| segment.encoder = Some("f".to_owned())) as fn(&mut LiveSegment),
        |segment| segment.resolution = "640x360".to_owned(),
        |segment| segment.first_pts = Some(0),
        |segment| segment.first_pts = Some((1 << 33) - 1),
    ] {
        let mut live = Live::new();
        live.good(0);
        live.send(1, Bytes::Intact, change);
        assert_eq!(live.listed(), "0 |1");
    }
}

#[test]
fn timestamps_wrap_around() {
    let mut live = Live::new();
    live.send(0, Bytes::Intact, |segment| segment.first_pts = Some((1 << 33) - 45_000));
    live.send(1, Bytes::Intact, |segment| segment.first_pts = Some(45_000));
    live.send(3, Bytes::Intact, |segment| segment.first_pts = Some(45_000 + 180_000));
    live.wait(500);
    assert_eq!(live.listed(), "0 1 (2) 3");
}

#[test]
fn a_segment_that_is_too_long_is_in_the_recording_only() {
    let mut live = Live::new();
    live.good(0);
    live.send(1, Bytes::Intact, |segment| segment.duration_ms = 5_000);
    assert_eq!(live.listed(), "0 (1)");
    let record = &live.stream.timeline.unrecorded[0];
    assert_eq!((record.status, record.duration_ms), (Listing::RecordingOnly, 5_000));
    live.good(2);
    assert_eq!(live.listed(), "0 (1) |2");
}

#[test]
fn a_stall_is_a_discontinuity() {
    let mut live = Live::new();
    live.good(0);
    live.stream = live.stream.clone().stall().unwrap();
    live.good(1);
    assert_eq!((live.listed().as_str(), live.stream.status), ("0 |1", StreamStatus::Live));
}

#[test]
fn a_huge_jump_is_no_hole() {
    let mut live = Live::new();
    live.good(0);
    live.good(MAX_HOLE + 2);
    live.wait(500);
    assert_eq!(live.listed(), "0 |102");
    assert_eq!(live.good(u32::MAX), Taken::NoNumber);
}

#[test]
fn a_stream_may_begin_with_any_number() {
    let mut live = Live::new();
    live.good(8);
    live.good(7);
    assert_eq!(live.listed(), "");
    live.wait(500);
    assert_eq!(live.listed(), "7 8");
    assert_eq!((live.good(6), live.good(6)), (Taken::Held, Taken::Duplicate));
    assert_eq!(live.listed(), "7 8");
}

#[test]
fn the_end_comes_after_everything_before_it() {
    let mut live = Live::new();
    live.good(0);
    live.good(2);
    live.waiting.end(live.steady());
    live.decide();
    assert!(!live.stream.timeline.ended, "1 is waited for");
    assert_eq!(live.good(3), Taken::AfterEnd);
    assert_eq!(live.good(1), Taken::Held, "it was asked for before the end");
    assert!(live.stream.timeline.ended);
    assert_eq!((live.listed().as_str(), live.stream.status), ("0 1 2", StreamStatus::Ending));
    let version = live.stream.timeline.version;
    assert_eq!(live.good(3), Taken::AfterEnd);
    live.wait(5_000);
    assert_eq!((live.listed().as_str(), live.stream.timeline.version), ("0 1 2", version));
}

#[test]
fn the_end_does_not_wait_for_ever() {
    let mut live = Live::new();
    live.stream.target_duration = 60;
    live.good(0);
    live.good(2);
    live.waiting.end(live.steady());
    live.wait(999);
    assert!(!live.stream.timeline.ended);
    live.wait(1);
    assert_eq!((live.listed().as_str(), live.stream.timeline.ended), ("0 (1) 2", true));
}

#[test]
fn the_window_slides_as_far_as_it_may() {
    let mut live = Live::new();
    for number in 0..30 {
        let encoder = if number < 5 { "e" } else { "f" };
        live.send(number, Bytes::Intact, |segment| segment.encoder = Some(encoder.to_owned()));
    }
    let timeline = &live.stream.timeline;
    assert_eq!(
        (timeline.media_sequence, timeline.window.len(), timeline.discontinuity_sequence),
        (20, 10, 1)
    );
    assert_eq!(live.stream.dvr_window_start, 20);
    assert_eq!((timeline.places(), timeline.duration_us), (30, 30_000_000));
}

#[test]
fn nothing_new_decides_nothing() {
    let mut live = Live::new();
    live.good(0);
    let before = live.stream.clone();
    live.wait(10_000);
    live.good(0);
    assert_eq!(live.stream, before);
}
