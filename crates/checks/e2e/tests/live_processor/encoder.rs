//! An encoder: stores segments and tells of them; some it forgets until it is asked, some it never sends, of some it sends a
//! wrong checksum at first.

use crate::world::World;
use anyhow::{Context, Result};
use bytes::Bytes;
use domain::{
    StreamId,
    event::{self, Envelope, Event, LiveSegment, Topic},
    live::Stream,
    object::ObjectKey,
};
use e2e::live_segment;
use ports::{Body, Clock, Condition, Follower, ObjectStore, StartAt};
use service_kit::{Collection, Relay};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

const SEGMENT: Duration = Duration::from_millis(200);
/// So long it listens for requests after its last segment.
const LISTEN: Duration = Duration::from_secs(3);

pub(crate) struct Encoder {
    stream: StreamId,
    segments: u32,
    relay: Relay,
    objects: Arc<dyn ObjectStore>,
    clock: Arc<dyn Clock>,
    streams: Collection<Stream>,
    requests: Box<dyn Follower>,
    /// What it sends when it is asked.
    again: BTreeMap<u32, LiveSegment>,
    stored: Vec<u32>,
}

/// What an encoder has done.
pub(crate) struct Sent {
    pub(crate) stream: StreamId,
    /// The numbers of which it stored and told the right bytes, in order.
    pub(crate) stored: Vec<u32>,
}

impl Encoder {
    pub(crate) async fn start(world: &World, stream: StreamId, segments: u32) -> Result<Self> {
        world.start_stream(&stream, 1).await?;
        Ok(Self {
            stream,
            segments,
            relay: world.relay(),
            objects: world.objects.clone(),
            clock: world.clock.clone(),
            streams: world.streams(),
            requests: world.log.follow(Topic::LiveControl, StartAt::Beginning).await?,
            again: BTreeMap::new(),
            stored: Vec::new(),
        })
    }

    pub(crate) async fn run(mut self) -> Result<Sent> {
        for number in 0..self.segments {
            let segment = self.store(number).await?;
            match number % 20 {
                7 => drop(self.again.insert(number, segment)),
                11 => {}
                15 => {
                    let wrong = LiveSegment { checksum: "0".repeat(64), ..segment.clone() };
                    self.again.insert(number, segment);
                    self.tell(wrong).await?;
                }
                _ => self.tell(segment).await?,
            }
            self.answer(SEGMENT).await?;
        }
        while !self.again.is_empty() {
            self.answer(LISTEN).await?;
        }
        let now = self.clock.now();
        self.streams.change(self.stream.as_str(), |stream| stream.end(now)).await?;
        self.stored.sort_unstable();
        Ok(Sent { stream: self.stream, stored: self.stored })
    }

    /// Answers requests for so long.
    async fn answer(&mut self, time: Duration) -> Result<()> {
        let mut over = self.clock.clone().sleep_owned(time);
        loop {
            let request = tokio::select! {
                () = &mut over => return Ok(()),
                request = self.requests.next() => request?,
            };
            let payload = request.record.payload.context("a request")?;
            if let Event::LiveResend { stream_id, sequence_number } = event::decode(&payload)?.event
                && stream_id == self.stream
                && let Some(segment) = self.again.remove(&sequence_number)
            {
                self.tell(segment).await?;
            }
        }
    }

    async fn store(&mut self, number: u32) -> Result<LiveSegment> {
        let key = ObjectKey::LiveSegment { stream: self.stream.clone(), number };
        let bytes = Bytes::from(format!("{} {number}", self.stream));
        let segment = live_segment(&self.stream, number, &bytes, SEGMENT);
        self.objects.put(&key, Body::from_bytes(bytes), Condition::Always).await?;
        Ok(segment)
    }

    async fn tell(&mut self, segment: LiveSegment) -> Result<()> {
        let number = segment.sequence_number;
        if !segment.checksum.starts_with("0000") {
            self.stored.push(number);
        }
        let event = Event::LiveSegment(segment);
        let event =
            Envelope::new(self.stream.as_str(), &format!("segment {number}"), self.clock.now(), event);
        self.relay.publish(Topic::LiveChunks, self.stream.as_str(), &event).await?;
        Ok(())
    }
}

trait SleepOwned {
    fn sleep_owned(self, duration: Duration) -> futures::future::BoxFuture<'static, ()>;
}

impl SleepOwned for Arc<dyn Clock> {
    fn sleep_owned(self, duration: Duration) -> futures::future::BoxFuture<'static, ()> {
        Box::pin(async move { self.sleep(duration).await })
    }
}
