//! The desk of one stream: takes its events in, decides, commits, records, publishes; one batch after the other. The decision
//! itself is pure and lives in `domain`.

mod commit;
mod verify;

use crate::{
    recording,
    shared::{LiveError, Shared},
};
use domain::{
    StreamId,
    event::{Envelope, Event},
    live::{Moment, Stream, StreamStatus, Taken, Waiting},
};
use ports::{Position, Received};
use service_kit::{Versioned, park, trace, until_available};
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// So many events are taken in together at most: they share one commit.
const MAX_BATCH: usize = 64;

/// An event for a desk.
pub(crate) struct Message {
    pub(crate) event: Envelope,
    pub(crate) received: Received,
}

/// A stream's desk.
pub(crate) struct Desk {
    stream: StreamId,
    shared: Arc<Shared>,
    settled: UnboundedSender<Vec<Position>>,
    /// The document as it was last read or written here; none before the first event.
    known: Option<Versioned<Stream>>,
    waiting: Waiting,
    /// Events whose effect is not durable.
    unsettled: Vec<(Subject, Received)>,
}

/// What an event is about.
#[derive(Clone, Copy)]
enum Subject {
    Segment(u32),
    End,
}

/// Works until its inbox is closed and nothing waits, or until it is closed at once.
pub(crate) async fn run(mut desk: Desk, mut inbox: UnboundedReceiver<Message>, close: CancellationToken) {
    let clock = desk.shared.clock.clone();
    let mut batch = Vec::new();
    let mut open = true;
    while open || desk.due_in().is_some() {
        let due = desk.due_in();
        tokio::select! {
            () = close.cancelled() => return,
            received = inbox.recv_many(&mut batch, MAX_BATCH), if open => open = received > 0,
            () = async { clock.sleep(due.unwrap_or_default()).await }, if due.is_some() => {}
        }
        tokio::select! {
            () = close.cancelled() => return,
            () = desk.turn(&mut batch) => {}
        }
    }
}

impl Desk {
    pub(crate) fn new(
        stream: StreamId,
        shared: Arc<Shared>,
        settled: UnboundedSender<Vec<Position>>,
    ) -> Self {
        Self { stream, shared, settled, known: None, waiting: Waiting::default(), unsettled: Vec::new() }
    }

    /// In how long a decision is due by itself.
    fn due_in(&self) -> Option<Duration> {
        let stream = &self.known.as_ref()?.document;
        let due = self.waiting.due_at(&stream.timeline, stream.wait(&self.shared.config.policy))?;
        Some(due.saturating_sub(self.shared.clock.monotonic().0))
    }

    async fn turn(&mut self, batch: &mut Vec<Message>) {
        let messages = std::mem::take(batch);
        // A batch is one decision: it goes on with the trace of its first event.
        let trace = messages.first().and_then(|message| trace::carried_by(&message.received.record));
        let span = tracing::info_span!(
            target: trace::TRACE,
            "decide",
            stream_id = %self.stream,
            events = messages.len(),
            trace_id = tracing::field::Empty,
        );
        if let Some(first) = messages.first() {
            trace::waited("wait in the event log", trace, first.event.timestamp, self.shared.clock.now());
        }
        let span = trace::continuing(span, trace);
        if let Err(error) = self.deal_with(messages).instrument(span).await {
            self.give_up(&error).await;
        }
    }

    async fn deal_with(&mut self, messages: Vec<Message>) -> Result<(), LiveError> {
        let subjects = messages.iter().filter_map(|message| Some((subject(&message.event)?, message)));
        self.unsettled.extend(subjects.map(|(subject, message)| (subject, message.received.clone())));
        let events: Vec<Envelope> = messages.into_iter().map(|message| message.event).collect();
        let verifying = tracing::debug_span!(target: trace::TRACE, "look at the bytes");
        let arrivals = verify::all(&self.shared, &events).instrument(verifying).await?;
        if self.known.is_none() {
            self.adopt(&events).await?;
        }
        let Some(known) = &self.known else {
            tracing::warn!(stream_id = %self.stream, "events of a stream that nobody started were ignored");
            self.settle();
            return Ok(());
        };
        let steady = self.shared.clock.monotonic().0;
        for arrival in arrivals {
            let taken = self.waiting.take(&known.document.timeline, arrival, steady);
            self.shared.count_taken(taken);
        }
        if events.iter().any(|event| matches!(event.event, Event::LiveEnded { .. })) {
            self.waiting.end(steady);
        }
        self.decide().await?;
        self.finish().await?;
        self.settle();
        Ok(())
    }

    /// Decides as long as there is something to decide.
    async fn decide(&mut self) -> Result<(), LiveError> {
        while let Some(known) = self.known.take() {
            let steady = self.shared.clock.monotonic().0;
            let missing = self.waiting.notice(&known.document.timeline, steady);
            self.ask_for(&missing).await?;
            let now = Moment { wall: self.shared.clock.now(), steady };
            let decided = known.document.decide(&self.waiting, &self.shared.config.policy, now);
            let Some(decided) = decided else {
                self.known = Some(known);
                return Ok(());
            };
            self.commit(known, decided).await?;
        }
        Ok(())
    }

    /// The recording of a stream whose playlist has ended, until there is one.
    async fn finish(&mut self) -> Result<(), LiveError> {
        let Some(known) = self.known.take() else { return Ok(()) };
        if !known.document.timeline.ended || known.document.status == StreamStatus::Vod {
            self.known = Some(known);
            return Ok(());
        }
        let shared = &self.shared;
        let finishing = || recording::make(shared, &known.document);
        until_available(&*shared.clock, "making a recording", finishing).await?;
        let load = || shared.streams.load(self.stream.as_str());
        self.known = until_available(&*shared.clock, "reading a stream", load).await?;
        Ok(())
    }

    /// Tells which events are dealt with.
    fn settle(&mut self) {
        let over = self.known.as_ref().is_none_or(|known| known.document.status == StreamStatus::Vod);
        let waiting = &self.waiting;
        let is_open = |(subject, _): &(Subject, Received)| match subject {
            Subject::Segment(number) => waiting.holds(*number),
            Subject::End => !over,
        };
        let (open, settled): (Vec<_>, Vec<_>) = self.unsettled.drain(..).partition(is_open);
        self.unsettled = open;
        if !settled.is_empty() {
            // Without a receiver nobody commits: whatever is settled here comes again.
            let _ = self.settled.send(settled.into_iter().map(|(_, received)| received.position).collect());
        }
    }

    /// Something is wrong that waiting does not heal: what is undecided goes to the dead letters.
    async fn give_up(&mut self, error: &LiveError) {
        let reason = format!("stream {}: {error}", self.stream);
        for (_, received) in &self.unsettled {
            park(&*self.shared.log, &*self.shared.clock, received, &reason).await;
        }
        let parked = self.unsettled.drain(..).map(|(_, received)| received.position).collect();
        let _ = self.settled.send(parked);
        self.known = None;
        self.waiting = Waiting::default();
    }
}

fn subject(event: &Envelope) -> Option<Subject> {
    match &event.event {
        Event::LiveSegment(segment) => Some(Subject::Segment(segment.sequence_number)),
        Event::LiveEnded { .. } => Some(Subject::End),
        _ => None,
    }
}

impl Shared {
    fn count_taken(&self, taken: Taken) {
        let reason = match taken {
            Taken::Held => return,
            Taken::Duplicate => "duplicate",
            Taken::AfterEnd => "after_end",
            Taken::NoNumber => "no_number",
        };
        self.metrics.ignored.with_label_values(&[reason]).inc();
    }
}
