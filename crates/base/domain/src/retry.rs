//! What follows a failure: a decision by its class, never a loop somewhere.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Why an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The media or a policy is at fault: trying again cannot help.
    Permanent,
    /// Out of memory, a watchdog, a limit of time: another attempt may do better.
    Transient,
    /// A crash without an explanation.
    Unknown,
}

/// What happens to a job after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailure {
    /// It waits this long and is queued again.
    Again(Duration),
    /// It is not tried again by itself.
    Dead,
    /// Its source is refused.
    Rejected,
}

/// Attempts for a transient failure.
pub const TRANSIENT_ATTEMPTS: u32 = 5;
/// Attempts for a crash without an explanation.
pub const UNKNOWN_ATTEMPTS: u32 = 2;
/// Leases that a job may lose: whoever kills machines is not the job's fault, but some jobs kill machines.
pub const LOST_LEASES: u32 = 20;

const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// Decides after a failed attempt; `attempts` counts it, `jitter` is random in 0..=1 (full jitter).
#[must_use]
pub fn after_failure(class: FailureClass, attempts: u32, jitter: f64) -> AfterFailure {
    let limit = match class {
        FailureClass::Permanent => return AfterFailure::Rejected,
        FailureClass::Transient => TRANSIENT_ATTEMPTS,
        FailureClass::Unknown => UNKNOWN_ATTEMPTS,
    };
    if attempts >= limit {
        return AfterFailure::Dead;
    }
    let doubled = FIRST_WAIT.saturating_mul(2u32.saturating_pow(attempts.saturating_sub(1)));
    AfterFailure::Again(doubled.min(LONGEST_WAIT).mul_f64(jitter.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn always_ends_and_never_waits_too_long(attempts in 1u32..10_000, jitter in 0.0f64..=1.0) {
            for class in [FailureClass::Permanent, FailureClass::Transient, FailureClass::Unknown] {
                match after_failure(class, attempts, jitter) {
                    AfterFailure::Again(wait) => {
                        prop_assert!(attempts < TRANSIENT_ATTEMPTS && wait <= LONGEST_WAIT);
                    }
                    AfterFailure::Dead => prop_assert!(class != FailureClass::Permanent),
                    AfterFailure::Rejected => prop_assert!(class == FailureClass::Permanent),
                }
            }
        }
    }
}
