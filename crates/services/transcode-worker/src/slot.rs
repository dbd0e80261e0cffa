//! A slot: claims one job after another and attempts it.

use crate::{
    Config,
    attempt::Attempts,
    claim::{Claimed, Queue},
    room,
};
use ports::Clock;
use std::{sync::Arc, time::Duration};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// How often an idle slot looks by itself, in case a bell was not heard.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// One place for an encode.
pub(crate) struct Slot {
    /// What it waits for before it claims: as many encodes run as there are turns. None for the slot that takes wishes
    /// only, which begins at once.
    pub(crate) turns: Option<Arc<Semaphore>>,
    pub(crate) queue: Queue,
    pub(crate) attempts: Arc<Attempts>,
    pub(crate) bell: Arc<Notify>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) config: Config,
}

impl Slot {
    /// Works until told to stop.
    pub(crate) async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let turn = tokio::select! {
                () = stop.cancelled() => return,
                turn = self.turn() => turn,
            };
            let rung = self.bell.notified();
            match self.claim().await {
                Some(claimed) => self.attempts.run(claimed, turn, &stop, self.config.stop_grace).await,
                None => tokio::select! {
                    () = stop.cancelled() => {}
                    () = rung => {}
                    () = self.clock.sleep(LOOK_EVERY) => {}
                },
            }
        }
    }

    async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        self.turns.clone()?.acquire_owned().await.ok()
    }

    async fn claim(&self) -> Option<Claimed> {
        if !room::enough(&self.config.scratch, self.config.min_free_bytes) {
            return None;
        }
        match self.queue.claim(self.turns.is_none()).await {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::warn!(%error, "nothing can be claimed");
                self.clock.sleep(Duration::from_secs(1)).await;
                None
            }
        }
    }
}
