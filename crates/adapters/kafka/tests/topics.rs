//! Topics are made as planned, by whoever comes first, and again when the server lost them.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

mod fixture;

use domain::event::Topic;
use fixture::{TOPIC, config_of_its_own, in_time, open, record, sweep};
use futures::future::join_all;
use kafka::{Config, Log, Names, TopicsError};
use ports::{EventLog, StartAt};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication},
    client::DefaultClientContext,
    consumer::{BaseConsumer, Consumer},
};
use std::time::Duration;

fn admin(broker: &str) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", broker).create().unwrap()
}

fn partitions(broker: &str, topic: &str) -> usize {
    let consumer: BaseConsumer = ClientConfig::new().set("bootstrap.servers", broker).create().unwrap();
    let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(5)).unwrap();
    metadata.topics()[0].partitions().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_that_start_at_once_all_find_every_topic() {
    let Some(broker) = fixture::broker() else { return };
    let prefix = sweep::prefix(std::process::id(), &fixture::unique("ten"));
    let config =
        Config { names: Names::new(&prefix, "sources", "live-chunks"), ..config_of_its_own(&broker) };
    let logs = join_all((0..10).map(|_| open(config.clone()))).await;
    for (number, log) in logs.iter().enumerate() {
        log.check().await.unwrap();
        fixture::publish(&**log, "key", &number.to_string()).await;
    }
    for topic in Topic::ALL {
        assert_eq!(partitions(&broker, config.names.topic(topic)), topic.partitions() as usize);
    }
    let sources = format!("{prefix}sources");
    let described =
        admin(&broker).describe_configs([&ResourceSpecifier::Topic(&sources)], &AdminOptions::new()).await;
    let described = described.unwrap().pop().unwrap().unwrap();
    let limit = described.get("max.message.bytes").unwrap().value.clone().unwrap();
    assert!(limit.parse::<usize>().unwrap() > config.message_max_bytes);
}

#[tokio::test]
async fn a_topic_with_too_few_partitions_is_named() {
    let Some(broker) = fixture::broker() else { return };
    let config = config_of_its_own(&broker);
    let name = config.names.topic(Topic::TranscodeTasks).to_owned();
    let small = NewTopic::new(&name, 2, TopicReplication::Fixed(1));
    admin(&broker).create_topics([&small], &AdminOptions::new()).await.unwrap();
    let refused = in_time("open", Log::open(config)).await.err().expect("it is refused");
    assert!(
        matches!(&refused, TopicsError::TooFewPartitions { topic, has: 2, planned: 12 } if *topic == name),
        "{refused}"
    );
}

#[tokio::test]
async fn a_topic_that_the_server_refuses_is_named_with_advice() {
    let Some(broker) = fixture::broker() else { return };
    let config = Config { replication_factor: 1_000, ..config_of_its_own(&broker) };
    let refused = in_time("open", Log::open(config)).await.err().expect("it is refused").to_string();
    assert!(refused.contains("KAFKA_REPLICATION_FACTOR") && refused.contains(&broker), "{refused}");
}

/// A server that lost its disk: publishing and reading go on as soon as they are tried again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_topics_are_made_again() {
    let Some(broker) = fixture::broker() else { return };
    let config = config_of_its_own(&broker);
    let log = open(config.clone()).await;
    fixture::publish(&*log, "key", "before").await;
    let names = Topic::ALL.map(|topic| config.names.topic(topic));
    admin(&broker).delete_topics(&names, &AdminOptions::new()).await.unwrap();
    let noticed = async { while log.check().await.is_ok() {} };
    in_time("the loss", noticed).await;
    let published = async { while log.publish(TOPIC, record("key", "after")).await.is_err() {} };
    in_time("the recovery", published).await;
    assert_eq!(partitions(&broker, config.names.topic(TOPIC)), TOPIC.partitions() as usize);
    let mut follower = in_time("follow", log.follow(TOPIC, StartAt::Beginning)).await.unwrap();
    assert_eq!(fixture::text(&fixture::followed(&mut *follower, "key").await), "after");
}
