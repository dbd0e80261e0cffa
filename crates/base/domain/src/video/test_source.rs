//! The test card that stands in for a source of which only metadata was sent.

use serde::{Deserialize, Serialize};

/// The largest test card, for either orientation.
const LARGEST: (u32, u32) = (1920, 1080);

/// A test card that stands in for a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestSource {
    /// Width in pixels, even.
    pub width: u32,
    /// Height in pixels, even.
    pub height: u32,
    /// Length in milliseconds.
    pub duration_ms: u32,
}

impl TestSource {
    /// The largest card of the claimed shape inside 1080p (turned for portrait), as long as claimed, at most `longest_ms`.
    #[must_use]
    pub fn claimed((width, height): (u32, u32), seconds: f64, longest_ms: u32) -> Self {
        let (long, short) = (f64::from(width.max(height)), f64::from(width.min(height)));
        let scale = (f64::from(LARGEST.0) / long).min(f64::from(LARGEST.1) / short).min(1.0);
        let side = |pixels: u32| (((f64::from(pixels) * scale) / 2.0).round() as u32 * 2).max(16);
        let duration_ms = ((seconds * 1000.0).round() as u32).clamp(100, longest_ms.max(100));
        Self { width: side(width), height: side(height), duration_ms }
    }
}

/// The sides of a resolution such as `1920x1080`, each from 2 to 16384.
#[must_use]
pub fn claimed_resolution(text: &str) -> Option<(u32, u32)> {
    let side = |text: &str| text.parse::<u32>().ok().filter(|pixels| (2..=16_384).contains(pixels));
    let (width, height) = text.split_once('x')?;
    Some((side(width)?, side(height)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_keep_the_shape() {
        let card = |width, height, duration_ms| TestSource { width, height, duration_ms };
        assert_eq!(TestSource::claimed((3840, 2160), 60.0, 8000), card(1920, 1080, 8000));
        assert_eq!(TestSource::claimed((720, 1280), 0.5, 8000), card(720, 1280, 500));
    }

    #[test]
    fn resolutions() {
        assert_eq!(claimed_resolution("1920x1080"), Some((1920, 1080)));
        for bad in ["", "x", "0x0", "99999x1", "1920", "-1x5", "1920X1080"] {
            assert_eq!(claimed_resolution(bad), None, "{bad}");
        }
    }
}
