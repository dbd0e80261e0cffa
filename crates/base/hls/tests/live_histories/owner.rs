//! One who believes to own the stream: takes events in, decides, commits, records, publishes, commits its offset; in this
//! order, and dies between any two of them.

use crate::world::{Event, World};
use domain::live::{Listing, LiveSegmentRecord, Moment, Stream, Waiting};
use hls::live;

/// Where an owner dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Crash {
    Not,
    AfterCommit,
}

pub(crate) struct Owner {
    /// The event that it is given next.
    pub(crate) cursor: usize,
    waiting: Waiting,
    /// The stream as it has read or written it, with its revision.
    known: Option<(Stream, u64)>,
    /// Events whose effect is not durable, with the number that they are about; none for the end.
    unsettled: Vec<(usize, Option<u32>)>,
    /// Another one has written since.
    stale: bool,
    /// The group has given its partition to another: it steps back once it notices.
    pub(crate) replaced: bool,
}

impl Owner {
    pub(crate) fn new(cursor: usize) -> Self {
        Self {
            cursor,
            waiting: Waiting::default(),
            known: None,
            unsettled: Vec::new(),
            stale: false,
            replaced: false,
        }
    }

    pub(crate) fn turn(&mut self, world: &mut World, deliver: usize, crash: Crash) {
        if self.stale && self.replaced {
            return;
        }
        let until = (self.cursor + deliver).min(world.log.len());
        if self.known.is_none() {
            if self.cursor == until {
                return;
            }
            self.adopt(world);
        } else if self.stale {
            self.adopt(world);
        }
        for offset in self.cursor..until {
            self.take(world, offset);
        }
        self.cursor = until;
        world.delivered = world.delivered.max(until);
        self.decide(world, crash);
    }

    fn adopt(&mut self, world: &mut World) {
        record(world, &world.stream.timeline.unrecorded.clone());
        world.stream = world.stream.clone().adopted();
        world.revision += 1;
        self.known = Some((world.stream.clone(), world.revision));
        self.stale = false;
        self.waiting.settle(&world.stream.timeline);
        publish(world);
    }

    fn take(&mut self, world: &World, offset: usize) {
        let Some((stream, _)) = &self.known else { return };
        match world.log[offset].clone() {
            Event::Segment(arrival) => {
                self.unsettled.push((offset, Some(arrival.number())));
                self.waiting.take(&stream.timeline, arrival, world.steady());
            }
            Event::End => {
                self.unsettled.push((offset, None));
                self.waiting.end(world.steady());
            }
        }
    }

    fn decide(&mut self, world: &mut World, crash: Crash) {
        while let Some((stream, revision)) = self.known.clone() {
            for number in self.waiting.notice(&stream.timeline, world.steady()) {
                world.ask(number);
            }
            let now = Moment { wall: world.wall(), steady: world.steady() };
            let Some(decided) = stream.decide(&self.waiting, &world.policy(), now) else { break };
            if revision != world.revision {
                if world.stream.timeline.epoch != stream.timeline.epoch {
                    self.stale = true;
                    return;
                }
                self.known = Some((world.stream.clone(), world.revision));
                continue;
            }
            world.stream = decided.clone();
            world.revision += 1;
            self.known = Some((decided, world.revision));
            let text = live::playlist(&world.stream, live::segment_name).to_m3u8();
            let timeline = &world.stream.timeline;
            world.playlists.push(((timeline.epoch, timeline.version), text));
            if crash == Crash::AfterCommit {
                return;
            }
            record(world, &timeline.unrecorded.clone());
            publish(world);
            self.waiting.settle(&world.stream.timeline);
        }
        if !self.replaced {
            self.commit(world);
        }
    }

    fn commit(&mut self, world: &mut World) {
        let Some((stream, _)) = &self.known else { return };
        let waiting = &self.waiting;
        let open =
            |number: &Option<u32>| number.map_or(!stream.timeline.ended, |number| waiting.holds(number));
        self.unsettled.retain(|(_, number)| open(number));
        let first = self.unsettled.iter().map(|(offset, _)| *offset).min();
        world.committed = world.committed.max(first.unwrap_or(self.cursor));
    }
}

/// Adds records that are not there yet; those of late segments replace the gap's.
fn record(world: &mut World, fresh: &[LiveSegmentRecord]) {
    for record in fresh {
        let known = world.records.entry(record.sequence_number).or_insert_with(|| record.clone());
        if record.status == Listing::RecordingOnly
            && let Ok(late) = known.clone().come_late(record)
        {
            *known = late;
        }
    }
}

fn publish(world: &mut World) {
    let timeline = &world.stream.timeline;
    let text = live::playlist(&world.stream, live::segment_name).to_m3u8();
    world.published.push(((timeline.epoch, timeline.version), text));
}
