//! The world around the decision: the log, the catalog, the viewers' side, and time.

use crate::{
    history::{Fate, History, Turn, Way},
    owner::{Crash, Owner},
};
use domain::{
    StreamId, Timestamp,
    event::LiveSegment,
    live::{Arrival, Bytes, LiveSegmentRecord, NewStream, Policy, Stream},
};
use std::{collections::BTreeMap, time::Duration};

pub(crate) const TARGET_DURATION: u32 = 1;
const BEGINNING: i64 = 1_770_000_000_000;

/// An event in the log.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all are segments")]
pub(crate) enum Event {
    Segment(Arrival),
    End,
}

pub(crate) struct World {
    history: History,
    pub(crate) log: Vec<Event>,
    /// The catalog: the stream's document, with its revision.
    pub(crate) stream: Stream,
    pub(crate) revision: u64,
    /// The catalog: segment records.
    pub(crate) records: BTreeMap<u32, LiveSegmentRecord>,
    /// Up to here the group has committed.
    pub(crate) committed: usize,
    /// Every playlist that was committed, in order, with its epoch and version.
    pub(crate) playlists: Vec<((u64, u64), String)>,
    /// Every playlist that was published, in the order in which viewers' servers hear of them.
    pub(crate) published: Vec<((u64, u64), String)>,
    pub(crate) millis: u64,
    /// So many events were delivered to somebody: they stay where they are in the log.
    pub(crate) delivered: usize,
    /// Answers to requests, by number.
    answers: BTreeMap<u32, (usize, Arrival)>,
    owner: Owner,
    past: Option<Owner>,
}

impl World {
    pub(crate) fn new(history: &History) -> Self {
        let new = NewStream {
            stream_id: StreamId::live([7; 5]),
            match_id: None,
            home_team: String::new(),
            away_team: String::new(),
            competition: String::new(),
            target_duration: Some(TARGET_DURATION),
        };
        let mut world = Self {
            history: history.clone(),
            log: Vec::new(),
            stream: Stream::started(new, Timestamp::from_millis(BEGINNING)),
            revision: 0,
            records: BTreeMap::new(),
            committed: 0,
            playlists: Vec::new(),
            published: Vec::new(),
            millis: 0,
            delivered: 0,
            answers: BTreeMap::new(),
            owner: Owner::new(0),
            past: None,
        };
        world.send_everything();
        world
    }

    pub(crate) fn policy(&self) -> Policy {
        Policy { window: self.history.window, wait_percent: 50 }
    }

    pub(crate) fn steady(&self) -> Duration {
        Duration::from_millis(self.millis)
    }

    pub(crate) fn wall(&self) -> Timestamp {
        Timestamp::from_millis(BEGINNING + self.millis.cast_signed())
    }

    pub(crate) fn ends(&self) -> bool {
        self.history.end.is_some()
    }

    /// Lets the history happen, and then gives it time to come to rest.
    pub(crate) fn run(&mut self) {
        for turn in self.history.turns.clone() {
            self.turn(turn);
        }
        self.past = None;
        while self.owner.cursor < self.log.len() {
            self.turn(Turn { millis: 100, deliver: 3, fate: Fate::Nothing });
        }
        for _ in 0..4 {
            self.turn(Turn { millis: 1_000, deliver: 3, fate: Fate::Nothing });
        }
    }

    fn turn(&mut self, turn: Turn) {
        self.millis += turn.millis;
        let mut crash = Crash::Not;
        let mut next = None;
        match turn.fate {
            Fate::Nothing => {}
            Fate::Stall => self.stall(),
            Fate::Crash(replay) => next = Some(replay),
            Fate::CrashAfterCommit(replay) => (crash, next) = (Crash::AfterCommit, Some(replay)),
            Fate::Rival(replay) => {
                let successor = Owner::new(self.committed.saturating_sub(replay));
                self.owner.replaced = true;
                self.past = Some(std::mem::replace(&mut self.owner, successor));
            }
            Fate::Past(deliver) => {
                if let Some(mut past) = self.past.take() {
                    past.turn(self, deliver, Crash::Not);
                    self.past = Some(past);
                }
            }
        }
        let mut owner = std::mem::replace(&mut self.owner, Owner::new(0));
        owner.turn(self, turn.deliver, crash);
        self.owner = match next {
            Some(replay) => Owner::new(self.committed.saturating_sub(replay)),
            None => owner,
        };
    }

    fn stall(&mut self) {
        if let Ok(stalled) = self.stream.clone().stall() {
            self.stream = stalled;
            self.revision += 1;
        }
    }

    /// Somebody asks for a segment again.
    pub(crate) fn ask(&mut self, number: u32) {
        if let Some((after, arrival)) = self.answers.remove(&number) {
            let at = (self.delivered + after).min(self.log.len());
            self.log.insert(at, Event::Segment(arrival));
        }
    }

    fn send_everything(&mut self) {
        let history = self.history.clone();
        let (mut number, mut begins_us, mut pts) = (history.first, BEGINNING * 1000, 0_u64);
        let (mut encoder, mut lines) = (0_u32, 180_u32);
        let mut sent: Vec<(usize, Event)> = Vec::new();
        for (index, segment) in history.segments.iter().enumerate() {
            if segment.restart {
                (encoder, pts) = (encoder + 1, 0);
            }
            lines += u32::from(segment.other_format);
            // What is left out was played.
            number += segment.jump;
            begins_us += i64::from(segment.jump) * 1_000_000;
            pts += u64::from(segment.jump) * 90_000;
            let event = LiveSegment {
                stream_id: self.stream.stream_id.clone(),
                stream_type: "live".to_owned(),
                chunk_index: number,
                sequence_number: number,
                size_bytes: 1_000,
                checksum: String::new(),
                duration_ms: segment.millis,
                duration_us: None,
                program_date_time: segment.dated.then(|| Timestamp::from_millis(begins_us / 1000)),
                first_pts: segment.dated.then_some(pts),
                encoder: Some(encoder.to_string()),
                keyframe_aligned: true,
                resolution: format!("320x{lines}"),
                codecs: None,
                frame_rate: None,
                audio_track_id: None,
                video_track_id: None,
                raw_path: String::new(),
                match_home: None,
                match_away: None,
                competition: None,
            };
            let event_at = Timestamp::from_millis(begins_us / 1000 + segment.millis.cast_signed());
            let arrival = |bytes| Arrival { segment: event.clone(), event_at, bytes };
            let (events, answer) = match segment.way {
                Way::Arrives => (vec![Bytes::Intact], None),
                Way::Twice => (vec![Bytes::Intact; 2], None),
                Way::Spoilt(answer) => (vec![Bytes::Wrong], answer),
                Way::Lost(answer) => (vec![], answer),
                Way::Announced => (vec![Bytes::Never], None),
            };
            let place = index + segment.behind;
            sent.extend(events.into_iter().map(|bytes| (place, Event::Segment(arrival(bytes)))));
            if let Some(after) = answer {
                self.answers.insert(number, (after, arrival(Bytes::Intact)));
            }
            number += 1;
            begins_us += segment.millis.cast_signed() * 1000;
            pts += segment.millis * 90;
        }
        sent.sort_by_key(|(place, _)| *place);
        self.log.extend(sent.into_iter().map(|(_, event)| event));
        if let Some(after) = history.end {
            self.log.push(Event::End);
            let last = self.log.iter().rev().find_map(|event| match event {
                Event::Segment(arrival) => Some(arrival.clone()),
                Event::End => None,
            });
            for _ in 0..after {
                let Some(mut arrival) = last.clone() else { break };
                arrival.segment.sequence_number = number;
                number += 1;
                self.log.push(Event::Segment(arrival));
            }
            self.log.push(Event::End);
        }
    }
}
