//! Topics: looking at them, and creating those that are missing.

use crate::{
    client::{self, PATIENCE, QUESTION, Telling},
    config::Config,
    producer::Producer,
};
use domain::event::Topic;
use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    config::FromClientConfigAndContext,
    error::{KafkaError, RDKafkaErrorCode},
    metadata::MetadataTopic,
};
use std::{collections::BTreeMap, time::Duration};

/// Why the topics cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TopicsError {
    /// Kafka does not answer.
    #[error(
        "Kafka at {brokers} does not answer: {reason}; check that it runs and that KAFKA_BROKER is right"
    )]
    Away {
        /// The brokers that were asked.
        brokers: String,
        /// What librdkafka says.
        reason: String,
    },
    /// A topic could not be created.
    #[error("Kafka at {brokers} does not create the topic {topic}: {reason}; {advice}")]
    Refused {
        /// The brokers that were asked.
        brokers: String,
        /// The topic's name.
        topic: String,
        /// What the server says.
        reason: String,
        /// What may help.
        advice: &'static str,
    },
    /// A topic exists with fewer partitions than planned: the order of its keys would change if it grew.
    #[error(
        "the topic {topic} has {has} partitions instead of {planned}: \
         delete it if it is empty, or set another KAFKA_TOPIC_PREFIX"
    )]
    TooFewPartitions {
        /// The topic's name.
        topic: String,
        /// How many it has.
        has: u32,
        /// How many it needs.
        planned: u32,
    },
    /// librdkafka does not take the settings.
    #[error("a client for Kafka at {brokers} cannot be made: {reason}")]
    NoClient {
        /// The brokers to connect to.
        brokers: String,
        /// What librdkafka says.
        reason: String,
    },
}

/// Only closed segments are compacted: small ones, that close soon, keep what a new follower reads short.
const COMPACTED: &[(&str, &str)] = &[
    ("cleanup.policy", "compact"),
    ("segment.bytes", "16777216"),
    ("segment.ms", "60000"),
    ("min.cleanable.dirty.ratio", "0.1"),
];

/// How many partitions each topic has.
pub(crate) type Partitions = BTreeMap<Topic, u32>;

/// Creates what is missing of these topics, and waits until they can be used. Others may do the same at once.
pub(crate) async fn ensure(
    producer: &Producer,
    config: &Config,
    topics: &[Topic],
) -> Result<Partitions, TopicsError> {
    let found = look(producer, config, topics).await?;
    let missing: Vec<Topic> = topics.iter().copied().filter(|topic| !found.contains_key(topic)).collect();
    if missing.is_empty() {
        return Ok(found);
    }
    create(config, &missing).await?;
    let usable = async {
        let mut pause = tokio::time::interval(Duration::from_millis(50));
        loop {
            pause.tick().await;
            let found = look(producer, config, topics).await?;
            if topics.iter().all(|topic| found.contains_key(topic)) {
                return Ok(found);
            }
        }
    };
    let reason = "its new topics have no leader yet".to_owned();
    let late = TopicsError::Away { brokers: config.brokers.clone(), reason };
    tokio::time::timeout(PATIENCE / 2, usable).await.unwrap_or(Err(late))
}

/// Those of the topics that exist and can be used.
pub(crate) async fn look(
    producer: &Producer,
    config: &Config,
    topics: &[Topic],
) -> Result<Partitions, TopicsError> {
    let away = |reason: String| TopicsError::Away { brokers: config.brokers.clone(), reason };
    let (names, asked) = (config.names.clone(), topics.to_vec());
    let looking = producer.ask(move |client| {
        let mut found = Partitions::new();
        for topic in asked {
            let metadata = client.fetch_metadata(Some(names.topic(topic)), QUESTION)?;
            found.extend(metadata.topics().first().and_then(usable_partitions).map(|count| (topic, count)));
        }
        Ok::<_, KafkaError>(found)
    });
    let found = looking.await.map_err(away)?.map_err(|error| away(error.to_string()))?;
    for (topic, has) in &found {
        let (has, planned) = (*has, topic.partitions());
        if has < planned {
            let topic = config.names.topic(*topic).to_owned();
            return Err(TopicsError::TooFewPartitions { topic, has, planned });
        }
    }
    Ok(found)
}

/// None while the topic is missing or on its way.
fn usable_partitions(topic: &MetadataTopic) -> Option<u32> {
    let led = topic.partitions().iter().all(|partition| partition.leader() >= 0);
    let count = u32::try_from(topic.partitions().len()).ok()?;
    (topic.error().is_none() && led && count > 0).then_some(count)
}

async fn create(config: &Config, topics: &[Topic]) -> Result<(), TopicsError> {
    let brokers = || config.brokers.clone();
    let admin = AdminClient::from_config_and_context(&client::admin(config), Telling)
        .map_err(|error| TopicsError::NoClient { brokers: brokers(), reason: error.to_string() })?;
    let size = client::message_max_bytes(config).to_string();
    let replicas = i32::from(config.replication_factor);
    let new: Vec<NewTopic<'_>> = topics
        .iter()
        .map(|topic| {
            let partitions = i32::try_from(topic.partitions()).unwrap_or(i32::MAX);
            let new =
                NewTopic::new(config.names.topic(*topic), partitions, TopicReplication::Fixed(replicas))
                    .set("max.message.bytes", &size);
            let options = if topic.is_compacted() { COMPACTED } else { &[] };
            options.iter().fold(new, |new, (name, value)| new.set(name, value))
        })
        .collect();
    let options = AdminOptions::new().request_timeout(Some(QUESTION)).operation_timeout(Some(QUESTION));
    let created = admin.create_topics(&new, &options).await;
    // Its threads are awaited by dropping it.
    drop(tokio::task::spawn_blocking(move || drop(admin)));
    let outcomes =
        created.map_err(|error| TopicsError::Away { brokers: brokers(), reason: error.to_string() })?;
    for outcome in outcomes {
        match outcome {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => {
                let (reason, advice) = (code.to_string(), advice(code));
                return Err(TopicsError::Refused { brokers: brokers(), topic, reason, advice });
            }
        }
    }
    Ok(())
}

fn advice(code: RDKafkaErrorCode) -> &'static str {
    match code {
        RDKafkaErrorCode::InvalidReplicationFactor => "lower KAFKA_REPLICATION_FACTOR or start more brokers",
        RDKafkaErrorCode::TopicAuthorizationFailed | RDKafkaErrorCode::ClusterAuthorizationFailed => {
            "allow it, or create the topic by hand"
        }
        RDKafkaErrorCode::OperationTimedOut | RDKafkaErrorCode::RequestTimedOut => "try again",
        _ => "create the topic by hand",
    }
}

impl From<TopicsError> for ports::LogError {
    fn from(error: TopicsError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
