//! The one producer of a process.

use crate::{
    client::{self, Telling},
    config::Config,
    record,
};
use ports::{LogError, Record};
use rdkafka::{
    ClientConfig,
    client::Client,
    config::FromClientConfigAndContext,
    error::{KafkaError, RDKafkaErrorCode},
    producer::{FutureProducer, Producer as _, future_producer::FutureProducerContext},
};
use std::{
    sync::{PoisonError, RwLock},
    time::Duration,
};

/// How long a caller waits for a place in a full queue.
const QUEUE_WAIT: Duration = Duration::from_millis(500);
/// How long dropping waits for what is still on its way.
const FLUSH_WAIT: Duration = Duration::from_secs(2);

/// librdkafka's client inside a producer.
pub(crate) type Inner = Client<FutureProducerContext<Telling>>;

/// A producer that replaces itself when librdkafka gives it up.
pub(crate) struct Producer {
    settings: ClientConfig,
    limit: usize,
    current: RwLock<Generation>,
}

#[derive(Clone)]
struct Generation {
    number: u64,
    producer: FutureProducer<Telling>,
}

impl Producer {
    /// A producer; it connects by itself.
    pub(crate) fn new(config: &Config) -> Result<Self, KafkaError> {
        let settings = client::producer(config);
        let producer = FutureProducer::from_config_and_context(&settings, Telling)?;
        let current = RwLock::new(Generation { number: 0, producer });
        Ok(Self { settings, limit: config.message_max_bytes, current })
    }

    /// Waits until the record is durable.
    pub(crate) async fn publish(&self, topic: &str, record: &Record) -> Result<(), LogError> {
        let size = record::size(record);
        if size > self.limit {
            return Err(LogError::TooLarge { size, limit: self.limit });
        }
        let Generation { number, producer } = self.current();
        match producer.send(record::outgoing(topic, record), QUEUE_WAIT).await {
            Ok(_) => Ok(()),
            Err((error, _)) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageSizeTooLarge) => {
                // The topic's own limit is not told; it is below this record.
                Err(LogError::TooLarge { size, limit: self.limit.min(size - 1) })
            }
            Err((error, _)) => {
                if producer.client().fatal_error().is_some() {
                    self.replace(number);
                }
                Err(LogError::Unavailable(format!("a record for {topic} was not taken: {error}")))
            }
        }
    }

    /// Asks the server on a thread that may wait.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Inner) -> T + Send + 'static,
    ) -> Result<T, String> {
        let producer = self.current().producer;
        let asked = tokio::task::spawn_blocking(move || question(producer.client())).await;
        asked.map_err(|error| error.to_string())
    }

    fn current(&self) -> Generation {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a new producer in the place of one that librdkafka gave up, once for each.
    fn replace(&self, broken: u64) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.number != broken {
            return;
        }
        match FutureProducer::from_config_and_context(&self.settings, Telling) {
            Ok(producer) => {
                tracing::warn!("librdkafka gave the producer up: a new one takes its place");
                let old = std::mem::replace(&mut *current, Generation { number: broken + 1, producer });
                // Its thread is awaited by dropping it.
                drop(tokio::task::spawn_blocking(move || drop(old)));
            }
            Err(error) => tracing::error!(%error, "there is no new producer"),
        }
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        // librdkafka throws away what is queued. Callers await their records, so that there is nothing in the queue
        // unless one gave up waiting.
        let producer = self.current().producer;
        if producer.in_flight_count() > 0
            && let Err(error) = producer.flush(FLUSH_WAIT)
        {
            tracing::warn!(%error, "records that nobody waits for were not sent");
        }
    }
}

#[cfg(test)]
mod tests;
