//! How long things took, over many of them.

use serde::Serialize;

/// Percentiles of durations, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Percentiles {
    /// How many there were.
    pub(crate) count: usize,
    /// Half of them took at most this.
    pub(crate) p50_ms: f64,
    /// 95 of 100 took at most this.
    pub(crate) p95_ms: f64,
    /// 99 of 100 took at most this.
    pub(crate) p99_ms: f64,
    /// The longest.
    pub(crate) max_ms: f64,
}

impl Percentiles {
    /// Of durations in seconds; all zero without any.
    pub(crate) fn of(seconds: impl IntoIterator<Item = f64>) -> Self {
        let mut millis: Vec<f64> = seconds.into_iter().map(|seconds| seconds * 1000.0).collect();
        millis.sort_by(f64::total_cmp);
        // The nearest rank: a value that was measured, never one between two.
        let at = |percent: usize| {
            let rank = (millis.len() * percent).div_ceil(100);
            millis.get(rank.saturating_sub(1)).copied().unwrap_or_default()
        };
        Self { count: millis.len(), p50_ms: at(50), p95_ms: at(95), p99_ms: at(99), max_ms: at(100) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_the_nearest_ranks() {
        let of = Percentiles::of((1..=200).rev().map(|n| f64::from(n) / 1000.0));
        let expected = (200, 100.0, 190.0, 198.0, 200.0);
        assert_eq!((of.count, of.p50_ms, of.p95_ms, of.p99_ms, of.max_ms), expected);
        assert_eq!(Percentiles::of([0.001]).p99_ms, 1.0);
        assert_eq!(Percentiles::of([]).max_ms, 0.0);
    }
}
