//! Wall-clock time as documents and events carry it.

use jiff::{SignedDuration, Timestamp as Instant, Unit};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

/// A UTC instant in whole milliseconds, written as RFC 3339 with exactly three decimals (`2026-11-21T09:54:00.123Z`), so
/// that the order of the texts is the order in time and a document store can sort by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(Instant);

impl Timestamp {
    /// From milliseconds since the Unix epoch; what lies outside the years -9999 to 9999 is cut to them.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        let fallback = if millis < 0 { Instant::MIN } else { Instant::MAX };
        Self(Instant::from_millisecond(millis).unwrap_or(fallback))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        self.0.as_millisecond()
    }

    /// Whole seconds since the Unix epoch.
    #[must_use]
    pub fn as_seconds(self) -> i64 {
        self.0.as_second()
    }

    /// Milliseconds from `earlier` to this; 0 if `earlier` is later, as it may be when a clock was set back.
    #[must_use]
    pub fn millis_since(self, earlier: Self) -> u64 {
        u64::try_from(self.as_millis() - earlier.as_millis()).unwrap_or(0)
    }

    /// Seconds from `earlier` to this, as metrics and answers tell them; 0 if `earlier` is later.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> f64 {
        self.millis_since(earlier) as f64 / 1000.0
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX))
                .unwrap_or(Instant::MAX),
        )
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX))
                .unwrap_or(Instant::MIN),
        )
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.0)
    }
}

impl TryFrom<String> for Timestamp {
    type Error = jiff::Error;

    fn try_from(text: String) -> Result<Self, jiff::Error> {
        Ok(Self(text.parse::<Instant>()?.round(Unit::Millisecond)?))
    }
}

impl From<Timestamp> for String {
    fn from(timestamp: Timestamp) -> String {
        timestamp.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_sort_as_times_and_read_back(a in 0i64..4_102_444_800_000, b in 0i64..4_102_444_800_000) {
            let (a, b) = (Timestamp::from_millis(a), Timestamp::from_millis(b));
            prop_assert_eq!(a.to_string().cmp(&b.to_string()), a.cmp(&b));
            prop_assert_eq!(Timestamp::try_from(a.to_string()).unwrap(), a);
        }
    }

    #[test]
    fn three_decimals_always() {
        assert_eq!(Timestamp::from_millis(1_000).to_string(), "1970-01-01T00:00:01.000Z");
    }
}
