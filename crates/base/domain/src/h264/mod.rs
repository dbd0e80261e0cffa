//! H.264: profile and level, decided before encoding so that CODECS can be promised, and what bitstreams say of themselves.

mod bits;
mod slice;
mod sps;

pub use slice::{first_picture_is_intra, units};
pub use sps::Sps;

/// Pictures that are decoded before they are shown, at most: three B-pictures in a pyramid.
pub const REORDERED: u32 = 2;

/// The lowest level of ITU-T H.264 table A-1 that this picture and rate fit, as `level_idc` (31 is level 3.1).
#[must_use]
pub fn level(width: u32, height: u32, frames_per_second: f64) -> u8 {
    // (level_idc, macroblocks per second, macroblocks per picture)
    const LEVELS: [(u8, u32, u32); 14] = [
        (10, 1_485, 99),
        (11, 3_000, 396),
        (12, 6_000, 396),
        (13, 11_880, 396),
        (21, 19_800, 792),
        (22, 20_250, 1_620),
        (30, 40_500, 1_620),
        (31, 108_000, 3_600),
        (32, 216_000, 5_120),
        (40, 245_760, 8_192),
        (42, 522_240, 8_704),
        (50, 589_824, 22_080),
        (51, 983_040, 36_864),
        (52, 2_073_600, 36_864),
    ];
    let picture = width.div_ceil(16) * height.div_ceil(16);
    let per_second = f64::from(picture) * frames_per_second;
    let fits = |(_, max_per_second, max_picture): &(u8, u32, u32)| {
        // A side may be at most sqrt(8 * max_picture) macroblocks (A.3.1).
        let side = width.max(height).div_ceil(16);
        picture <= *max_picture && per_second <= f64::from(*max_per_second) && side * side <= max_picture * 8
    };
    LEVELS.into_iter().find(fits).map_or(62, |(level, ..)| level)
}

/// The RFC 6381 codec string of H.264 High at this level.
#[must_use]
pub fn codec_string(level: u8) -> String {
    format!("avc1.6400{level:02X}").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_the_usual_pictures() {
        assert_eq!(level(1920, 1080, 30.0), 40);
        assert_eq!(level(1920, 1080, 60.0), 42);
        assert_eq!(level(1280, 720, 30.0), 31);
        assert_eq!(level(1280, 720, 60.0), 32);
        assert_eq!(level(854, 480, 30.0), 31);
        assert_eq!(level(640, 360, 25.0), 30);
        assert_eq!(codec_string(level(1920, 1080, 30.0)), "avc1.640028");
    }
}
