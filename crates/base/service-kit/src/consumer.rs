//! Consuming records in a group: hand over, and commit once the effect is durable.

use crate::{commits::Commits, until_available};
use async_trait::async_trait;
use domain::event::Topic;
use ports::{Clock, Committer, Delivery, EventLog, Membership, Partition, Position, Received};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Deals with records, whatever they say. The same record may come twice, and side by side with others.
#[async_trait]
pub trait Receiver: Send + Sync + 'static {
    /// Deals with a record; its effect is durable when this returns. What cannot be done is parked, what is away waited for.
    async fn receive(&self, received: &Received);
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
    /// Consumes until told to stop, then waits for the receivers that run. What they do not finish comes again.
    pub async fn run<R: Receiver>(self, receiver: Arc<R>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let joining = until_available(&*self.clock, "joining the event log", || {
                self.log.join(self.group, self.topics)
            });
            let membership = tokio::select! {
                () = stop.cancelled() => return,
                membership = joining => membership,
            };
            match membership {
                Ok(membership) => self.consume(membership, &receiver, &stop).await,
                Err(error) => tracing::error!(%error, "the event log refuses this service"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.clock.sleep(Duration::from_secs(1)) => {}
            }
        }
    }

    /// Until the membership fails or `stop`.
    async fn consume<R: Receiver>(
        &self,
        mut membership: Box<dyn Membership>,
        receiver: &Arc<R>,
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
                        running.spawn(receiving(receiver.clone(), received, stop.clone()));
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
}

/// Gives the position once the record is dealt with; none when told to stop before: it is not committed and comes again.
async fn receiving<R: Receiver>(
    receiver: Arc<R>,
    received: Received,
    stop: CancellationToken,
) -> Option<Position> {
    tokio::select! {
        () = receiver.receive(&received) => Some(received.position),
        () = stop.cancelled() => None,
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
