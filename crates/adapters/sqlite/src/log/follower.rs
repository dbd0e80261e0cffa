//! A reader of all partitions of a topic, outside any group.

use super::{Inner, heads::partitions, tail::Tail};
use async_trait::async_trait;
use domain::event::Topic;
use ports::{Follower, LogError, Received, StartAt};
use std::sync::Arc;

/// Follows a topic.
pub(super) struct Following(Tail);

impl Following {
    pub(super) fn new(inner: Arc<Inner>, topic: Topic, from: StartAt) -> Self {
        let mut tail = Tail::new(inner);
        for partition in partitions(topic) {
            match from {
                StartAt::Beginning => tail.add(partition, 0),
                StartAt::Now => tail.add_at_end(partition),
            }
        }
        Self(tail)
    }
}

#[async_trait]
impl Follower for Following {
    async fn next(&mut self) -> Result<Received, LogError> {
        self.0.next().await
    }
}
