//! Events without their stream's key are published again with it: only then is there one order for each stream.

use crate::shared::Shared;
use domain::{StreamId, event::Topic};
use ports::{Position, Received, Record};
use service_kit::until_available;
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// Publishes them, one after the other, until nobody sends any more.
pub(crate) async fn run(
    shared: Arc<Shared>,
    mut unkeyed: UnboundedReceiver<(StreamId, Received)>,
    settled: UnboundedSender<Vec<Position>>,
) {
    while let Some((stream, received)) = unkeyed.recv().await {
        let Received { position, record } = received;
        let record = Record { key: stream.to_string(), ..record };
        let publish = || shared.log.publish(Topic::LiveChunks, record.clone());
        if let Err(error) = until_available(&*shared.clock, "publishing an event with its key", publish).await
        {
            tracing::error!(stream_id = %stream, %error, "an event could not be published with its key");
        }
        if settled.send(vec![position]).is_err() {
            return;
        }
    }
}
