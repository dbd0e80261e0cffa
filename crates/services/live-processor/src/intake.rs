//! The way in: events of the partitions that this process owns, each handed to the desk of its stream in the log's order.

use crate::{
    desk::{self, Desk, Message},
    forward,
    offsets::Offsets,
    shared::Shared,
};
use domain::{
    StreamId,
    event::{self, Envelope, Event, Topic},
};
use ports::{Delivery, Membership, Partition, Position, Received};
use service_kit::{Commits, park, until_available};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

const GROUP: &str = "live-processor";
/// So many events may be under way; more of them wait in the log.
const MAX_UNDER_WAY: usize = 8_192;
/// How often desks are looked through for those that nobody needs.
const PRUNE_EVERY: Duration = Duration::from_secs(60);

/// Takes events in until told to stop.
pub(crate) async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let joining = until_available(&*shared.clock, "joining the event log", || {
            shared.log.join(GROUP, &[Topic::LiveChunks])
        });
        let membership = tokio::select! {
            () = stop.cancelled() => return,
            membership = joining => membership,
        };
        match membership {
            Ok(membership) => Intake::new(shared.clone()).run(membership, &stop).await,
            Err(error) => tracing::error!(%error, "the event log refuses this service"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = shared.clock.sleep(Duration::from_secs(1)) => {}
        }
    }
}

/// One membership of the group.
struct Intake {
    shared: Arc<Shared>,
    desks: HashMap<StreamId, Open>,
    running: JoinSet<()>,
    commits: HashMap<Partition, Commits>,
    offsets: Offsets,
    settled: (UnboundedSender<Vec<Position>>, UnboundedReceiver<Vec<Position>>),
    unkeyed: UnboundedSender<(StreamId, Received)>,
}

/// A desk that is open.
struct Open {
    messages: UnboundedSender<Message>,
    partition: Partition,
    /// Closes it at once.
    close: CancellationToken,
    /// It was used since the last look.
    used: bool,
}

impl Intake {
    fn new(shared: Arc<Shared>) -> Self {
        let (unkeyed, to_forward) = unbounded_channel();
        let settled = unbounded_channel();
        let mut running = JoinSet::new();
        running.spawn(forward::run(shared.clone(), to_forward, settled.0.clone()));
        Self {
            shared,
            desks: HashMap::new(),
            running,
            commits: HashMap::new(),
            offsets: Offsets::default(),
            settled,
            unkeyed,
        }
    }

    /// Until the membership fails or `stop`; then desks are closed: what they have not decided comes again.
    async fn run(mut self, mut membership: Box<dyn Membership>, stop: &CancellationToken) {
        let clock = self.shared.clock.clone();
        let done = CancellationToken::new();
        let committing = self.offsets.clone().run(membership.committer(), clock.clone(), done.clone());
        let mut committer = JoinSet::new();
        committer.spawn(committing);
        let mut prune = clock.sleep(PRUNE_EVERY);
        loop {
            let room = self.under_way() < MAX_UNDER_WAY;
            tokio::select! {
                () = stop.cancelled() => break,
                Some(positions) = self.settled.1.recv() => self.settle(positions),
                () = &mut prune => {
                    self.prune();
                    prune = clock.sleep(PRUNE_EVERY);
                }
                delivery = membership.next(), if room => match delivery {
                    Ok(Delivery::Record(received)) => self.take(received),
                    Ok(Delivery::Revoked(partitions)) => self.give_up(&partitions),
                    Ok(Delivery::Assigned(_)) => {}
                    Err(error) => {
                        tracing::warn!(%error, "the event log gave nothing");
                        break;
                    }
                },
            }
        }
        self.close().await;
        done.cancel();
        while committer.join_next().await.is_some() {}
    }

    fn take(&mut self, received: Received) {
        let position = received.position;
        self.commits.entry(position.partition).or_default().received(position.offset);
        match decode(&received) {
            Ok(Some((stream, _))) if received.record.key != stream.as_str() => {
                // Whoever reads it runs until this sender is dropped.
                let _ = self.unkeyed.send((stream, received));
            }
            Ok(Some((stream, event))) => self.hand_over(stream, Message { event, received }),
            Ok(None) => self.settle(vec![position]),
            Err(reason) => {
                let (shared, settled) = (self.shared.clone(), self.settled.0.clone());
                self.running.spawn(async move {
                    park(&*shared.log, &*shared.clock, &received, &reason).await;
                    let _ = settled.send(vec![position]);
                });
            }
        }
    }

    fn hand_over(&mut self, stream: StreamId, message: Message) {
        let partition = message.received.position.partition;
        let open = self.desks.entry(stream.clone()).or_insert_with(|| {
            let (messages, inbox) = unbounded_channel();
            let close = CancellationToken::new();
            let desk = Desk::new(stream, self.shared.clone(), self.settled.0.clone());
            self.running.spawn(desk::run(desk, inbox, close.clone()));
            Open { messages, partition, close, used: true }
        });
        open.used = true;
        // A desk reads until its sender is dropped.
        let _ = open.messages.send(message);
    }

    fn settle(&mut self, positions: Vec<Position>) {
        for Position { partition, offset } in positions {
            let commits = self.commits.get_mut(&partition);
            if let Some(offset) = commits.and_then(|commits| commits.handled(offset)) {
                self.offsets.advance(Position { partition, offset });
            }
        }
        while self.running.try_join_next().is_some() {}
    }

    /// Partitions are lost: nothing of their streams is decided here any more.
    fn give_up(&mut self, partitions: &[Partition]) {
        self.offsets.forget(partitions);
        self.commits.retain(|partition, _| !partitions.contains(partition));
        self.desks.retain(|_, open| {
            let lost = partitions.contains(&open.partition);
            if lost {
                open.close.cancel();
            }
            !lost
        });
    }

    /// Lets desks go that nothing came for: they finish what they hold.
    fn prune(&mut self) {
        self.desks.retain(|_, open| std::mem::take(&mut open.used));
    }

    fn under_way(&self) -> usize {
        self.commits.values().map(Commits::len).sum()
    }

    async fn close(&mut self) {
        for open in self.desks.values() {
            open.close.cancel();
        }
        self.desks.clear();
        // The forwarder ends when its sender is gone; a log that is away must not hold up the stop.
        self.unkeyed = unbounded_channel().0;
        let patience = self.shared.clock.sleep(Duration::from_secs(2));
        tokio::select! {
            () = async { while self.running.join_next().await.is_some() {} } => {}
            () = patience => {}
        }
        self.running.shutdown().await;
        while let Ok(positions) = self.settled.1.try_recv() {
            self.settle(positions);
        }
    }
}

/// The stream that an event is about; none when it is about something else.
fn decode(received: &Received) -> Result<Option<(StreamId, Envelope)>, String> {
    let payload = received.record.payload.as_deref().ok_or("the event has no payload")?;
    let envelope = event::decode(payload).map_err(|error| error.to_string())?;
    let stream = match &envelope.event {
        Event::LiveSegment(segment) => segment.stream_id.clone(),
        Event::LiveEnded { stream_id } => stream_id.clone(),
        _ => return Ok(None),
    };
    if stream.is_live() { Ok(Some((stream, envelope))) } else { Err(format!("{stream} is no live stream")) }
}
