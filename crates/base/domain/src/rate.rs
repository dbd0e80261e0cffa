//! Frame rates and sample rates as exact fractions: 29.97 is 30000/1001, and an hour of it must not drift.

use serde::{Deserialize, Serialize};

/// Units (pictures, or frames of sound) per second as a reduced fraction; both parts are at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rate {
    /// Numerator: also the media timescale in which one unit lasts a whole number of ticks.
    pub num: u32,
    /// Denominator: the ticks that one unit lasts in a timescale of `num`.
    pub den: u32,
}

/// Rates that cameras and phones mean when a container says something near them.
const STANDARD: [Rate; 12] = [
    Rate { num: 24_000, den: 1001 },
    Rate { num: 24, den: 1 },
    Rate { num: 25, den: 1 },
    Rate { num: 30_000, den: 1001 },
    Rate { num: 30, den: 1 },
    Rate { num: 48, den: 1 },
    Rate { num: 50, den: 1 },
    Rate { num: 60_000, den: 1001 },
    Rate { num: 60, den: 1 },
    Rate { num: 15, den: 1 },
    Rate { num: 12, den: 1 },
    Rate { num: 10, den: 1 },
];

impl Rate {
    /// The reduced fraction; `None` when either part is 0.
    #[must_use]
    pub fn new(num: u32, den: u32) -> Option<Self> {
        let divisor = gcd(num, den);
        (num > 0 && den > 0).then(|| Self { num: num / divisor, den: den / divisor })
    }

    /// The standard rate within 0.02 % of `per_second`, else the nearest rate in thousandths; `None` unless it is positive
    /// and below 1,000.
    #[must_use]
    pub fn near(per_second: f64) -> Option<Self> {
        if !(per_second > 0.001 && per_second < 1000.0) {
            return None;
        }
        let standard = STANDARD.into_iter().find(|rate| (rate.per_second() / per_second - 1.0).abs() < 2e-4);
        // The range was checked: it fits.
        standard.or_else(|| Self::new((per_second * 1000.0).round() as u32, 1000))
    }

    /// Units per second.
    #[must_use]
    pub fn per_second(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }

    /// This rate, `divisor` times slower; `divisor` of 0 counts as 1.
    #[must_use]
    pub fn divided(self, divisor: u32) -> Self {
        let divisor = divisor.max(1);
        let common = gcd(self.num, divisor);
        Self { num: self.num / common, den: self.den.saturating_mul(divisor / common) }
    }

    /// When unit number `index` begins, in microseconds, rounded to the nearest.
    #[must_use]
    pub fn micros_at(self, index: u64) -> i64 {
        let micros = (u128::from(index) * 1_000_000 * u128::from(self.den) * 2 + u128::from(self.num))
            / (u128::from(self.num) * 2);
        i64::try_from(micros).unwrap_or(i64::MAX)
    }

    /// How many units begin in the first `micros` microseconds: the nearest number.
    #[must_use]
    pub fn units_in(self, micros: i64) -> u64 {
        let micros = u128::from(micros.max(0).unsigned_abs());
        let per = 1_000_000 * u128::from(self.den);
        u64::try_from((micros * u128::from(self.num) * 2 + per) / (per * 2)).unwrap_or(u64::MAX)
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_what_cameras_mean() {
        assert_eq!(Rate::near(29.97003), Rate::new(30_000, 1001));
        assert_eq!(Rate::near(23.976), Rate::new(24_000, 1001));
        assert_eq!(Rate::near(25.0001), Rate::new(25, 1));
        assert_eq!(Rate::near(8.333), Rate::new(8333, 1000));
        assert_eq!(Rate::near(0.0), None);
        assert_eq!(Rate::near(f64::NAN), None);
    }

    #[test]
    fn three_hours_do_not_drift() {
        let rate = Rate::new(30_000, 1001).unwrap();
        assert_eq!(rate.micros_at(30_000 * 3), 3 * 1_001_000_000);
    }

    proptest! {
        #[test]
        fn units_and_micros_agree(num in 1u32..120_000, den in 1u32..2_000, index in 0u64..2_000_000) {
            let rate = Rate::new(num, den).unwrap();
            prop_assume!(rate.per_second() < 100_000.0);
            prop_assert_eq!(rate.units_in(rate.micros_at(index)), index);
        }

        #[test]
        fn dividing_keeps_the_value(num in 1u32..120_000, den in 1u32..2_000, by in 1u32..8) {
            let rate = Rate::new(num, den).unwrap();
            let ratio = rate.divided(by).per_second() * f64::from(by) / rate.per_second();
            prop_assert!((ratio - 1.0).abs() < 1e-9);
        }
    }
}
