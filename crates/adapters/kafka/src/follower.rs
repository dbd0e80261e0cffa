//! A reader of all partitions of a topic, outside any group.

use crate::{
    client::{self, QUESTION, Telling},
    config::Config,
    inbox::Inbox,
    leaving::Leaving,
    producer::{Inner, Producer},
    reception::{Receiver, Reception},
};
use async_trait::async_trait;
use domain::event::Topic;
use ports::{Delivery, Follower, LogError, Received, StartAt};
use rdkafka::{
    Offset, TopicPartitionList,
    config::FromClientConfigAndContext,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::{KafkaError, RDKafkaErrorCode},
};
use std::{sync::Arc, time::Duration};

/// How often a new topic's partitions are asked for their ends.
const LEADER_TRIES: u32 = 30;

impl ConsumerContext for Telling {}

/// Follows a topic.
pub(crate) struct Following(Reception);

impl Following {
    /// Begins to follow; the offsets to begin with are settled when this returns.
    pub(crate) async fn begin(
        config: &Config,
        producer: &Producer,
        leaving: Arc<Leaving>,
        (topic, partitions): (Topic, u32),
        from: StartAt,
    ) -> Result<Self, LogError> {
        let unavailable =
            |text: String| LogError::Unavailable(format!("{topic:?} cannot be followed: {text}"));
        let name = config.names.topic(topic);
        let offsets = offsets(producer, name, partitions, from).await.map_err(unavailable)?;
        let consumer = assigned(config, &offsets).map_err(|error| unavailable(error.to_string()))?;
        let (consumer, inbox) = (Arc::new(consumer), Arc::new(Inbox::default()));
        let receiver = Receiver { consumer, names: config.names.clone(), inbox };
        let reception = Reception::start(receiver, leaving, |_| {});
        reception.map(Self).map_err(|error| unavailable(error.to_string()))
    }
}

/// Where to begin in each partition. A new topic's partitions may still be about to get their leaders.
async fn offsets(
    producer: &Producer,
    topic: &str,
    partitions: u32,
    from: StartAt,
) -> Result<TopicPartitionList, String> {
    let mut pause = tokio::time::interval(Duration::from_millis(100));
    for _ in 0..LEADER_TRIES {
        pause.tick().await;
        let topic = topic.to_owned();
        match producer.ask(move |inner| offsets_now(inner, &topic, partitions, from)).await? {
            Err(error) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::NotLeaderForPartition) => {}
            settled => return settled.map_err(|error| error.to_string()),
        }
    }
    Err("its partitions have no leaders".to_owned())
}

fn offsets_now(
    inner: &Inner,
    topic: &str,
    partitions: u32,
    from: StartAt,
) -> Result<TopicPartitionList, KafkaError> {
    let mut offsets = TopicPartitionList::new();
    for number in 0..i32::try_from(partitions).unwrap_or(i32::MAX) {
        let start = match from {
            StartAt::Beginning => Offset::Beginning,
            StartAt::Now => Offset::Offset(inner.fetch_watermarks(topic, number, QUESTION)?.1),
        };
        offsets.add_partition_offset(topic, number, start)?;
    }
    Ok(offsets)
}

/// librdkafka wants a group even of a consumer that never joins one.
fn assigned(config: &Config, offsets: &TopicPartitionList) -> Result<BaseConsumer<Telling>, KafkaError> {
    let group = config.names.group(&format!("{}-follower", config.service));
    let consumer = BaseConsumer::from_config_and_context(&client::consumer(config, &group), Telling)?;
    consumer.assign(offsets)?;
    Ok(consumer)
}

#[async_trait]
impl Follower for Following {
    async fn next(&mut self) -> Result<Received, LogError> {
        loop {
            if let Delivery::Record(received) = self.0.inbox.next().await? {
                return Ok(received);
            }
        }
    }
}
