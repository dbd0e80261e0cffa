//! How much is asked of the product: so many segments a second over so many streams.

use serde::Serialize;
use std::{fmt, str::FromStr};

/// The most streams of one run.
const MOST_STREAMS: u32 = 2_000;
/// The most segments a second of one run.
const MOST_RATE: u32 = 100_000;

/// A load that is offered, whatever becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Offered {
    /// Segments a second, of all streams together.
    pub(crate) rate: u32,
    /// Streams.
    pub(crate) streams: u32,
}

impl Offered {
    /// How many segments each stream sends in so many seconds; at least one.
    pub(super) fn segments(self, seconds: u32) -> u32 {
        (self.rate * seconds / self.streams).max(1)
    }

    /// Between two segments of a stream, in seconds.
    pub(super) fn period_s(self) -> f64 {
        f64::from(self.streams) / f64::from(self.rate)
    }

    /// How long a segment is said to play, in milliseconds: as long as it takes to come, where that is a fit length.
    pub(super) fn duration_ms(self) -> u64 {
        (u64::from(self.streams) * 1000 / u64::from(self.rate)).clamp(20, 1000)
    }
}

impl FromStr for Offered {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(rate, streams)| {
            Some(Self { rate: rate.parse().ok()?, streams: streams.parse().ok()? })
        });
        numbers
            .filter(|load| (1..=MOST_RATE).contains(&load.rate) && (1..=MOST_STREAMS).contains(&load.streams))
            .ok_or_else(|| {
                format!("{text:?} is no load; write RATE/STREAMS, at most {MOST_RATE}/{MOST_STREAMS}, such as 100/20")
            })
    }
}

impl fmt::Display for Offered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rate, streams } = self;
        let plural = if *streams == 1 { "" } else { "s" };
        formatter.pad(&format!("{rate}/s, {streams} stream{plural}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_are_a_rate_over_streams() {
        assert_eq!("100/20".parse(), Ok(Offered { rate: 100, streams: 20 }));
        for wrong in ["", "100", "0/1", "1/0", "1/2/3", "1/9999", "-1/1"] {
            assert!(wrong.parse::<Offered>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn each_stream_has_its_share() {
        let load = Offered { rate: 100, streams: 20 };
        assert_eq!((load.segments(10), load.duration_ms()), (50, 200));
        assert!((load.period_s() - 0.2).abs() < 1e-9);
        assert_eq!(Offered { rate: 1, streams: 20 }.segments(5), 1);
    }
}
