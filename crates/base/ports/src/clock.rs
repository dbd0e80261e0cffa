//! Time, waiting and chance: a port like any other, so that a whole fleet can run in simulated time.

use async_trait::async_trait;
use domain::Timestamp;
use std::time::Duration;

/// A reading of a clock that never goes back and means nothing outside its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Monotonic(pub Duration);

impl Monotonic {
    /// The time from `earlier` to this; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// The only source of time and chance for services.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time of day: for documents and people, never to compare two machines by.
    fn now(&self) -> Timestamp;
    /// For measuring how long something took.
    fn monotonic(&self) -> Monotonic;
    /// Waits.
    async fn sleep(&self, duration: Duration);
    /// Fills a buffer with bytes that nobody can guess.
    fn random(&self, buffer: &mut [u8]);

    /// A number in 0..1.
    fn chance(&self) -> f64 {
        let mut bytes = [0; 4];
        self.random(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }
}
