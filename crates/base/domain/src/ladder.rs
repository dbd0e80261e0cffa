//! The ladder: which renditions a source of some size and rate gets. Adding a rung is adding a row.

use crate::{h264, rate::Rate};
use serde::{Deserialize, Serialize};

/// A row of the ladder: a landscape box that the picture must fit (turned for portrait), and what is spent on it.
#[derive(Debug, Clone, Copy)]
struct Rung {
    name: &'static str,
    width: u32,
    height: u32,
    max_kbps: u32,
    /// Above this many pictures per second the rate is halved, and again.
    max_rate: f64,
    /// Made from any source that is larger, not only from one that is this small.
    always: bool,
}

const LADDER: [Rung; 6] = [
    Rung { name: "1080p", width: 1920, height: 1080, max_kbps: 5_000, max_rate: 60.5, always: true },
    Rung { name: "720p", width: 1280, height: 720, max_kbps: 2_800, max_rate: 60.5, always: true },
    Rung { name: "480p", width: 854, height: 480, max_kbps: 1_400, max_rate: 30.5, always: true },
    Rung { name: "360p", width: 640, height: 360, max_kbps: 800, max_rate: 30.5, always: true },
    Rung { name: "240p", width: 426, height: 240, max_kbps: 400, max_rate: 30.5, always: false },
    Rung { name: "144p", width: 256, height: 144, max_kbps: 200, max_rate: 30.5, always: false },
];

/// The constant quality of every rung (x264 `-crf`), under its cap.
const CRF: u8 = 23;
/// The share of a rung's area from which on the next smaller one would show the same picture again.
const SAME_PICTURE: f64 = 0.85;

/// A picture rendition, decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rendition {
    /// The rung's name, such as `720p`: a folder in keys and addresses.
    pub name: String,
    /// Width in pixels, even.
    pub width: u32,
    /// Height in pixels, even.
    pub height: u32,
    /// Every how many pictures of the grid one is kept: 1, or 2 where the rung halves the rate.
    pub divisor: u32,
    /// `level_idc` of H.264 High.
    pub level: u8,
    /// Constant quality (x264 `-crf`).
    pub crf: u8,
    /// The rate's cap in kbit/s (x264 VBV), with a buffer of one second.
    pub max_kbps: u32,
}

impl Rendition {
    /// The RFC 6381 codec string that its bitstream keeps.
    #[must_use]
    pub fn codec_string(&self) -> String {
        h264::codec_string(self.level)
    }
}

/// The renditions of a picture of this displayed size at this grid rate, largest first; never larger than the source, its
/// shape kept, at least one.
#[must_use]
pub fn renditions(width: u32, height: u32, rate: Rate) -> Vec<Rendition> {
    let top = LADDER.iter().rposition(|rung| rung.scale(width, height) >= 1.0).unwrap_or(0);
    let mut chosen: Vec<Rendition> = Vec::new();
    for (position, rung) in LADDER.iter().enumerate().skip(top) {
        let rendition = rung.rendition(width, height, rate);
        let area = |r: &Rendition| f64::from(r.width) * f64::from(r.height);
        let differs = chosen.last().is_none_or(|larger| area(&rendition) < area(larger) * SAME_PICTURE);
        if position == top || (rung.always && differs) {
            chosen.push(rendition);
        }
    }
    chosen
}

impl Rung {
    /// What the source is multiplied by to fit; at most 1.
    fn scale(&self, width: u32, height: u32) -> f64 {
        let (long, short) = (f64::from(width.max(height).max(1)), f64::from(width.min(height).max(1)));
        (f64::from(self.width) / long).min(f64::from(self.height) / short).min(1.0)
    }

    fn rendition(&self, width: u32, height: u32, rate: Rate) -> Rendition {
        let scale = self.scale(width, height);
        let side = |pixels: u32| even(f64::from(pixels) * scale, pixels);
        let (width, height) = (side(width), side(height));
        let divisor = if rate.per_second() > self.max_rate { 2 } else { 1 };
        let shown = rate.divided(divisor).per_second();
        let fast = if shown > 30.5 { 3 } else { 2 };
        Rendition {
            name: self.name.to_owned(),
            width,
            height,
            divisor,
            level: h264::level(width, height, shown),
            crf: CRF,
            max_kbps: self.max_kbps * fast / 2,
        }
    }
}

/// The even number nearest to `pixels`, at most `limit`, at least 2: 4:2:0 needs whole pairs.
fn even(pixels: f64, limit: u32) -> u32 {
    let nearest = ((pixels / 2.0).round() as u32) * 2;
    nearest.min(limit / 2 * 2).max(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sizes(width: u32, height: u32) -> Vec<(String, u32, u32)> {
        let rate = Rate::new(30, 1).unwrap();
        renditions(width, height, rate).into_iter().map(|r| (r.name, r.width, r.height)).collect()
    }

    fn rungs(expected: &[(&str, u32, u32)]) -> Vec<(String, u32, u32)> {
        expected.iter().map(|(name, w, h)| ((*name).to_owned(), *w, *h)).collect()
    }

    #[test]
    fn usual_sources() {
        let full = [("1080p", 1920, 1080), ("720p", 1280, 720), ("480p", 854, 480), ("360p", 640, 360)];
        assert_eq!(sizes(1920, 1080), rungs(&full));
        assert_eq!(sizes(3840, 2160), rungs(&full));
        assert_eq!(sizes(640, 360), rungs(&[("360p", 640, 360)]));
        assert_eq!(sizes(176, 144), rungs(&[("144p", 176, 144)]));
        assert_eq!(sizes(1920, 800)[0], ("1080p".to_owned(), 1920, 800));
        assert_eq!(sizes(1080, 1920)[1], ("720p".to_owned(), 720, 1280));
    }

    #[test]
    fn the_rate_is_halved_for_small_pictures_only() {
        let divisors: Vec<u32> = renditions(1920, 1080, Rate::new(60, 1).unwrap())
            .iter()
            .map(|rendition| rendition.divisor)
            .collect();
        assert_eq!(divisors, [1, 1, 2, 2]);
    }

    proptest! {
        #[test]
        fn never_larger_than_the_source_and_of_its_shape(width in 2u32..8192, height in 2u32..4352) {
            let ladder = renditions(width, height, Rate::new(25, 1).unwrap());
            prop_assert!(!ladder.is_empty());
            for rendition in &ladder {
                prop_assert!(rendition.width <= width.max(2) && rendition.height <= height.max(2));
                prop_assert!(rendition.width % 2 == 0 && rendition.height % 2 == 0);
                let (wide, high) = (f64::from(rendition.width), f64::from(rendition.height));
                let shape = f64::from(width) / f64::from(height);
                prop_assert!((wide - 2.0) / (high + 2.0) <= shape, "{rendition:?}");
                prop_assert!(high <= 2.0 || shape <= (wide + 2.0) / (high - 2.0), "{rendition:?}");
            }
            prop_assert!(ladder.windows(2).all(|pair| pair[1].height <= pair[0].height && pair[1].width <= pair[0].width));
        }
    }
}
