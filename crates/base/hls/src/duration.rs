//! The length of a segment, in whole microseconds.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

use crate::FrameRate;
use crate::decimal;

/// Microseconds in a second.
const SECOND: u64 = 1_000_000;

/// The length of a segment in microseconds: exactly what EXTINF prints (RFC 8216 4.3.2.1), so what is
/// summed here is what a player sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentDuration(u64);

/// The text is not a decimal number of seconds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a duration; write seconds such as 4.004000")]
pub struct BadDuration(pub String);

impl SegmentDuration {
    /// A length of so many microseconds.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// The length from frame (or audio sample) `from` up to frame `to`, counted from the start of the stream.
    ///
    /// Both ends are rounded, not the difference: so the lengths of adjoining segments add up to the true
    /// time of the last frame within half a microsecond, however many there are.
    pub fn between(rate: FrameRate, from: u64, to: u64) -> Self {
        Self(rate.micros_at(to).saturating_sub(rate.micros_at(from)))
    }

    /// The length in microseconds.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// The length rounded to the nearest second, as the target duration is compared with (RFC 8216 4.3.3.1).
    pub const fn rounded_seconds(self) -> u64 {
        self.0 / SECOND + (self.0 % SECOND >= SECOND / 2) as u64
    }
}

impl fmt::Display for SegmentDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / SECOND, self.0 % SECOND)
    }
}

impl FromStr for SegmentDuration {
    type Err = BadDuration;

    fn from_str(text: &str) -> Result<Self, BadDuration> {
        decimal::micros(text).map(Self).ok_or_else(|| BadDuration(text.to_owned()))
    }
}

impl Sum for SegmentDuration {
    fn sum<I: Iterator<Item = Self>>(durations: I) -> Self {
        Self(durations.fold(0, |sum, duration| sum.saturating_add(duration.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_hours_at_2997_do_not_drift() {
        let rate = FrameRate::new(30_000, 1_001).expect("not zero");
        let frames_per_segment = 120;
        let segments = 2_697;
        let printed: u64 = (0..segments)
            .map(|n| SegmentDuration::between(rate, n * frames_per_segment, (n + 1) * frames_per_segment))
            .map(|duration| duration.to_string().parse::<SegmentDuration>().expect("printed").as_micros())
            .sum();
        let truth = segments * frames_per_segment * 1_001 * 1_000_000 / 30_000;
        assert!(truth > 10_798 * 1_000_000);
        assert!(printed.abs_diff(truth) <= 1, "printed {printed}, true {truth}");
    }

    #[test]
    fn rounding_follows_the_nearest_second() {
        let rounded = |micros| SegmentDuration::from_micros(micros).rounded_seconds();
        assert_eq!((rounded(4_499_999), rounded(4_500_000), rounded(0)), (4, 5, 0));
        assert_eq!(rounded(u64::MAX), u64::MAX / SECOND + 1);
    }
}
