//! The grid: a presentation cut into frames, segments, and the chunks and spans in which they are made.

use crate::rate::Rate;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How a presentation is cut. Everything counts in frames of one rate; all renditions share the boundaries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    /// Frames per second.
    pub rate: Rate,
    /// Frames in the whole presentation; at least 1.
    pub frames: u64,
    /// Frames in a closed GOP.
    pub gop_frames: u32,
    /// Frames in a segment: whole GOPs. The last one may be shorter.
    pub segment_frames: u32,
    /// Segments in a chunk: what one job encodes the pictures of.
    pub chunks: Batches,
    /// The frames that a last chunk has at least; one that would have fewer is part of the chunk before it.
    #[serde(default)]
    pub least_chunk_frames: u32,
    /// Segments in a span: what one job encodes the sound of.
    pub spans: Batches,
    /// Segments of pictures that one segment of subtitles lasts: text is small, and requests are not.
    #[serde(default = "minute")]
    pub subtitles: Batches,
}

/// About a minute, in segments of four seconds.
fn minute() -> Batches {
    Batches { first: 15, rest: 15 }
}

/// Consecutive items taken together: a first batch of one size, all others of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batches {
    /// Items in the first batch; at least 1. It is small, so that the beginning is there soon.
    pub first: u32,
    /// Items in each other batch; at least 1.
    pub rest: u32,
}

impl Batches {
    /// Batches that `total` items make.
    #[must_use]
    pub fn count(self, total: u32) -> u32 {
        if total == 0 { 0 } else { 1 + total.saturating_sub(self.first).div_ceil(self.rest) }
    }

    /// The items of batch `index`, of `total`.
    #[must_use]
    pub fn range(self, index: u32, total: u32) -> Range<u32> {
        let begin = |batch: u32| match batch {
            0 => 0,
            later => self.first.saturating_add((later - 1).saturating_mul(self.rest)).min(total),
        };
        begin(index)..begin(index.saturating_add(1))
    }

    /// The batch that holds `item`.
    #[must_use]
    pub fn containing(self, item: u32) -> u32 {
        if item < self.first { 0 } else { 1 + (item - self.first) / self.rest }
    }
}

impl Grid {
    /// Segments in the presentation.
    #[must_use]
    pub fn segments(&self) -> u32 {
        u32::try_from(self.frames.div_ceil(u64::from(self.segment_frames))).unwrap_or(u32::MAX)
    }

    /// The frames of segment `index`.
    #[must_use]
    pub fn segment(&self, index: u32) -> Range<u64> {
        let begin = |segment: u64| (segment * u64::from(self.segment_frames)).min(self.frames);
        begin(u64::from(index))..begin(u64::from(index) + 1)
    }

    /// The frames of these segments together.
    #[must_use]
    pub fn frames_of(&self, segments: &Range<u32>) -> Range<u64> {
        self.segment(segments.start).start..self.segment(segments.end.max(1) - 1).end
    }

    /// Chunks in the presentation.
    #[must_use]
    pub fn chunk_count(&self) -> u32 {
        let count = self.chunks.count(self.segments());
        let begin = |chunk| self.segment(self.chunks.range(chunk, self.segments()).start).start;
        let joins = count > 1 && self.frames - begin(count - 1) < u64::from(self.least_chunk_frames);
        count - u32::from(joins)
    }

    /// The chunk that holds segment `segment`.
    #[must_use]
    pub fn chunk_of(&self, segment: u32) -> u32 {
        self.chunks.containing(segment).min(self.chunk_count().saturating_sub(1))
    }

    /// The segments of chunk `index`.
    #[must_use]
    pub fn chunk(&self, index: u32) -> Range<u32> {
        let Range { start, end } = self.chunks.range(index, self.segments());
        start..if index + 1 == self.chunk_count() { self.segments() } else { end }
    }

    /// Spans in the presentation.
    #[must_use]
    pub fn span_count(&self) -> u32 {
        self.spans.count(self.segments())
    }

    /// The segments of span `index`.
    #[must_use]
    pub fn span(&self, index: u32) -> Range<u32> {
        self.spans.range(index, self.segments())
    }

    /// Segments of subtitles in the presentation.
    #[must_use]
    pub fn subtitle_count(&self) -> u32 {
        self.subtitles.count(self.segments())
    }

    /// The frames during which segment `index` of subtitles is shown.
    #[must_use]
    pub fn subtitle_segment(&self, index: u32) -> Range<u64> {
        self.frames_of(&self.subtitles.range(index, self.segments()))
    }

    /// When frame `index` shows, in microseconds from the beginning.
    #[must_use]
    pub fn micros_at(&self, index: u64) -> i64 {
        self.rate.micros_at(index)
    }

    /// The length of the presentation in microseconds.
    #[must_use]
    pub fn duration_us(&self) -> i64 {
        self.micros_at(self.frames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_segment_is_in_exactly_one_batch(first in 1u32..5, rest in 1u32..9, total in 0u32..500) {
            let batches = Batches { first, rest };
            let mut next = 0;
            for index in 0..batches.count(total) {
                let range = batches.range(index, total);
                prop_assert_eq!(range.start, next);
                prop_assert!(range.end > range.start);
                prop_assert!(range.clone().all(|item| batches.containing(item) == index));
                next = range.end;
            }
            prop_assert_eq!(next, total);
        }

        #[test]
        fn chunks_hold_every_segment_once_and_none_is_too_short(
            frames in 1u64..3_000,
            segment_frames in 6u32..200,
            (first, rest) in (1u32..4, 1u32..4),
            least_chunk_frames in 0u32..7,
        ) {
            let (chunks, rate) = (Batches { first, rest }, Rate::new(30, 1).unwrap());
            let grid = Grid {
                rate, frames, gop_frames: 1, segment_frames, chunks, least_chunk_frames, spans: chunks, subtitles: chunks,
            };
            let mut next = 0;
            for index in 0..grid.chunk_count() {
                let segments = grid.chunk(index);
                prop_assert_eq!(segments.start, next);
                prop_assert!(segments.clone().all(|segment| grid.chunk_of(segment) == index));
                let held = grid.frames_of(&segments);
                prop_assert!(index == 0 || held.end - held.start >= u64::from(least_chunk_frames));
                next = segments.end;
            }
            prop_assert_eq!(next, grid.segments());
        }

        #[test]
        fn segments_cover_every_frame_once(frames in 1u64..100_000, segment_frames in 1u32..400) {
            let batches = Batches { first: 1, rest: 2 };
            let rate = Rate::new(30, 1).unwrap();
            let grid = Grid { rate, frames, gop_frames: 1, segment_frames, chunks: batches, least_chunk_frames: 0, spans: batches, subtitles: batches };
            let mut next = 0;
            for index in 0..grid.segments() {
                prop_assert_eq!(grid.segment(index).start, next);
                next = grid.segment(index).end;
            }
            prop_assert_eq!(next, frames);
        }
    }
}
