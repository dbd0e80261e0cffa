//! The event log: one producer, and what members and followers share.

use crate::{
    client::{PATIENCE, QUESTION},
    config::Config,
    follower::Following,
    leaving::Leaving,
    linger::Linger,
    member::Member,
    producer::Producer,
    seat::Seats,
    topics::{self, TopicsError},
};
use async_trait::async_trait;
use domain::event::Topic;
use ports::{EventLog, Follower, LogError, Membership, Record, StartAt};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// An event log on Kafka. A process needs one.
///
/// Dropping it waits, at most a few seconds, until the members that were dropped before have left their groups: drop
/// memberships first.
pub struct Log {
    pub(crate) config: Config,
    producer: Arc<Producer>,
    linger: Linger,
    seats: Seats,
    leaving: Arc<Leaving>,
    /// Whether the last publish failed, so that the next one asks first what is wrong.
    is_doubtful: AtomicBool,
}

impl Log {
    /// Connects, and creates the topics that are missing. Several processes may do so at once.
    ///
    /// # Errors
    /// Within 10 seconds, when Kafka does not answer, refuses a topic, or has one with too few partitions.
    pub async fn open(config: Config) -> Result<Self, TopicsError> {
        let producer = Producer::new(&config).map_err(|error| TopicsError::NoClient {
            brokers: config.brokers.clone(),
            reason: error.to_string(),
        })?;
        topics::ensure(&producer, &config, &Topic::ALL).await?;
        Ok(Self {
            config,
            producer: Arc::new(producer),
            linger: Linger::new(),
            seats: Seats::default(),
            leaving: Arc::default(),
            is_doubtful: AtomicBool::new(false),
        })
    }

    /// Asks whether Kafka answers and has the topics.
    ///
    /// # Errors
    /// `Unavailable` with the reason, within seconds.
    pub async fn check(&self) -> Result<(), LogError> {
        let looked = topics::look(&self.producer, &self.config, &Topic::ALL);
        let late = |_| LogError::Unavailable(format!("Kafka did not answer within {QUESTION:?}"));
        let found = tokio::time::timeout(QUESTION, looked).await.map_err(late)??;
        match Topic::ALL.iter().find(|topic| !found.contains_key(topic)) {
            None => Ok(()),
            Some(missing) => {
                let name = self.config.names.topic(*missing);
                Err(LogError::Unavailable(format!("the topic {name} is missing or has no leader")))
            }
        }
    }

    async fn try_publish(&self, topic: Topic, record: Record) -> Result<(), LogError> {
        if self.is_doubtful.load(Relaxed) {
            // Told at once while Kafka is away; and topics that it lost are made anew.
            topics::ensure(&self.producer, &self.config, &[topic]).await?;
        }
        let (producer, name) = (self.producer.clone(), self.config.names.topic(topic).to_owned());
        self.linger.send(async move { producer.publish(&name, &record).await }).await
    }
}

/// A caller never waits longer than promised.
async fn in_time<T>(happens: impl Future<Output = Result<T, LogError>>) -> Result<T, LogError> {
    let late = || LogError::Unavailable(format!("Kafka did not answer within {PATIENCE:?}"));
    tokio::time::timeout(PATIENCE, happens).await.unwrap_or_else(|_| Err(late()))
}

#[async_trait]
impl EventLog for Log {
    async fn publish(&self, topic: Topic, record: Record) -> Result<(), LogError> {
        let published = in_time(self.try_publish(topic, record)).await;
        self.is_doubtful.store(matches!(published, Err(LogError::Unavailable(_))), Relaxed);
        published
    }

    async fn join(&self, group: &str, topics: &[Topic]) -> Result<Box<dyn Membership>, LogError> {
        in_time(async {
            topics::ensure(&self.producer, &self.config, topics).await?;
            let group = self.config.names.group(group);
            let seat = self.seats.take(&group);
            let member = Member::join(&self.config, seat, Arc::clone(&self.leaving), &group, topics)?;
            Ok(Box::new(member) as Box<dyn Membership>)
        })
        .await
    }

    async fn follow(&self, topic: Topic, from: StartAt) -> Result<Box<dyn Follower>, LogError> {
        in_time(async {
            let found = topics::ensure(&self.producer, &self.config, &[topic]).await?;
            let partitions = found.get(&topic).copied().unwrap_or(topic.partitions());
            let (leaving, whole) = (Arc::clone(&self.leaving), (topic, partitions));
            let following = Following::begin(&self.config, &self.producer, leaving, whole, from).await?;
            Ok(Box::new(following) as Box<dyn Follower>)
        })
        .await
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.leaving.wait();
    }
}
