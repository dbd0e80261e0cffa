//! The thread of a consumer, which does nothing but receive.

use crate::{
    client::QUESTION,
    inbox::Inbox,
    leaving::{Ended, Leaving},
    names::Names,
    record,
};
use rdkafka::{
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    message::BorrowedMessage,
};
use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

/// How soon the thread sees that nobody asks any more, or that there is room again.
const GLANCE: Duration = Duration::from_millis(50);

/// A consumer that receives until this is dropped.
pub(crate) struct Reception {
    pub(crate) inbox: Arc<Inbox>,
    leaving: Arc<Leaving>,
    ended: Option<Ended>,
}

/// What a consumer's thread works with.
pub(crate) struct Receiver<C: ConsumerContext + 'static> {
    pub(crate) consumer: Arc<BaseConsumer<C>>,
    pub(crate) names: Names,
    pub(crate) inbox: Arc<Inbox>,
}

impl Reception {
    /// Starts the thread. It ends when this is dropped or the consumer cannot go on; `leave` is what it does then, before
    /// the consumer is closed.
    pub(crate) fn start<C: ConsumerContext + 'static>(
        receiver: Receiver<C>,
        leaving: Arc<Leaving>,
        leave: impl FnOnce(&BaseConsumer<C>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (alive, ended) = mpsc::channel();
        let inbox = Arc::clone(&receiver.inbox);
        std::thread::Builder::new().name("kafka-receive".to_owned()).spawn(move || {
            receiver.receive();
            leave(&receiver.consumer);
            // Closes the consumer, which may take a while: here it delays nobody.
            drop(receiver);
            drop(alive);
        })?;
        Ok(Self { inbox, leaving, ended: Some(ended) })
    }
}

impl Drop for Reception {
    fn drop(&mut self) {
        self.inbox.close();
        self.ended.take().into_iter().for_each(|ended| self.leaving.add(ended));
    }
}

impl<C: ConsumerContext + 'static> Receiver<C> {
    fn receive(&self) {
        let mut is_paused = false;
        // It goes on asking while it is paused: else the group would think that it hangs.
        while !self.inbox.is_closed() {
            match self.consumer.poll(GLANCE) {
                None => {}
                Some(Ok(message)) => {
                    self.take(&message);
                    if self.inbox.is_full() {
                        is_paused = told("pause", &self.pause());
                    }
                }
                Some(Err(error)) => {
                    if let Some(reason) = hopeless(&error) {
                        return self.inbox.fail(reason);
                    }
                }
            }
            if is_paused && self.inbox.has_room() {
                is_paused = !told("resume", &self.resume());
            }
        }
    }

    fn take(&self, message: &BorrowedMessage<'_>) {
        match record::incoming(&self.names, message) {
            Some(received) => self.inbox.record(received),
            None => tracing::warn!("a record of a topic that nobody asked for"),
        }
    }

    /// The list of partitions lives no longer than the call: closing a consumer hangs while one lives.
    fn pause(&self) -> KafkaResult<()> {
        self.consumer.pause(&self.consumer.assignment()?)
    }

    fn resume(&self) -> KafkaResult<()> {
        self.consumer.resume(&self.consumer.assignment()?)
    }
}

fn told(what: &str, outcome: &KafkaResult<()>) -> bool {
    if let Err(error) = outcome {
        tracing::warn!(%error, "reading did not {what}");
    }
    outcome.is_ok()
}

/// Why a consumer that met this error has to be given up; none when librdkafka deals with it.
fn hopeless(error: &KafkaError) -> Option<String> {
    use RDKafkaErrorCode as Code;
    let code = error.rdkafka_error_code()?;
    let advice = match code {
        Code::FencedInstanceId => "another process has the same INSTANCE_ID and service; give each its own",
        Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition => "a topic is missing",
        Code::TopicAuthorizationFailed | Code::GroupAuthorizationFailed => "allow this client to read",
        _ if matches!(error, KafkaError::MessageConsumptionFatal(_)) => "it cannot go on",
        _ => return None,
    };
    Some(format!("the consumer has ended: {code}: {advice}"))
}

/// Asks until it is so, at most as long as a question may take. What is received meanwhile is passed over.
#[expect(clippy::disallowed_methods, reason = "a server that is away is waited for in real time")]
pub(crate) fn poll_until<C: ConsumerContext>(consumer: &BaseConsumer<C>, mut is_so: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !is_so() && start.elapsed() < QUESTION {
        // Serves rebalances; records come again to whoever owns their partition next.
        drop(consumer.poll(GLANCE));
    }
}
