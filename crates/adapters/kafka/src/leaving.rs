//! Consumers that nobody uses any more and that are still taking leave of the server.

use std::{
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, TryRecvError},
    },
    time::{Duration, Instant},
};

/// How long dropping the log waits for them.
const FAREWELL: Duration = Duration::from_secs(3);

/// Gives nothing, and ends when a consumer's thread does.
pub(crate) type Ended = Receiver<std::convert::Infallible>;

/// The consumers that are leaving.
#[derive(Default)]
pub(crate) struct Leaving(Mutex<Vec<Ended>>);

impl Leaving {
    /// One more is leaving.
    pub(crate) fn add(&self, ended: Ended) {
        let mut leaving = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        leaving.retain(|ended| matches!(ended.try_recv(), Err(TryRecvError::Empty)));
        leaving.push(ended);
    }

    /// Waits for all of them, for a while: a process that ends at once would leave its partitions without an owner for
    /// the rest of its session.
    #[expect(clippy::disallowed_methods, reason = "a server that is away is waited for in real time")]
    pub(crate) fn wait(&self) {
        let leaving = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let deadline = Instant::now() + FAREWELL;
        for ended in leaving {
            let left = deadline.saturating_duration_since(Instant::now());
            if matches!(ended.recv_timeout(left), Err(RecvTimeoutError::Timeout)) {
                tracing::warn!("a consumer could not take leave of Kafka in time");
            }
        }
    }
}
