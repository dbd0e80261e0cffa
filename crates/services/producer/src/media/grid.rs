//! The grid of everything the producer shows: cells of a tenth of a second, each a GOP, which a segment takes whole.
//!
//! Cells are counted from the Unix epoch, so that each minute begins with a cell and with a frame of sound. All of it is
//! whole ticks of 1/90000 s.

use crate::ts::TICKS_PER_SECOND;
use domain::{audio::FRAME_SAMPLES, programme::SAMPLE_RATE};
use std::ops::Range;

/// Cells per second.
pub(crate) const CELLS_PER_SECOND: u64 = 10;
/// Pictures in a cell.
pub(crate) const PICTURES_PER_CELL: u64 = 3;
/// Ticks of a cell.
pub(crate) const CELL_TICKS: u64 = TICKS_PER_SECOND / CELLS_PER_SECOND;
/// Ticks of a picture.
pub(crate) const PICTURE_TICKS: u64 = CELL_TICKS / PICTURES_PER_CELL;
/// Ticks of a frame of sound: 2,880.
pub(crate) const SOUND_TICKS: u64 = TICKS_PER_SECOND * FRAME_SAMPLES as u64 / SAMPLE_RATE as u64;

/// Some cells in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// The first one, counted from the Unix epoch.
    pub(crate) first: u64,
    /// How many.
    pub(crate) cells: u64,
}

impl Span {
    /// The cell after it.
    pub(crate) fn end(self) -> u64 {
        self.first + self.cells
    }

    /// How long it is, in milliseconds.
    pub(crate) fn millis(self) -> u64 {
        millis(self.cells)
    }

    /// The frames of sound that begin in it: whole, for they lie on a grid of their own.
    pub(crate) fn sound(self) -> Range<u64> {
        sound_from(self.first)..sound_from(self.end())
    }
}

/// When a cell begins, in milliseconds.
pub(crate) fn millis(cell: u64) -> u64 {
    cell * (1000 / CELLS_PER_SECOND)
}

/// The cell at this time in milliseconds.
pub(crate) fn cell_at(millis: u64) -> u64 {
    millis / (1000 / CELLS_PER_SECOND)
}

/// The first frame of sound that begins in a cell or after it.
fn sound_from(cell: u64) -> u64 {
    (cell * CELL_TICKS).div_ceil(SOUND_TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn everything_is_whole_ticks() {
        assert_eq!(CELL_TICKS * CELLS_PER_SECOND, TICKS_PER_SECOND);
        assert_eq!(PICTURE_TICKS * PICTURES_PER_CELL, CELL_TICKS);
        assert_eq!(SOUND_TICKS * u64::from(SAMPLE_RATE), TICKS_PER_SECOND * u64::from(FRAME_SAMPLES));
        assert_eq!((CELL_TICKS * 600) % SOUND_TICKS, 0, "a minute begins with a frame of sound");
    }

    proptest! {
        /// However the cells are cut: each frame of sound is in one span, the one in which it begins.
        #[test]
        fn spans_share_the_sound(first in 0u64..20_000_000_000, lengths in prop::collection::vec(1u64..40, 1..50)) {
            let mut next = Span { first, cells: 0 }.sound().end;
            let mut at = first;
            for cells in lengths {
                let span = Span { first: at, cells };
                prop_assert_eq!(span.sound().start, next);
                for frame in span.sound() {
                    prop_assert!((at * CELL_TICKS..span.end() * CELL_TICKS).contains(&(frame * SOUND_TICKS)));
                }
                (next, at) = (span.sound().end, span.end());
            }
        }
    }
}
