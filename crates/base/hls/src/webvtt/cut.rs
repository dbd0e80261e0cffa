//! Cues into the segments during which they are shown.

use super::{Cue, TimestampMap, WebVtt};

/// A cue that is shown over more borders than this is left out of the segments after them: who seeks there misses it, and
/// thousands of endless cues cannot fill a disk.
const REPEATS: usize = 10;

/// The segments of a rendition; `cues` count from the beginning of the presentation, which `ends_us` cut, and the media's
/// clock shows `delay_us` there.
///
/// Each segment holds every cue that is shown during it, with the whole of its times (RFC 8216 3.5).
pub fn segments(mut cues: Vec<Cue>, ends_us: &[u64], delay_us: u64) -> Vec<WebVtt> {
    let map = TimestampMap { mpegts: delay_us * 9 / 100, local_us: 0 };
    let empty = WebVtt { timestamp_map: Some(map), ..WebVtt::default() };
    let mut segments = vec![empty; ends_us.len()];
    cues.sort_by_key(|cue| (cue.start_us, cue.end_us));
    for cue in cues.into_iter().filter(|cue| !cue.text.trim().is_empty()) {
        let first = ends_us.partition_point(|end| *end <= cue.start_us);
        let after = ends_us.partition_point(|end| *end < cue.end_us) + 1;
        for segment in segments.iter_mut().take(after).skip(first).take(REPEATS) {
            segment.cues.push(cue.clone());
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cue_is_where_it_is_shown_and_nowhere_else(
            lengths in prop::collection::vec(1u64..9, 1..9), times in prop::collection::vec((0u64..60, 1u64..9), 0..9),
        ) {
            let mut end = 0;
            let ends: Vec<u64> = lengths.iter().map(|length| { end += length; end }).collect();
            let cue = |(start, lasts): &(u64, u64)| Cue {
                start_us: *start,
                end_us: start + lasts,
                settings: String::new(),
                text: format!("{start} {lasts}"),
            };
            let cues: Vec<Cue> = times.iter().map(cue).collect();
            let cut = segments(cues.clone(), &ends, 100);
            prop_assert_eq!(cut.len(), ends.len());
            let mut start = 0;
            for (segment, end) in cut.iter().zip(&ends) {
                prop_assert_eq!(segment.timestamp_map, Some(TimestampMap { mpegts: 9, local_us: 0 }));
                for cue in &cues {
                    let shown = cue.start_us < *end && cue.end_us > start;
                    prop_assert_eq!(segment.cues.contains(cue), shown, "{:?} in {}..{}", cue, start, end);
                }
                prop_assert!(segment.cues.is_sorted_by_key(|cue| cue.start_us));
                start = *end;
            }
        }
    }
}
