//! How librdkafka is set up, each setting with its reason, and where it tells what happens to it.
//!
//! The settings are those of librdkafka's `CONFIGURATION.md`.

use crate::config::Config;
use rdkafka::{ClientConfig, ClientContext, config::RDKafkaLogLevel, error::KafkaError};
use std::time::Duration;

/// What surrounds a record on the wire must fit beside the largest one.
const FRAMING: usize = 65_536;
/// How long one question to the server may take.
pub(crate) const QUESTION: Duration = Duration::from_secs(3);
/// How long a caller waits at most for anything but a delivery to a member or follower.
pub(crate) const PATIENCE: Duration = Duration::from_secs(9);

/// What every client has in common.
fn client(config: &Config) -> ClientConfig {
    let mut client = ClientConfig::new();
    client
        .set("bootstrap.servers", &config.brokers)
        .set("client.id", config.client_id())
        // A connection that does not answer is found out within the time that callers are promised.
        .set("socket.timeout.ms", "6000")
        .set("socket.connection.setup.timeout.ms", "5000")
        .set("api.version.request.timeout.ms", "5000")
        .set("socket.keepalive.enable", "true")
        // A server that is back is found soon, however long it was away.
        .set("reconnect.backoff.ms", "100")
        .set("reconnect.backoff.max.ms", "2000")
        // Brokers close idle connections, which is no news.
        .set("log.connection.close", "false")
        .set("enable.metrics.push", "false");
    client
}

/// The producer's settings.
pub(crate) fn producer(config: &Config) -> ClientConfig {
    let message_max = message_max_bytes(config);
    let mut producer = client(config);
    producer
        .set("enable.idempotence", "true")
        .set("acks", "all")
        // Java's and Rust's clients have to agree on the partition of a key.
        .set("partitioner", "murmur2_random")
        .set("message.timeout.ms", "6000")
        // Callers await each record, so that nothing is gained by holding the first one back; which ones share a request is told in
        // `linger.rs`.
        .set("linger.ms", "0")
        // What comes while a request is under way goes with the next one: the busier the server, the fewer its requests.
        .set("max.in.flight.requests.per.connection", "1")
        .set("message.max.bytes", message_max.to_string())
        // A batch of small records must not outgrow what the topic takes.
        .set("batch.size", "262144")
        .set("queue.buffering.max.kbytes", (8192 + 2 * message_max / 1024).to_string())
        // The server would make a missing topic with a number of partitions that nobody planned.
        .set("allow.auto.create.topics", "false")
        .set("topic.metadata.propagation.max.ms", "3000");
    producer
}

/// The settings of a consumer that owns nothing but its place in the log.
pub(crate) fn consumer(config: &Config, group: &str) -> ClientConfig {
    let mut consumer = client(config);
    consumer
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        // librdkafka's own default skips what was published before the first commit.
        .set("auto.offset.reset", "earliest")
        // Where two records of a partition wait already, the next ones are fetched together, a moment later: else a busy topic
        // costs a request a record. Also, five services share a small machine, and a record is a small job's worth of bytes.
        .set("queued.min.messages", "2")
        .set("queued.max.messages.kbytes", "1024")
        .set("fetch.message.max.bytes", "262144")
        .set("fetch.max.bytes", message_max_bytes(config).max(1 << 20).to_string())
        .set("message.max.bytes", message_max_bytes(config).to_string())
        .set("fetch.queue.backoff.ms", "20")
        .set("fetch.error.backoff.ms", "100")
        // A partition that is won waits for the fetch under way.
        .set("fetch.wait.max.ms", "200");
    consumer
}

/// The settings of a member of a group under an id of its own.
pub(crate) fn member(config: &Config, group: &str, id: &str) -> ClientConfig {
    let mut member = consumer(config, group);
    member
        .set("client.id", id)
        .set("group.instance.id", id)
        .set("session.timeout.ms", "6000")
        // Members learn by a heartbeat that partitions move.
        .set("heartbeat.interval.ms", "500")
        // Only what moves is revoked: the other partitions' work goes on.
        .set("partition.assignment.strategy", "cooperative-sticky");
    member
}

/// The settings of the client that creates topics.
pub(crate) fn admin(config: &Config) -> ClientConfig {
    client(config)
}

/// The largest batch on the wire, which holds the largest record.
pub(crate) fn message_max_bytes(config: &Config) -> usize {
    config.message_max_bytes + FRAMING
}

/// Passes on what librdkafka tells to `tracing`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Telling;

impl ClientContext for Telling {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        tell(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tell_error(&error, reason);
    }
}

/// A line of librdkafka's log. What it calls an error is a server that is away, which it deals with.
pub(crate) fn tell(level: RDKafkaLogLevel, facility: &str, text: &str) {
    use RDKafkaLogLevel::{Alert, Critical, Debug, Emerg, Error, Info, Notice, Warning};
    match level {
        Emerg | Alert | Critical => tracing::error!(facility, "{text}"),
        Error | Warning => tracing::warn!(facility, "{text}"),
        Notice | Info => tracing::info!(facility, "{text}"),
        Debug => tracing::debug!(facility, "{text}"),
    }
}

/// An error of a whole client. Its log has told it too, in a line of its own.
pub(crate) fn tell_error(error: &KafkaError, reason: &str) {
    tracing::debug!(%error, "{reason}");
}
