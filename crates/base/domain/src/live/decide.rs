//! The decision: which places a stream's playlist gets next. A pure function of what is committed, what is held, and when.

use super::{
    Arrival, Format, Listing, LiveSegmentRecord, Moment, Place, Policy, Stream, StreamStatus, Tail, Timeline,
    Waiting, waiting::Step,
};
use crate::{
    Timestamp,
    document::{Outbox, Unknown},
    object::ObjectKey,
};
use std::time::Duration;

/// A live playlist keeps so many segments at least (Apple authoring 8.11).
const MIN_SEGMENTS: usize = 6;
/// A live playlist keeps so many target durations at least (RFC 8216bis 6.2.2).
const MIN_TARGET_DURATIONS: u64 = 3;
/// How many places one decision adds at most, so that a document stays small.
const MAX_PLACES: usize = 256;
/// How far a segment's timestamps may be from where the one before ends, in 1/90000 s.
const PTS_TOLERANCE: u64 = 9_000;
/// Presentation timestamps have 33 bits (ISO/IEC 13818-1 2.4.3.6).
const PTS_WRAP: u64 = 1 << 33;
/// A gap is at least so long, in microseconds.
const SHORTEST_GAP_US: u64 = 10_000;

impl Stream {
    /// How long a missing segment is waited for.
    #[must_use]
    pub fn wait(&self, policy: &Policy) -> Duration {
        Duration::from_millis(u64::from(self.target_duration) * 10 * u64::from(policy.wait_percent))
    }

    /// The same stream under a new owner: what the one before has not committed can no longer be.
    #[must_use]
    pub fn adopted(mut self) -> Self {
        self.timeline.epoch += 1;
        self
    }

    /// Decides what can be decided of what is held; none when that is nothing. The records of what was decided before are
    /// written by now.
    #[must_use]
    pub fn decide(&self, waiting: &Waiting, policy: &Policy, now: Moment) -> Option<Self> {
        if self.timeline.ended {
            return None;
        }
        let mut draft = Draft { stream: self.clone(), fresh: Vec::new(), policy, now: now.wall };
        waiting.late(self.timeline.next).for_each(|arrival| draft.record_late(arrival));
        let wait = self.wait(policy);
        while draft.fresh.len() < MAX_PLACES {
            match waiting.step(draft.stream.timeline.next, wait, now.steady) {
                None => break,
                Some(Step::List(arrival)) => draft.list(arrival),
                Some(Step::Spoilt(arrival)) => draft.spoilt(arrival, Listing::Gap),
                Some(Step::Hole(places, before)) => draft.hole(places, before),
                Some(Step::Skip(to)) => draft.skip(to),
                Some(Step::End) => {
                    draft.end();
                    break;
                }
            }
        }
        draft.finish(self)
    }
}

/// A decision in the making.
struct Draft<'a> {
    stream: Stream,
    fresh: Vec<LiveSegmentRecord>,
    policy: &'a Policy,
    now: Timestamp,
}

impl Draft<'_> {
    fn list(&mut self, arrival: &Arrival) {
        let duration_us = arrival.segment.duration_us();
        if !(1..=self.longest_us()).contains(&duration_us) {
            // It is stored, but a playlist cannot list it: its bound on lengths never changes.
            return self.spoilt(arrival, Listing::RecordingOnly);
        }
        self.wake();
        let discontinuity = self.breaks(arrival);
        let starts_at_us = match &self.stream.timeline.tail {
            None => arrival.starts_at_us(),
            Some(tail) if discontinuity => arrival.starts_at_us().max(tail.ends_at_us),
            Some(tail) => tail.ends_at_us,
        };
        let place = Place { number: arrival.number(), duration_us, starts_at_us, discontinuity, gap: false };
        self.record(arrival, place, Listing::Listed);
        self.append(place);
        self.stream.format.update(Format::of(arrival));
        self.stream.timeline.rate.add(arrival.segment.size_bytes, duration_us);
        self.stream.timeline.tail = Some(Tail {
            ends_at_us: place.ends_at_us(),
            duration_us,
            end_pts: arrival.segment.first_pts.map(|pts| pts_after(pts, duration_us)),
            encoder: arrival.segment.encoder.clone(),
            broken: false,
        });
    }

    /// The segment's place is a gap, as long as its event says.
    fn spoilt(&mut self, arrival: &Arrival, listing: Listing) {
        self.wake();
        let real_us = arrival.segment.duration_us();
        let duration_us = real_us.clamp(SHORTEST_GAP_US, self.longest_us());
        let starts_at_us = self.stream.timeline.tail.as_ref().map(|tail| tail.ends_at_us);
        let starts_at_us = starts_at_us.unwrap_or_else(|| arrival.starts_at_us());
        let number = arrival.number();
        let place = Place { number, duration_us, starts_at_us, discontinuity: false, gap: true };
        self.record(arrival, place, if real_us == 0 { Listing::Gap } else { listing });
        self.append(place);
        let tail = self.stream.timeline.tail.get_or_insert_default();
        tail.ends_at_us = place.ends_at_us();
        tail.duration_us = duration_us;
        tail.end_pts = tail.end_pts.map(|pts| pts_after(pts, real_us));
        tail.broken |= duration_us != real_us;
    }

    /// So many places before `before` are gaps: together they are as long as the hole.
    fn hole(&mut self, places: u32, before: &Arrival) {
        self.wake();
        let Some(next) = self.stream.timeline.next else { return };
        let Some(tail) = self.stream.timeline.tail.clone() else { return };
        let nominal_us = tail.duration_us.saturating_mul(places.into());
        let hole_us = self.measured_hole_us(&tail, places, before).unwrap_or(nominal_us);
        let mut starts_at_us = tail.ends_at_us;
        for index in 0..u64::from(places) {
            let share = |index: u64| hole_us * index / u64::from(places);
            let duration_us = share(index + 1) - share(index);
            let number = next + u32::try_from(index).unwrap_or(0);
            let place = Place { number, duration_us, starts_at_us, discontinuity: false, gap: true };
            starts_at_us = place.ends_at_us();
            self.record_gap(place);
            self.append(place);
        }
        let end_pts = tail.end_pts.map(|pts| pts_after(pts, hole_us));
        self.stream.timeline.tail = Some(Tail { ends_at_us: starts_at_us, end_pts, ..tail });
    }

    /// How long a hole is, by timestamps if the encoder gives them, else by its clock; none when neither can be right.
    fn measured_hole_us(&self, tail: &Tail, places: u32, before: &Arrival) -> Option<u64> {
        let (least, most) = (SHORTEST_GAP_US * u64::from(places), self.longest_us() * u64::from(places));
        let plausible = |hole_us: &u64| (least..=most).contains(hole_us);
        let by_pts = || {
            let (end, start) = (tail.end_pts?, before.segment.first_pts?);
            Some(((start % PTS_WRAP + PTS_WRAP - end % PTS_WRAP) % PTS_WRAP) * 100 / 9)
        };
        let by_clock = || {
            before.segment.program_date_time?;
            u64::try_from(before.starts_at_us() - tail.ends_at_us).ok()
        };
        by_pts().filter(plausible).or_else(|| by_clock().filter(plausible))
    }

    fn skip(&mut self, to: u32) {
        let next = self.stream.timeline.next.replace(to).unwrap_or(to);
        self.stream.timeline.skipped.insert_all(next..=to.saturating_sub(1));
        if let Some(tail) = &mut self.stream.timeline.tail {
            tail.broken = true;
        }
    }

    fn end(&mut self) {
        self.stream.timeline.ended = true;
        self.stream.timeline.tail = None;
        if self.stream.status != StreamStatus::Ending {
            self.stream.status = StreamStatus::Ending;
            self.stream.ended_at.get_or_insert(self.now);
        }
    }

    /// A segment comes whose place is a gap for good: it goes into the recording.
    fn record_late(&mut self, arrival: &Arrival) {
        let (number, starts_at_us) = (arrival.number(), arrival.starts_at_us());
        let duration_us = arrival.segment.duration_us();
        if self.stream.timeline.awaits_late(arrival) {
            let place = Place { number, duration_us, starts_at_us, discontinuity: false, gap: true };
            self.record(arrival, place, Listing::RecordingOnly);
        }
    }

    /// A stream that stalled is live again, and what comes does not continue it.
    fn wake(&mut self) {
        if self.stream.status == StreamStatus::Stalled {
            self.stream.status = StreamStatus::Live;
            if let Some(tail) = &mut self.stream.timeline.tail {
                tail.broken = true;
            }
        }
    }

    /// Whether a segment does not continue what is before it.
    fn breaks(&self, arrival: &Arrival) -> bool {
        let Some(tail) = &self.stream.timeline.tail else { return false };
        let differs = |before: &Option<String>, after: &Option<String>| matches!((before, after), (Some(before), Some(after)) if before != after);
        let jumps = match (tail.end_pts, arrival.segment.first_pts) {
            (Some(expected), Some(found)) => pts_distance(expected, found) > PTS_TOLERANCE,
            _ => false,
        };
        tail.broken
            || jumps
            || differs(&tail.encoder, &arrival.segment.encoder)
            || self.stream.format.differs(&Format::of(arrival))
    }

    fn append(&mut self, place: Place) {
        let timeline = &mut self.stream.timeline;
        if place.gap {
            timeline.gaps.insert(place.number);
        }
        if timeline.next.is_none() && place.number > 0 {
            timeline.skipped.insert_all(0..=place.number - 1);
        }
        timeline.next = Some(place.number.saturating_add(1));
        timeline.duration_us += place.duration_us;
        timeline.window.push(place);
        timeline.slide(self.policy.window, self.stream.target_duration);
    }

    fn record(&mut self, arrival: &Arrival, place: Place, status: Listing) {
        let segment = &arrival.segment;
        let mut record = self.record_of(place, status);
        record.resolution.clone_from(&segment.resolution);
        record.keyframe_aligned = segment.keyframe_aligned;
        record.audio_track_id.clone_from(&segment.audio_track_id);
        record.processing_latency_ms = Some(self.now.millis_since(arrival.event_at));
        if status == Listing::RecordingOnly {
            record.set_duration(segment.duration_us());
            self.stream.timeline.late.insert(place.number);
        }
        if status != Listing::Gap {
            record.size_bytes = segment.size_bytes;
            record.checksum.clone_from(&segment.checksum);
        }
        self.stream.processing_latency_ms = record.processing_latency_ms;
        self.fresh.push(record);
    }

    fn record_gap(&mut self, place: Place) {
        let record = self.record_of(place, Listing::Gap);
        self.fresh.push(record);
    }

    fn record_of(&self, place: Place, status: Listing) -> LiveSegmentRecord {
        let stream = &self.stream.stream_id;
        let raw_path = ObjectKey::LiveSegment { stream: stream.clone(), number: place.number };
        LiveSegmentRecord {
            segment_id: LiveSegmentRecord::id_of(stream, place.number),
            stream_id: stream.clone(),
            chunk_index: place.number,
            sequence_number: place.number,
            status,
            duration_us: place.duration_us,
            duration_ms: (place.duration_us + 500) / 1000,
            starts_at_us: place.starts_at_us,
            discontinuity: place.discontinuity,
            size_bytes: 0,
            checksum: String::new(),
            resolution: self.stream.format.resolution.clone(),
            keyframe_aligned: true,
            audio_track_id: None,
            raw_path: raw_path.to_string(),
            created_at: self.now,
            processing_latency_ms: None,
            outbox: Outbox::default(),
            unknown: Unknown::new(),
        }
    }

    /// The decision, if there is one.
    fn finish(mut self, before: &Stream) -> Option<Stream> {
        let places = |timeline: &Timeline| (timeline.places(), timeline.ended);
        if places(&self.stream.timeline) != places(&before.timeline) {
            self.stream.timeline.version += 1;
            self.stream.manifest_updated_at = Some(self.now);
            if let Some(oldest) = self.stream.timeline.window.first() {
                self.stream.dvr_window_start = oldest.number;
            }
        }
        self.stream.timeline.unrecorded = self.fresh;
        let changed = !self.stream.timeline.unrecorded.is_empty()
            || places(&self.stream.timeline) != places(&before.timeline)
            || self.stream.timeline.next != before.timeline.next;
        changed.then_some(self.stream)
    }

    /// The longest that a segment of the playlist may be, in microseconds.
    fn longest_us(&self) -> u64 {
        u64::from(self.stream.target_duration) * 1_000_000 + 499_999
    }
}

impl Timeline {
    /// Lets places leave the window from its head, as far as the rules allow.
    fn slide(&mut self, most: usize, target_duration: u32) {
        let least_us = MIN_TARGET_DURATIONS * u64::from(target_duration) * 1_000_000;
        let mut left_us: u64 = self.window.iter().map(|place| place.duration_us).sum();
        let mut leave = 0;
        for place in &self.window {
            left_us -= place.duration_us;
            let left = self.window.len() - leave;
            if left <= most.max(MIN_SEGMENTS) || left_us < least_us {
                break;
            }
            leave += 1;
        }
        for place in self.window.drain(..leave) {
            self.media_sequence += 1;
            self.discontinuity_sequence += u64::from(place.discontinuity);
        }
    }
}

impl Format {
    fn of(arrival: &Arrival) -> Self {
        let segment = &arrival.segment;
        Self {
            resolution: segment.resolution.clone(),
            codecs: segment.codecs.clone(),
            frame_rate: segment.frame_rate,
            audio_track_id: segment.audio_track_id.clone(),
            video_track_id: segment.video_track_id.clone(),
        }
    }

    /// Whether both say something, and not the same.
    fn differs(&self, other: &Self) -> bool {
        let texts = [
            (Some(&self.resolution), Some(&other.resolution)),
            (self.codecs.as_ref(), other.codecs.as_ref()),
            (self.audio_track_id.as_ref(), other.audio_track_id.as_ref()),
            (self.video_track_id.as_ref(), other.video_track_id.as_ref()),
        ];
        let differ = |(before, after): &(Option<&String>, Option<&String>)| match (before, after) {
            (Some(before), Some(after)) => before != after && !before.is_empty() && !after.is_empty(),
            _ => false,
        };
        let rates = self.frame_rate.zip(other.frame_rate);
        texts.iter().any(differ) || rates.is_some_and(|(before, after)| (before - after).abs() > 0.01)
    }

    /// What another says replaces what is known.
    fn update(&mut self, other: Self) {
        let keep = |known: &mut Option<String>, said: Option<String>| {
            if said.is_some() {
                *known = said;
            }
        };
        if !other.resolution.is_empty() {
            self.resolution = other.resolution;
        }
        keep(&mut self.codecs, other.codecs);
        keep(&mut self.audio_track_id, other.audio_track_id);
        keep(&mut self.video_track_id, other.video_track_id);
        self.frame_rate = other.frame_rate.or(self.frame_rate);
    }
}

/// The timestamp so many microseconds after another.
fn pts_after(pts: u64, micros: u64) -> u64 {
    (pts % PTS_WRAP + micros % (PTS_WRAP * 100 / 9) * 9 / 100) % PTS_WRAP
}

/// How far two timestamps are apart, the shorter way round.
fn pts_distance(one: u64, other: u64) -> u64 {
    let forward = (one % PTS_WRAP + PTS_WRAP - other % PTS_WRAP) % PTS_WRAP;
    forward.min(PTS_WRAP - forward)
}
