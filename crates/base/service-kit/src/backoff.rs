//! Repeating what a dependency that is away cannot do yet.

use backon::{BackoffBuilder, ExponentialBuilder};
use ports::{Clock, DocumentError, LogError, ObjectError};
use std::{fmt::Display, future::Future, time::Duration};

/// An error that says whether the dependency is away, so that the same call may succeed later.
pub trait Unavailable: Display {
    /// The dependency is away: this is nobody's fault, and no attempt at anything.
    fn is_unavailable(&self) -> bool;
}

impl Unavailable for DocumentError {
    fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl Unavailable for LogError {
    fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl Unavailable for ObjectError {
    fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// Repeats `operation` until its dependency answers, with growing pauses of at most five seconds; logs the first failure
/// and the recovery, once each.
///
/// # Errors
/// The first error that is not about availability.
pub async fn until_available<T, E, F>(
    clock: &dyn Clock,
    what: &str,
    mut operation: impl FnMut() -> F,
) -> Result<T, E>
where
    E: Unavailable,
    F: Future<Output = Result<T, E>>,
{
    let builder = ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(100))
        .with_max_delay(Duration::from_secs(5))
        .without_max_times();
    let mut pauses = builder.build();
    let mut failed = false;
    loop {
        match operation().await {
            Err(error) if error.is_unavailable() => {
                if !failed {
                    tracing::warn!(%error, "{what}: waiting until it is back");
                    failed = true;
                }
                let pause = pauses.next().unwrap_or(Duration::from_secs(5));
                clock.sleep(pause.mul_f64(0.5 + clock.chance() / 2.0)).await;
            }
            settled => {
                if failed {
                    tracing::info!("{what}: it is back");
                }
                return settled;
            }
        }
    }
}
