//! Consuming events in a group: decode, hand over, commit once the effect is durable, park what cannot be handled.

use crate::{Unavailable, commits::Commits, until_available};
use async_trait::async_trait;
use domain::event::{Envelope, Topic, VERSION};
use ports::{
    Clock, Committer, Delivery, EventLog, LogError, Membership, Partition, Position, Received, Record,
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Carries out what an event asks for. The same event may come twice, and side by side with others.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Why an event could not be handled.
    type Error: Unavailable + Send;

    /// Handles an event; its effect is durable when this returns. An error that says a dependency is away lets the event
    /// come again until it is back; any other parks it.
    async fn handle(&self, event: Envelope) -> Result<(), Self::Error>;
}

/// A member of a consumer group.
pub struct Consumer {
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The group: the service's name.
    pub group: &'static str,
    /// The topics that it reads.
    pub topics: &'static [Topic],
    /// How many events are handled side by side; at least 1.
    pub parallel: usize,
}

impl Consumer {
    /// Consumes until told to stop, then waits for the handlers that run. What they do not finish comes again.
    pub async fn run<H: Handler>(self, handler: Arc<H>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let joining = until_available(&*self.clock, "joining the event log", || {
                self.log.join(self.group, self.topics)
            });
            let membership = tokio::select! {
                () = stop.cancelled() => return,
                membership = joining => membership,
            };
            match membership {
                Ok(membership) => self.consume(membership, &handler, &stop).await,
                Err(error) => tracing::error!(%error, "the event log refuses this service"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.clock.sleep(Duration::from_secs(1)) => {}
            }
        }
    }

    /// Until the membership fails or `stop`.
    async fn consume<H: Handler>(
        &self,
        mut membership: Box<dyn Membership>,
        handler: &Arc<H>,
        stop: &CancellationToken,
    ) {
        let mut commits: HashMap<Partition, Commits> = HashMap::new();
        let mut running: JoinSet<Option<Position>> = JoinSet::new();
        let committer = membership.committer();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(ended) = running.join_next() => if let Ok(Some(position)) = ended {
                    commit(&*committer, &mut commits, position).await;
                },
                delivery = membership.next(), if running.len() < self.parallel => match delivery {
                    Ok(Delivery::Record(received)) => {
                        commits.entry(received.position.partition).or_default().received(received.position.offset);
                        running.spawn(self.handling(handler.clone(), received, stop.clone()));
                    }
                    Ok(Delivery::Revoked(partitions)) => commits.retain(|partition, _| !partitions.contains(partition)),
                    Ok(Delivery::Assigned(_)) => {}
                    Err(error) => {
                        tracing::warn!(%error, "the event log gave nothing");
                        break;
                    }
                },
            }
        }
        while let Some(ended) = running.join_next().await {
            if let Ok(Some(position)) = ended {
                commit(&*committer, &mut commits, position).await;
            }
        }
    }

    /// Gives the position once the record is handled; none when told to stop before: it is not committed and comes again.
    fn handling<H: Handler>(
        &self,
        handler: Arc<H>,
        received: Received,
        stop: CancellationToken,
    ) -> impl Future<Output = Option<Position>> + Send + 'static {
        let (log, clock) = (self.log.clone(), self.clock.clone());
        async move {
            tokio::select! {
                () = handle(&*handler, &*log, &*clock, &received) => Some(received.position),
                () = stop.cancelled() => None,
            }
        }
    }
}

async fn handle<H: Handler>(handler: &H, log: &dyn EventLog, clock: &dyn Clock, received: &Received) {
    let event = match decode(&received.record) {
        Ok(event) => event,
        Err(reason) => return park(log, clock, received, &reason).await,
    };
    let handled = until_available(clock, "handling an event", || handler.handle(event.clone())).await;
    if let Err(error) = handled {
        park(log, clock, received, &error.to_string()).await;
    }
}

fn decode(record: &Record) -> Result<Envelope, String> {
    let payload = record.payload.as_deref().ok_or("the event has no payload")?;
    let event: Envelope =
        serde_json::from_slice(payload).map_err(|error| format!("the event cannot be decoded: {error}"))?;
    if event.version > VERSION {
        return Err(format!(
            "version {} is newer than {VERSION}, the newest that is understood",
            event.version
        ));
    }
    Ok(event)
}

/// Puts a record aside with its reason and origin, so that it blocks nobody and can be looked at.
async fn park(log: &dyn EventLog, clock: &dyn Clock, received: &Received, reason: &str) {
    let Position { partition, offset } = received.position;
    tracing::error!(
        topic = partition.topic.name(),
        partition = partition.number,
        offset,
        reason,
        "parked an event"
    );
    let mut letter = received.record.clone();
    let origin = format!("{}/{}/{offset}", partition.topic.name(), partition.number);
    letter.headers.extend([("reason".to_owned(), reason.to_owned()), ("origin".to_owned(), origin)]);
    letter.payload.get_or_insert_default();
    let parked: Result<(), LogError> =
        until_available(clock, "parking an event", || log.publish(Topic::DeadLetters, letter.clone())).await;
    if let Err(error) = parked {
        tracing::error!(%error, "an event could not be parked");
    }
}

async fn commit(committer: &dyn Committer, commits: &mut HashMap<Partition, Commits>, handled: Position) {
    let offset = commits.get_mut(&handled.partition).and_then(|commits| commits.handled(handled.offset));
    if let Some(offset) = offset
        && let Err(error) = committer.commit(Position { partition: handled.partition, offset }).await
    {
        // The next commit covers it; until then a new owner would only see it again.
        tracing::warn!(%error, "an offset could not be committed yet");
    }
}
