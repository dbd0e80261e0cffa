//! What lies on the server is what Kafka's other clients write and read.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

mod fixture;

use domain::event::Topic;
use fixture::{TOPIC, config_of_its_own, followed, in_time, open, proxy::Proxy, record, unique};
use ports::{EventLog, LogError, Record, StartAt};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord},
    util::Timeout,
};

/// Hashes from Kafka's own `UtilsTest.testMurmur2`; Java's clients divide them without their sign.
#[tokio::test]
async fn keys_lie_where_java_puts_them() {
    let Some(broker) = fixture::broker() else { return };
    let log = open(fixture::config(&broker)).await;
    let mut follower = log.follow(Topic::TranscodeTasks, StartAt::Now).await.unwrap();
    for (key, hash) in [
        ("21", -973_932_308_i32),
        ("foobar", -790_332_482),
        ("a-little-bit-long-string", -985_981_536),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        ("abc", 479_470_107),
    ] {
        log.publish(Topic::TranscodeTasks, record(key, "x")).await.unwrap();
        let received = followed(&mut *follower, key).await;
        let expected = (hash & 0x7fff_ffff) % i32::try_from(Topic::TranscodeTasks.partitions()).unwrap();
        assert_eq!(i32::try_from(received.position.partition.number).unwrap(), expected, "{key}");
    }
}

#[tokio::test]
async fn records_of_strangers_are_read_as_far_as_they_are_text() {
    let Some(broker) = fixture::broker() else { return };
    let config = config_of_its_own(&broker);
    let topic = config.names.topic(TOPIC).to_owned();
    let log = open(config).await;
    let producer: FutureProducer = ClientConfig::new().set("bootstrap.servers", &broker).create().unwrap();
    let headers = OwnedHeaders::new()
        .insert(Header { key: "none", value: None::<&[u8]> })
        .insert(Header { key: "bytes", value: Some(b"a\xff".as_slice()) });
    let keyless: FutureRecord<'_, [u8], [u8]> =
        FutureRecord::to(&topic).payload(b"one".as_slice()).headers(headers);
    producer.send(keyless, Timeout::Never).await.unwrap();
    let garbled = FutureRecord::to(&topic).key(b"\xffkey".as_slice()).payload(b"\xff".as_slice());
    producer.send(garbled, Timeout::Never).await.unwrap();

    let mut follower = log.follow(TOPIC, StartAt::Beginning).await.unwrap();
    let first = followed(&mut *follower, "").await.record;
    assert_eq!(first.payload.as_deref(), Some(b"one".as_slice()));
    let texts =
        [("none", ""), ("bytes", "a\u{fffd}")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(first.headers, texts);
    let mut follower = log.follow(TOPIC, StartAt::Beginning).await.unwrap();
    let second = followed(&mut *follower, "\u{fffd}key").await.record;
    assert_eq!(second.payload.as_deref(), Some(b"\xff".as_slice()));
}

/// rdkafka panics at the name of such a header.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_header_with_a_name_that_is_no_text_is_left_out() {
    let Some(broker) = fixture::broker() else { return };
    let Some(proxy) = Proxy::before(&broker, &[(b"garbled-name", b"garbled-n\xffm\xfe")]).await else {
        return;
    };
    let log = open(fixture::config(&proxy.address)).await;
    let mut follower = log.follow(TOPIC, StartAt::Now).await.unwrap();
    let key = unique("key");
    let headers = ["before", "garbled-name", "after"].map(|name| (name.to_owned(), "value".to_owned()));
    let sent = Record { headers: headers.to_vec(), ..record(&key, "x") };
    log.publish(TOPIC, sent).await.unwrap();
    let received = followed(&mut *follower, &key).await.record;
    assert_eq!(received.headers, [headers[0].clone(), headers[2].clone()]);
    fixture::publish(&*log, &key, "next").await;
    assert_eq!(fixture::text(&followed(&mut *follower, &key).await), "next");
}

#[tokio::test]
async fn a_record_of_the_largest_size_passes_and_one_byte_more_does_not() {
    let Some(broker) = fixture::broker() else { return };
    let log = open(fixture::config(&broker)).await;
    let mut follower = log.follow(TOPIC, StartAt::Now).await.unwrap();
    let key = unique("key");
    let headers = vec![("name".to_owned(), "value".to_owned())];
    let room = 1_048_576 - key.len() - "namevalue".len();
    for (size, fits) in [(room, true), (room + 1, false)] {
        let record = Record { key: key.clone(), payload: Some(vec![1; size]), headers: headers.clone() };
        let published = in_time("publish", log.publish(TOPIC, record)).await;
        assert_eq!(published.is_ok(), fits, "{published:?}");
    }
    assert_eq!(followed(&mut *follower, &key).await.record.payload.unwrap().len(), room);
}

/// The topic was made by somebody else, with a limit of its own.
#[tokio::test]
async fn what_the_topic_refuses_is_too_large() {
    let Some(broker) = fixture::broker() else { return };
    let config = config_of_its_own(&broker);
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", &broker).create().unwrap();
    let topic = NewTopic::new(config.names.topic(TOPIC), 3, TopicReplication::Fixed(1))
        .set("max.message.bytes", "1000");
    admin.create_topics([&topic], &AdminOptions::new()).await.unwrap();
    let log = open(config.clone()).await;
    let refused = in_time("publish", log.publish(TOPIC, record("key", &"x".repeat(2000)))).await;
    assert!(matches!(refused, Err(LogError::TooLarge { size: 2003, limit }) if limit < 2003), "{refused:?}");
    fixture::publish(&*log, "key", "small").await;
}
