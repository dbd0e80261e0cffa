//! Frame rates as exact fractions.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use crate::decimal;

/// Frames (or audio samples) per second as a fraction in lowest terms, printed with three decimals
/// (FRAME-RATE, RFC 8216 4.3.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameRate {
    numerator: NonZeroU32,
    denominator: NonZeroU32,
}

/// The text is not a frame rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a frame rate; write frames per second such as 29.970")]
pub struct BadFrameRate(pub String);

impl FrameRate {
    /// The rate `numerator / denominator`. `None` if either is zero.
    pub fn new(numerator: u32, denominator: u32) -> Option<Self> {
        let divisor = greatest_common_divisor(numerator, denominator).max(1);
        let numerator = NonZeroU32::new(numerator / divisor)?;
        let denominator = NonZeroU32::new(denominator / divisor)?;
        Some(Self { numerator, denominator })
    }

    /// The numerator, in lowest terms.
    pub const fn numerator(self) -> u32 {
        self.numerator.get()
    }

    /// The denominator, in lowest terms.
    pub const fn denominator(self) -> u32 {
        self.denominator.get()
    }

    /// When frame `index` begins, in microseconds rounded to the nearest.
    pub fn micros_at(self, index: u64) -> u64 {
        let numerator = u128::from(self.numerator.get());
        let exact = u128::from(index) * u128::from(self.denominator.get()) * 1_000_000;
        u64::try_from((exact + numerator / 2) / numerator).unwrap_or(u64::MAX)
    }

    /// The rate in thousandths of a frame per second, rounded to the nearest.
    fn thousandths(self) -> u64 {
        let denominator = u64::from(self.denominator.get());
        (u64::from(self.numerator.get()) * 1_000 + denominator / 2) / denominator
    }
}

impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thousandths = self.thousandths();
        write!(f, "{}.{:03}", thousandths / 1_000, thousandths % 1_000)
    }
}

impl FromStr for FrameRate {
    type Err = BadFrameRate;

    fn from_str(text: &str) -> Result<Self, BadFrameRate> {
        let bad = || BadFrameRate(text.to_owned());
        let thousandths = (decimal::micros(text).ok_or_else(bad)?.saturating_add(500)) / 1_000;
        let thousandths = u32::try_from(thousandths).map_err(|_| bad())?;
        // 23.976, 29.970 and 59.940 stand for n / 1.001: the decimals lost on printing are known.
        let broadcast = thousandths.div_ceil(1_000).checked_mul(1_000).and_then(|n| Self::new(n, 1_001));
        match broadcast.filter(|rate| rate.thousandths() == u64::from(thousandths)) {
            Some(rate) => Ok(rate),
            None => Self::new(thousandths, 1_000).ok_or_else(bad),
        }
    }
}

/// Euclid's algorithm.
fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcast_rates_survive_printing() {
        for (numerator, denominator, text) in [
            (24_000, 1_001, "23.976"),
            (30_000, 1_001, "29.970"),
            (60_000, 1_001, "59.940"),
            (25, 1, "25.000"),
        ] {
            let rate = FrameRate::new(numerator, denominator).expect("not zero");
            assert_eq!(rate.to_string(), text);
            assert_eq!(text.parse(), Ok(rate));
        }
    }

    #[test]
    fn zero_and_noise_are_refused() {
        assert_eq!(FrameRate::new(0, 1), None);
        assert_eq!(FrameRate::new(25, 0), None);
        for text in ["0.000", "fast", "-25", "9999999999"] {
            assert!(text.parse::<FrameRate>().is_err(), "{text}");
        }
    }
}
