//! What the producer shows: pictures and sound that are made, not filmed, so that what is seen at each instant is known.

use crate::audio::FRAME_SAMPLES;

/// Samples per second of a programme's sound: 4 s of them are a whole number of AAC frames (125), so that a programme whose
/// length is a multiple of 4 s can be followed by itself.
pub const SAMPLE_RATE: u32 = 32_000;
/// What the length of a programme is a multiple of, in seconds.
pub const SECONDS_STEP: u32 = 4;

/// An order for a ball that crosses a field, captions over its upper part, and a beep that begins with each second.
///
/// The captions are pictures in shades of grey, a byte a pixel, as wide as the programme, one after the other in a file
/// without headers. Whoever orders a programme has drawn them, so that no text is part of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programme {
    /// Width in pixels, even.
    pub width: u32,
    /// Height in pixels, even.
    pub height: u32,
    /// The field's colour, as 0xRRGGBB.
    pub colour: u32,
    /// Pictures per second.
    pub rate: u32,
    /// Pictures from one keyframe to the next.
    pub gop_frames: u32,
    /// Length in seconds, a multiple of [`SECONDS_STEP`].
    pub seconds: u32,
    /// Height of the captions in pixels, even, less than the whole.
    pub caption_height: u32,
    /// Captions per second; the last one stays.
    pub captions_per_second: u32,
}

impl Programme {
    /// Pictures in all.
    #[must_use]
    pub fn frames(&self) -> u64 {
        u64::from(self.seconds) * u64::from(self.rate)
    }

    /// AAC frames in all.
    #[must_use]
    pub fn sound_frames(&self) -> u64 {
        u64::from(self.seconds) * u64::from(SAMPLE_RATE) / u64::from(FRAME_SAMPLES)
    }

    /// Whether it can be made: it has a length, even sides, room below its captions, and whole GOPs.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        let even = |pixels: u32| pixels >= 2 && pixels.is_multiple_of(2);
        even(self.width)
            && even(self.height)
            && even(self.caption_height)
            && self.caption_height < self.height
            && self.colour <= 0xFF_FFFF
            && self.captions_per_second > 0
            && self.seconds > 0
            && self.seconds.is_multiple_of(SECONDS_STEP)
            && self.gop_frames > 0
            && self.frames() > 0
            && self.frames().is_multiple_of(u64::from(self.gop_frames))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Programme = Programme {
        width: 320,
        height: 180,
        colour: 0x1B_5E20,
        rate: 30,
        gop_frames: 3,
        seconds: 60,
        caption_height: 80,
        captions_per_second: 10,
    };

    #[test]
    fn a_minute_is_whole_frames() {
        assert!(MINUTE.is_possible());
        assert_eq!((MINUTE.frames(), MINUTE.sound_frames()), (1800, 1875));
        assert_eq!(u64::from(SECONDS_STEP * SAMPLE_RATE) % u64::from(FRAME_SAMPLES), 0);
    }

    #[test]
    fn what_makes_no_sense_is_not_possible() {
        for wrong in [
            Programme { width: 321, ..MINUTE },
            Programme { caption_height: 180, ..MINUTE },
            Programme { colour: 0x100_0000, ..MINUTE },
            Programme { seconds: 0, ..MINUTE },
            Programme { seconds: 61, ..MINUTE },
            Programme { rate: 0, ..MINUTE },
            Programme { gop_frames: 0, ..MINUTE },
            Programme { gop_frames: 7, ..MINUTE },
            Programme { captions_per_second: 0, ..MINUTE },
        ] {
            assert!(!wrong.is_possible(), "{wrong:?}");
        }
    }
}
