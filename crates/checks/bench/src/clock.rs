//! The one place that reads the clock.

use std::time::{Duration, Instant};

/// Time since a moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Seconds since the start.
    pub(crate) fn seconds(self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// Lets time pass.
#[expect(clippy::disallowed_methods, reason = "a bench watches processes in real time")]
pub(crate) async fn pause(length: Duration) {
    tokio::time::sleep(length).await;
}
