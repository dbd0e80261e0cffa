//! When a source's pictures show, from its packets: headers lie, packets do not.

use crate::rate::Rate;
use serde::{Deserialize, Serialize};

/// One demuxed packet of a picture track; times in microseconds of the source's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    /// Presentation time.
    pub pts_us: i64,
    /// Decoding time, which seeking goes by in containers without an index.
    pub dts_us: i64,
    /// How long it shows; 0 where the container does not say.
    pub duration_us: i64,
    /// Decoding may begin here.
    pub key: bool,
}

/// The times of a picture track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// When the first picture shows, in microseconds of the source's own clock.
    pub start_us: i64,
    /// When the last picture has been shown.
    pub end_us: i64,
    /// Pictures in it.
    pub frames: u64,
    /// Pictures per second: exact when `constant`, else the rate that its ordinary gaps suggest.
    pub rate: Rate,
    /// Every picture lies on the grid of `rate`, so that picture i shows at `start_us` + i / `rate`.
    pub constant: bool,
    /// The longest time between two pictures, in microseconds.
    pub longest_gap_us: i64,
    /// Pictures at the beginning to which the container gives no time, so that decoders make one up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untimed: Option<Untimed>,
    /// Where decoding may begin; kept for planning only, not in documents.
    #[serde(skip)]
    pub keyframes: Vec<Keyframe>,
}

/// Pictures without times, as H.264 before 0 is in Matroska: they are shown evenly before the first one that has a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Untimed {
    /// How many they are, in the order in which they show.
    pub pictures: u32,
    /// When the first of them shows, in microseconds of the source's own clock.
    pub start_us: i64,
    /// How long each of them shows.
    pub every_us: i64,
}

/// A place where decoding may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyframe {
    /// When it shows.
    pub pts_us: i64,
    /// When it is decoded: what a seek has to land before.
    pub dts_us: i64,
}

/// What a single picture without a duration is shown for.
const LONE_PICTURE_US: i64 = 40_000;
/// The rate given to what has no rhythm of its own.
const FALLBACK_RATE: Rate = Rate { num: 25, den: 1 };

impl Untimed {
    /// When the last of them has been shown.
    #[must_use]
    pub fn end_us(&self) -> i64 {
        self.start_us.saturating_add(self.every_us.saturating_mul(i64::from(self.pictures)))
    }
}

impl Timeline {
    /// Judges the packets of one track, in any order; `nominal` is the rate that the container claims. `None` when there
    /// are no packets.
    #[must_use]
    pub fn of(mut packets: Vec<Packet>, nominal: Option<Rate>) -> Option<Self> {
        packets.sort_by_key(|packet| packet.pts_us);
        let (first, last) = (*packets.first()?, *packets.last()?);
        let gaps: Vec<i64> = packets.windows(2).map(|pair| pair[1].pts_us - pair[0].pts_us).collect();
        let usual_gap = median(&gaps).filter(|gap| *gap > 0);
        let last_duration =
            [last.duration_us, usual_gap.unwrap_or(0), LONE_PICTURE_US].into_iter().find(|us| *us > 0);
        let end_us = last.pts_us + last_duration.unwrap_or(LONE_PICTURE_US);

        let mean = Rate::near(gaps.len() as f64 * 1e6 / (last.pts_us - first.pts_us) as f64);
        let constant = [nominal, mean].into_iter().flatten().find(|rate| lies_on_grid(&packets, *rate));
        let usual = || usual_gap.and_then(|gap| usual_rate(gap, nominal)).unwrap_or(FALLBACK_RATE);
        Some(Self {
            start_us: first.pts_us,
            end_us,
            frames: packets.len() as u64,
            rate: constant.unwrap_or_else(usual),
            constant: constant.is_some(),
            longest_gap_us: gaps.iter().copied().max().unwrap_or(0).max(end_us - last.pts_us),
            untimed: None,
            keyframes: packets
                .iter()
                .filter(|p| p.key)
                .map(|p| Keyframe { pts_us: p.pts_us, dts_us: p.dts_us })
                .collect(),
        })
    }

    /// Whether a keyframe shows at least each `every_us` microseconds.
    #[must_use]
    pub fn has_keyframe_each(&self, every_us: i64) -> bool {
        let shown = self.keyframes.iter().map(|keyframe| keyframe.pts_us);
        let times: Vec<i64> =
            std::iter::once(self.start_us - every_us / 2).chain(shown).chain([self.end_us]).collect();
        !self.keyframes.is_empty() && times.windows(2).all(|pair| pair[1] - pair[0] <= every_us)
    }

    /// Where a demuxer without an index is sent, so that decoding has everything from `time_us` on: just before the last
    /// keyframe at or before it. `None`: from the beginning.
    #[must_use]
    pub fn keyframe_before(&self, time_us: i64) -> Option<Keyframe> {
        let after = self.keyframes.partition_point(|keyframe| keyframe.pts_us <= time_us);
        self.keyframes[..after].last().copied()
    }
}

/// The rate of ordinary gaps: the nominal one where a container's rounding explains the difference, as Matroska's 33 ms
/// for 30 pictures per second.
fn usual_rate(gap_us: i64, nominal: Option<Rate>) -> Option<Rate> {
    const ROUNDING_US: f64 = 600.0;
    let explained = |rate: &Rate| (1e6 / rate.per_second() - gap_us as f64).abs() <= ROUNDING_US;
    nominal.filter(explained).or_else(|| Rate::near(1e6 / gap_us as f64))
}

/// Every picture is nearer to its own place on the grid than to any other, with room for a container's rounded times.
fn lies_on_grid(packets: &[Packet], rate: Rate) -> bool {
    let start = packets[0].pts_us;
    let tolerance_us = (300_000.0 / rate.per_second()) as i64;
    packets.len() > 1
        && packets
            .iter()
            .zip(0..)
            .all(|(packet, index)| (packet.pts_us - start - rate.micros_at(index)).abs() <= tolerance_us)
}

fn median(values: &[i64]) -> Option<i64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet(pts_us: i64) -> Packet {
        Packet { pts_us, dts_us: pts_us - 80_000, duration_us: 0, key: false }
    }

    proptest! {
        /// A container that rounds its times to milliseconds, as Matroska does, does not hide a constant rate.
        #[test]
        fn finds_a_constant_rate(pick in 0usize..4, frames in 2u64..3_000, start in -100_000i64..100_000, millis: bool) {
            let rate = [Rate::new(30_000, 1001), Rate::new(25, 1), Rate::new(60, 1), Rate::new(24_000, 1001)][pick].unwrap();
            let at = |index| start + rate.micros_at(index);
            let shown = |us: i64| if millis { (us + 500).div_euclid(1000) * 1000 } else { us };
            let timeline = Timeline::of((0..frames).map(|i| packet(shown(at(i)))).collect(), Some(rate)).unwrap();
            prop_assert!(timeline.constant);
            prop_assert_eq!((timeline.frames, timeline.rate), (frames, rate));
        }

        #[test]
        fn never_panics(times in prop::collection::vec(-1_000_000_000_000i64..1_000_000_000_000, 0..50)) {
            let timeline = Timeline::of(times.iter().map(|us| packet(*us)).collect(), None);
            prop_assert_eq!(timeline.is_none(), times.is_empty());
            if let Some(timeline) = timeline {
                prop_assert!(timeline.end_us > timeline.start_us);
            }
        }
    }

    #[test]
    fn a_hole_makes_it_variable() {
        let times = (0..50).chain(60..100).map(|i| packet(i * 40_000)).collect();
        let timeline = Timeline::of(times, Rate::new(25, 1)).unwrap();
        assert!(!timeline.constant);
        assert_eq!((timeline.rate, timeline.longest_gap_us), (Rate::new(25, 1).unwrap(), 440_000));
        assert_eq!(timeline.end_us, 4_000_000);
    }

    #[test]
    fn rounded_gaps_do_not_change_a_variable_rate() {
        let times = (0..50).chain(60..100).map(|i| packet((i * 100 + 1) / 3 * 1000)).collect();
        let timeline = Timeline::of(times, Rate::new(30, 1)).unwrap();
        assert_eq!((timeline.constant, timeline.rate), (false, Rate::new(30, 1).unwrap()));
    }

    #[test]
    fn seeks_to_the_keyframe_that_is_needed() {
        let packets = (0..10).map(|i| Packet { key: i % 4 == 0, ..packet(i * 1000) }).collect();
        let timeline = Timeline::of(packets, None).unwrap();
        assert_eq!(timeline.keyframe_before(7_999).map(|k| k.pts_us), Some(4_000));
        assert_eq!(timeline.keyframe_before(8_000).map(|k| k.pts_us), Some(8_000));
        assert_eq!(timeline.keyframe_before(-1), None);
        assert!(timeline.has_keyframe_each(44_000) && !timeline.has_keyframe_each(3_900));
    }
}
