//! The grid of the sound: AAC frames of 1,024 samples at 48 kHz, whose boundaries follow the segments' as near as they can.

use crate::{grid::Grid, rate::Rate};
use std::ops::Range;

/// Samples per second of every audio rendition.
pub const SAMPLE_RATE: u32 = 48_000;
/// Samples in an AAC-LC frame.
pub const FRAME_SAMPLES: u32 = 1024;
/// Frames per second of AAC at 48 kHz: 46.875.
pub const FRAME_RATE: Rate = Rate { num: 375, den: 8 };
/// The rate of every audio rendition in kbit/s, stereo.
pub const KBPS: u32 = 128;
/// The RFC 6381 codec string of AAC-LC.
pub const CODEC_STRING: &str = "mp4a.40.2";

/// The AAC frames that sound during these segments: boundary k is the first frame that begins at or after the boundary of
/// the pictures, so that audio and video segments differ by less than one AAC frame.
#[must_use]
pub fn frames_of(grid: &Grid, segments: &Range<u32>) -> Range<u64> {
    let frames = grid.frames_of(segments);
    boundary(grid.rate, frames.start)..boundary(grid.rate, frames.end)
}

/// `ceil(t * 48000 / 1024)` for the time at which frame `index` of `rate` begins.
fn boundary(rate: Rate, index: u64) -> u64 {
    let samples = u128::from(index) * u128::from(rate.den) * u128::from(SAMPLE_RATE);
    let frames = samples.div_ceil(u128::from(rate.num) * u128::from(FRAME_SAMPLES));
    u64::try_from(frames).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Batches;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn boundaries_follow_the_pictures(frames in 1u64..50_000, num in 5_000u32..60_000, segment_frames in 10u32..300) {
            let batches = Batches { first: 1, rest: 2 };
            let rate = Rate::new(num, 1001).unwrap();
            let grid = Grid { rate, frames, gop_frames: 1, segment_frames, chunks: batches, least_chunk_frames: 0, spans: batches, subtitles: batches };
            let mut next = 0;
            for index in 0..grid.segments() {
                let sound = frames_of(&grid, &(index..index + 1));
                prop_assert_eq!(sound.start, next);
                let apart = FRAME_RATE.micros_at(sound.end) - grid.micros_at(grid.segment(index).end);
                prop_assert!((0..=21_334).contains(&apart), "{apart} us");
                next = sound.end;
            }
        }
    }
}
