//! The bell that ends a viewer's wait: rung by every `transcode-results` event. A hint only; waiters look by themselves too.

use domain::event::{Envelope, Event, Topic};
use ports::{Clock, EventLog, StartAt};
use std::{sync::Arc, time::Duration};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// More than are ever waiting between two looks; who misses one looks by itself within a second.
const CAPACITY: usize = 1024;

/// Rings with the video whose job has ended.
#[derive(Clone)]
pub(crate) struct Bell(broadcast::Sender<String>);

impl Bell {
    pub(crate) fn new() -> Self {
        Self(broadcast::Sender::new(CAPACITY))
    }

    /// An ear for what rings from now on.
    pub(crate) fn listen(&self) -> Ear {
        Ear(self.0.subscribe())
    }

    /// Follows the topic until told to stop.
    pub(crate) async fn follow(self, log: Arc<dyn EventLog>, clock: Arc<dyn Clock>, stop: CancellationToken) {
        let follow = async {
            loop {
                if let Ok(mut follower) = log.follow(Topic::TranscodeResults, StartAt::Now).await {
                    while let Ok(received) = follower.next().await {
                        self.ring(received.record.payload.as_deref().unwrap_or_default());
                    }
                }
                clock.sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = follow => {}
        }
    }

    fn ring(&self, payload: &[u8]) {
        if let Ok(Envelope { event: Event::JobEnded { stream_id, .. }, .. }) = serde_json::from_slice(payload)
        {
            // Nobody listens: nobody waits.
            let _ = self.0.send(stream_id.into());
        }
    }
}

/// Hears the bell.
pub(crate) struct Ear(broadcast::Receiver<String>);

impl Ear {
    /// Waits until the bell rings for this video.
    pub(crate) async fn hear(&mut self, stream: &str) {
        loop {
            match self.0.recv().await {
                Ok(rung) if rung == stream => return,
                Ok(_) => {}
                // Some were missed: one of them may have been it.
                Err(broadcast::error::RecvError::Lagged(_)) => return,
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}
