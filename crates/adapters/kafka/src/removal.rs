//! Taking down what a fleet has made in Kafka.

use crate::{
    Log, TopicsError,
    client::{self, QUESTION, Telling},
};
use domain::event::Topic;
use rdkafka::{
    admin::{AdminClient, AdminOptions},
    config::FromClientConfigAndContext,
};

impl Log {
    /// Removes this fleet's topics with all they hold; for whoever takes it down. Topics that are not there are no error.
    ///
    /// # Errors
    /// When Kafka does not answer.
    pub async fn remove_topics(self) -> Result<(), TopicsError> {
        let brokers = self.config.brokers.clone();
        let admin = AdminClient::from_config_and_context(&client::admin(&self.config), Telling)
            .map_err(|error| TopicsError::NoClient { brokers: brokers.clone(), reason: error.to_string() })?;
        let names = Topic::ALL.map(|topic| self.config.names.topic(topic));
        let options = AdminOptions::new().request_timeout(Some(QUESTION)).operation_timeout(Some(QUESTION));
        let removed = admin.delete_topics(&names, &options).await;
        // Its threads are awaited by dropping it.
        drop(tokio::task::spawn_blocking(move || drop(admin)));
        removed.map(drop).map_err(|error| TopicsError::Away { brokers, reason: error.to_string() })
    }
}
