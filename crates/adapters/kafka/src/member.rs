//! A member of a group: what it is told, and how it comes and goes.

use crate::{
    client::{self, QUESTION},
    committer::GroupCommitter,
    config::Config,
    inbox::Inbox,
    leaving::Leaving,
    names::Names,
    ownership::Ownership,
    reception::{Receiver, Reception, poll_until},
    record,
    seat::Seat,
};
use async_trait::async_trait;
use domain::event::Topic;
use ports::{Committer, Delivery, LogError, Membership, Partition};
use rdkafka::{
    ClientContext, TopicPartitionList,
    config::{FromClientConfigAndContext, RDKafkaLogLevel},
    consumer::{BaseConsumer, Consumer, ConsumerContext, Rebalance},
    error::KafkaError,
    groups::GroupInfo,
};
use std::sync::Arc;

/// A membership.
pub(crate) struct Member {
    reception: Reception,
    committer: Arc<GroupCommitter>,
}

/// What librdkafka tells while a member is asked for records.
pub(crate) struct Calls {
    names: Names,
    inbox: Arc<Inbox>,
    ownership: Arc<Ownership>,
}

impl Member {
    /// Joins the group under the seat's id, which it keeps until it has left.
    pub(crate) fn join(
        config: &Config,
        seat: Seat,
        leaving: Arc<Leaving>,
        group: &str,
        topics: &[Topic],
    ) -> Result<Self, LogError> {
        let id = seat.id(&config.client_id());
        let (inbox, ownership) = (Arc::new(Inbox::default()), Arc::new(Ownership::default()));
        let names = config.names.clone();
        let calls =
            Calls { names: names.clone(), inbox: Arc::clone(&inbox), ownership: Arc::clone(&ownership) };
        let unavailable =
            |reason: String| LogError::Unavailable(format!("{id} cannot join {group}: {reason}"));
        let consumer =
            subscribed(config, group, &id, topics, calls).map_err(|error| unavailable(error.to_string()))?;
        let consumer = Arc::new(consumer);
        let committer = GroupCommitter::new(Arc::downgrade(&consumer), names.clone(), Arc::clone(&ownership));
        let (receiver, group, member) = (Receiver { consumer, names, inbox }, group.to_owned(), id.clone());
        let reception = Reception::start(receiver, leaving, move |consumer| {
            leave(consumer, &ownership, &group, &member);
            drop(seat);
        });
        let reception = reception.map_err(|error| unavailable(error.to_string()))?;
        Ok(Self { reception, committer: Arc::new(committer) })
    }
}

fn subscribed(
    config: &Config,
    group: &str,
    id: &str,
    topics: &[Topic],
    calls: Calls,
) -> Result<BaseConsumer<Calls>, KafkaError> {
    let consumer = BaseConsumer::from_config_and_context(&client::member(config, group, id), calls)?;
    let topics: Vec<&str> = topics.iter().map(|topic| config.names.topic(*topic)).collect();
    consumer.subscribe(&topics)?;
    Ok(consumer)
}

/// Leaves the group and waits until the server knows.
///
/// A static member's consumer that is only closed tells the server nothing (KIP-345): its partitions would have no owner
/// until its session ends. Unsubscribing does tell.
fn leave(consumer: &BaseConsumer<Calls>, ownership: &Ownership, group: &str, id: &str) {
    ownership.await_commits();
    // A member that leaves while it joins would be let in afterwards, with nobody there to leave again.
    poll_until(consumer, || ownership.is_settled());
    consumer.unsubscribe();
    poll_until(consumer, || ownership.is_empty());
    poll_until(consumer, || match consumer.fetch_group_list(Some(group), QUESTION / 2) {
        Ok(groups) => {
            let mut members = groups.groups().iter().flat_map(GroupInfo::members);
            !members.any(|member| member.client_id() == id)
        }
        // A server that does not answer finds out by itself when the session ends.
        Err(_) => true,
    });
}

#[async_trait]
impl Membership for Member {
    async fn next(&mut self) -> Result<Delivery, LogError> {
        self.reception.inbox.next().await
    }

    fn committer(&self) -> Arc<dyn Committer> {
        Arc::clone(&self.committer) as Arc<dyn Committer>
    }
}

impl Calls {
    /// The partitions as values: closing a consumer hangs while one of librdkafka's lists lives.
    fn partitions(&self, list: &TopicPartitionList) -> Vec<Partition> {
        let elements = list.elements();
        let known = elements
            .iter()
            .filter_map(|element| record::partition(&self.names, element.topic(), element.partition()));
        known.collect()
    }

    fn won(&self, partitions: Vec<Partition>) {
        self.ownership.win(&partitions);
        if !partitions.is_empty() {
            self.inbox.assigned(partitions);
        }
    }

    fn lost(&self, partitions: &[Partition]) {
        if !partitions.is_empty() {
            self.inbox.revoked(partitions.to_vec());
        }
        // Only when this returns may somebody else have them.
        self.ownership.lose(partitions);
    }
}

impl ClientContext for Calls {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        client::tell(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        client::tell_error(&error, reason);
    }
}

impl ConsumerContext for Calls {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(list) => self.won(self.partitions(list)),
            Rebalance::Revoke(list) => self.lost(&self.partitions(list)),
            Rebalance::Error(error) => tracing::warn!(%error, "a rebalance failed"),
        }
    }
}
