//! The encoders: each sends a segment of the programme in its time. Some are never sent, some only when they are asked for, of
//! some the event tells a wrong checksum at first.

use crate::{LIMIT, restart};
use anyhow::{Context, Result, ensure};
use domain::{
    StreamId,
    event::{self, Envelope, Event, LiveSegment, Topic},
    object::ObjectKey,
};
use e2e::{Api, Fleet, Programme};
use ports::{Body, Clock, Condition, EventLog, ObjectStore, StartAt};
use reqwest::Method;
use serde_json::json;
use service_kit::{Relay, SystemClock};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use tokio::{
    sync::{
        Notify,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    },
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};
use tokio_util::sync::CancellationToken;

/// The first segments are sent as they are.
const PLAIN: u32 = 5;

/// What all encoders share.
pub(crate) struct Studio {
    programme: Programme,
    log: Arc<dyn EventLog>,
    relay: Relay,
    objects: Arc<dyn ObjectStore>,
    clock: SystemClock,
    /// Somebody was asked for a segment that nobody can have: who asked waits for it now.
    hole: Notify,
}

/// The encoders at work.
pub(crate) struct Crew {
    studio: Arc<Studio>,
    pub(crate) streams: Vec<StreamId>,
    encoders: Vec<JoinHandle<Result<Sent>>>,
    stop: CancellationToken,
    listening: JoinHandle<Result<()>>,
}

/// What an encoder has sent.
pub(crate) struct Sent {
    pub(crate) stream: StreamId,
    /// The SHA-256 of each segment that was published as it is, by number.
    pub(crate) published: BTreeMap<u32, String>,
    /// How many numbers it used.
    pub(crate) numbers: u32,
}

struct Encoder {
    studio: Arc<Studio>,
    /// Encoders do not do the same at the same time.
    place: u32,
    requests: UnboundedReceiver<u32>,
    /// What it sends when it is asked.
    again: BTreeMap<u32, LiveSegment>,
    sent: Sent,
}

impl Studio {
    pub(crate) async fn open(fleet: &Fleet, programme: Programme) -> Result<Arc<Self>> {
        let log: Arc<dyn EventLog> = Arc::new(fleet.log().await?);
        let (relay, objects) = (Relay::new(log.clone()), Arc::new(fleet.store().await?));
        Ok(Arc::new(Self { programme, log, relay, objects, clock: SystemClock::new(), hole: Notify::new() }))
    }
}

impl Crew {
    /// Starts the streams and their encoders.
    pub(crate) async fn start(studio: Arc<Studio>, api: &Api, count: usize, target: u32) -> Result<Self> {
        let (stop, mut streams, mut encoders) = (CancellationToken::new(), Vec::new(), Vec::new());
        let mut asked = HashMap::new();
        let began = Instant::now();
        for place in 0..u32::try_from(count)? {
            let stream = started(api, target).await?;
            let (requests, inbox) = unbounded_channel();
            asked.insert(stream.clone(), requests);
            let sent = Sent { stream: stream.clone(), published: BTreeMap::new(), numbers: 0 };
            let encoder =
                Encoder { studio: studio.clone(), place, requests: inbox, again: BTreeMap::new(), sent };
            // Spread over the length of a segment.
            let first = began + studio.programme.length() * place / u32::try_from(count)?;
            encoders.push(tokio::spawn(encoder.run(first, stop.clone())));
            streams.push(stream);
        }
        let listening = tokio::spawn(listen(studio.log.clone(), asked));
        Ok(Self { studio, streams, encoders, stop, listening })
    }

    /// Until an owner of a stream waits for a segment that does not come: it will decide in half a target duration.
    pub(crate) async fn is_waited_for(&self) -> Result<()> {
        timeout(LIMIT, self.studio.hole.notified()).await.context("nobody waits for anything")
    }

    /// Lets every encoder come to its end, ends the streams, and kills the processor before it has dealt with that.
    pub(crate) async fn end(self, fleet: &mut Fleet) -> Result<Vec<Sent>> {
        self.stop.cancel();
        let mut sent = Vec::new();
        for encoder in self.encoders {
            sent.push(encoder.await??);
        }
        self.listening.abort();
        for stream in &self.streams {
            let end =
                fleet.api().request(Method::POST, "/streams/end")?.json(&json!({ "stream_id": stream }));
            let answer = fleet.api().send(end).await?;
            ensure!(answer.status == 200, "{}: {}", answer.status, answer.text());
        }
        restart(fleet).await?;
        Ok(sent)
    }
}

async fn started(api: &Api, target: u32) -> Result<StreamId> {
    let body = json!({ "home_team": "A", "away_team": "B", "target_duration": target });
    let answer = api.send(api.request(Method::POST, "/streams/start")?.json(&body)).await?;
    ensure!(answer.status == 201, "{}: {}", answer.status, answer.text());
    Ok(answer.json()?["stream_id"].as_str().context("a stream_id")?.parse()?)
}

/// Hands each encoder what it is asked for.
async fn listen(log: Arc<dyn EventLog>, asked: HashMap<StreamId, UnboundedSender<u32>>) -> Result<()> {
    let mut requests = log.follow(Topic::LiveControl, StartAt::Beginning).await?;
    loop {
        let payload = requests.next().await?.record.payload.context("a request")?;
        if let Event::LiveResend { stream_id, sequence_number } = event::decode(&payload)?.event
            && let Some(encoder) = asked.get(&stream_id)
        {
            // An encoder that is done has sent everything.
            let _ = encoder.send(sequence_number);
        }
    }
}

impl Encoder {
    async fn run(mut self, first: Instant, stop: CancellationToken) -> Result<Sent> {
        let mut ticks = interval_at(first, self.studio.programme.length());
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = ticks.tick() => self.send_next().await?,
                Some(number) = self.requests.recv() => self.resend(number).await?,
            }
        }
        // The last one is plain, so that whatever is missing before it is asked for.
        while !self.sent.published.contains_key(&(self.sent.numbers - 1)) {
            self.send_next().await?;
        }
        self.answer_all().await?;
        Ok(self.sent)
    }

    async fn answer_all(&mut self) -> Result<()> {
        while !self.again.is_empty() {
            let asked = timeout(LIMIT, self.requests.recv()).await;
            let asked = asked.with_context(|| format!("nobody asks for {:?}", self.again.keys()))?;
            self.resend(asked.context("nobody listens")?).await?;
        }
        Ok(())
    }

    async fn send_next(&mut self) -> Result<()> {
        let number = self.sent.numbers;
        self.sent.numbers += 1;
        let (bytes, segment) = self.studio.programme.segment(&self.sent.stream, number)?;
        let key = ObjectKey::LiveSegment { stream: self.sent.stream.clone(), number };
        let fate = if number < PLAIN { 0 } else { (number + 3 * self.place) % 20 };
        if fate != 11 {
            self.studio.objects.put(&key, Body::from_bytes(bytes), Condition::Always).await?;
        }
        match fate {
            7 => drop(self.again.insert(number, segment)),
            11 => {}
            15 => {
                let wrong = LiveSegment { checksum: "0".repeat(64), ..segment.clone() };
                self.again.insert(number, segment);
                self.tell(&wrong, "wrong").await?;
            }
            _ => self.publish(&segment).await?,
        }
        Ok(())
    }

    async fn resend(&mut self, number: u32) -> Result<()> {
        match self.again.remove(&number) {
            Some(segment) => self.publish(&segment).await,
            None => {
                self.studio.hole.notify_waiters();
                Ok(())
            }
        }
    }

    async fn publish(&mut self, segment: &LiveSegment) -> Result<()> {
        self.tell(segment, "right").await?;
        self.sent.published.insert(segment.sequence_number, segment.checksum.clone());
        Ok(())
    }

    async fn tell(&self, segment: &LiveSegment, occasion: &str) -> Result<()> {
        let stream = segment.stream_id.as_str();
        let state = format!("segment {} {occasion}", segment.sequence_number);
        let event = Event::LiveSegment(segment.clone());
        let event = Envelope::new(stream, &state, self.studio.clock.now(), event);
        Ok(self.studio.relay.publish(Topic::LiveChunks, stream, &event).await?)
    }
}
