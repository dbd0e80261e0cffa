//! What the segments of a rendition really measure, as RFC 8216 4.1 counts it, whatever order they come in.

use crate::grid::Grid;
use serde::{Deserialize, Serialize};

/// The real rates of a rendition's segments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeasuredRate {
    /// Bytes of all segments that are done.
    pub bytes: u64,
    /// Microseconds that they play.
    pub duration_us: u64,
    /// The peak segment bit rate, in bit/s: the highest of any segments in a row that last half a target duration at least,
    /// and one and a half at most. All segments are about as long as the target duration, but for the last one: the highest
    /// is that of a single one, or of the last two together.
    pub peak_bps: u64,
    /// One of the last two, while the other is still to come and the last one is too short to count by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Piece>,
}

/// A segment, or a keyframe with the time until the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// Its size.
    pub bytes: u64,
    /// How long it is shown, in microseconds.
    pub duration_us: u64,
}

/// What is cut into pieces, all of which are equally long but for the last one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    pieces: u64,
    /// The last piece is too short for a rate of its own.
    ends_short: bool,
}

impl MeasuredRate {
    /// The mean rate in bit/s.
    #[must_use]
    pub fn average_bps(self) -> u64 {
        Piece { bytes: self.bytes, duration_us: self.duration_us }.bits_per_second()
    }

    /// Counts a segment of this size and length in, which is long enough for a rate of its own.
    pub fn add(&mut self, bytes: u64, duration_us: u64) {
        self.bytes += bytes;
        self.duration_us += duration_us;
        self.peak_bps = self.peak_bps.max(Piece { bytes, duration_us }.bits_per_second());
    }

    /// Counts in the piece of this number, from 0.
    pub(super) fn add_piece(&mut self, cut: Cut, number: u64, piece: Piece) {
        let to_come = cut.pieces.saturating_sub(number + 1);
        let peak_bps = self.peak_bps;
        self.add(piece.bytes, piece.duration_us);
        if !cut.ends_short || to_come > 1 {
            return;
        }
        if to_come == 0 {
            self.peak_bps = peak_bps;
        }
        match self.waiting.take() {
            Some(other) => self.peak_bps = self.peak_bps.max(piece.with(other).bits_per_second()),
            None => self.waiting = Some(piece),
        }
    }
}

impl Piece {
    fn with(self, other: Self) -> Self {
        Self { bytes: self.bytes + other.bytes, duration_us: self.duration_us + other.duration_us }
    }

    fn bits_per_second(self) -> u64 {
        self.bytes.saturating_mul(8_000_000).checked_div(self.duration_us).unwrap_or(0)
    }
}

impl Cut {
    /// The presentation in pieces of so many of its frames each; of pictures only each `divisor`th is there.
    pub(super) fn of(grid: &Grid, frames: u64, divisor: u32) -> Self {
        let (rate, divided) = (grid.rate.divided(divisor), |frames: u64| frames.div_ceil(u64::from(divisor)));
        let frames = frames.max(1);
        let pieces = grid.frames.div_ceil(frames);
        let full_us = rate.micros_at(divided(frames));
        let last = divided(grid.frames) - divided(pieces.saturating_sub(1) * frames);
        // The target duration is in whole seconds.
        let target_us = ((full_us + 500_000) / 1_000_000).max(1) * 1_000_000;
        Self { pieces, ends_short: pieces > 1 && rate.micros_at(last) < target_us / 2 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{grid::Batches, rate::Rate};
    use proptest::prelude::*;

    fn grid(frames: u64) -> Grid {
        let batches = Batches { first: 1, rest: 1 };
        let rate = Rate { num: 25, den: 1 };
        Grid {
            rate,
            frames,
            gop_frames: 50,
            segment_frames: 50,
            chunks: batches,
            least_chunk_frames: 0,
            spans: batches,
            subtitles: batches,
        }
    }

    /// The definition, for pieces of 2 s and a target duration of 2 s.
    fn peak(pieces: &[Piece]) -> u64 {
        let rows = (0..pieces.len()).flat_map(|from| (from..pieces.len()).map(move |to| &pieces[from..=to]));
        let together = rows.filter_map(|row| row.iter().copied().reduce(Piece::with));
        let counted = together.filter(|row| (1_000_000..=3_000_000).contains(&row.duration_us));
        counted.map(Piece::bits_per_second).max().unwrap_or(0)
    }

    proptest! {
        #[test]
        fn the_peak_is_the_defined_one_in_any_order(
            (sizes, last, order) in (1usize..8).prop_flat_map(|count| (
                proptest::collection::vec(1u64..1_000_000, count),
                1u64..=50,
                Just((0..count).collect::<Vec<_>>()).prop_shuffle(),
            ))
        ) {
            // A lone piece has the rate that it has.
            let last = if sizes.len() == 1 { last.max(25) } else { last };
            let grid = grid((sizes.len() as u64 - 1) * 50 + last);
            let length = |index| if index + 1 == sizes.len() { last * 40_000 } else { 2_000_000 };
            let piece = |index: usize| Piece { bytes: sizes[index], duration_us: length(index) };
            let mut rate = MeasuredRate::default();
            for index in order {
                rate.add_piece(Cut::of(&grid, 50, 1), index as u64, piece(index));
            }
            let pieces: Vec<Piece> = (0..sizes.len()).map(piece).collect();
            prop_assert_eq!(rate.peak_bps, peak(&pieces));
            prop_assert_eq!((rate.bytes, rate.waiting), (sizes.iter().sum(), None));
        }
    }
}
