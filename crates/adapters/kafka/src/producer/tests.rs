//! A producer that librdkafka gives up is replaced, and one that is dropped sends what it has. librdkafka's mock cluster
//! fails and delays as told, which no real server does.

use super::*;
use crate::names::Names;
use futures::FutureExt;
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    mocking::MockCluster,
    types::{RDKafkaApiKey, RDKafkaRespErr},
};

const TOPIC: &str = "topic";

fn config(brokers: String) -> Config {
    Config {
        brokers,
        service: "test",
        instance: "instance".to_owned(),
        names: Names::new("", TOPIC, "live-chunks"),
        replication_factor: 1,
        message_max_bytes: 1_000_000,
    }
}

fn record() -> Record {
    Record { key: "key".to_owned(), payload: None, headers: Vec::new() }
}

#[tokio::test]
async fn a_producer_that_was_given_up_is_replaced_once() {
    let mock = MockCluster::new(1).unwrap();
    mock.create_topic(TOPIC, 1, 1).unwrap();
    let refused = RDKafkaRespErr::RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
    mock.request_errors(RDKafkaApiKey::InitProducerId, &[refused]);
    let producer = Producer::new(&config(mock.bootstrap_servers())).unwrap();
    let record = record();
    let failed = tokio::join!(producer.publish(TOPIC, &record), producer.publish(TOPIC, &record));
    assert!(matches!(failed, (Err(LogError::Unavailable(_)), Err(LogError::Unavailable(_)))), "{failed:?}");
    assert_eq!(producer.current().number, 1);
    producer.publish(TOPIC, &record).await.unwrap();
    assert_eq!(producer.current().number, 1);
}

/// rdkafka throws away what is queued in a producer that is dropped.
#[tokio::test]
async fn what_nobody_awaits_any_more_is_sent_before_the_producer_is_gone() {
    let mock = MockCluster::new(1).unwrap();
    mock.create_topic(TOPIC, 1, 1).unwrap();
    let config = config(mock.bootstrap_servers());
    let producer = Producer::new(&config).unwrap();
    producer.publish(TOPIC, &record()).await.unwrap();
    mock.broker_round_trip_time(1, Duration::from_millis(100)).unwrap();
    for _ in 0..200 {
        assert!(producer.publish(TOPIC, &record()).now_or_never().is_none(), "it is given up");
    }
    drop(producer);
    let reader: BaseConsumer = client::consumer(&config, "readers").create().unwrap();
    let mut start = TopicPartitionList::new();
    start.add_partition_offset(TOPIC, 0, Offset::Beginning).unwrap();
    reader.assign(&start).unwrap();
    for n in 0..201 {
        let received = reader.poll(Duration::from_secs(5));
        assert!(matches!(received, Some(Ok(_))), "record {n}: {received:?}");
    }
}
