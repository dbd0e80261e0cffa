//! The sequence parameter set of H.264 (ITU-T H.264 7.3.2.1): profile, level, and the size of the pictures.

use super::bits::{Bits, unescaped};

/// Profiles whose parameter set says how colours are sampled.
const WITH_CHROMA: [u8; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];
const SPS_TYPE: u8 = 7;

/// A sequence parameter set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sps {
    profile: u8,
    constraints: u8,
    level: u8,
    resolution: Option<(u32, u32)>,
}

impl Sps {
    /// The first in these bytes (Annex B).
    #[must_use]
    pub fn find(bytes: &[u8]) -> Option<Self> {
        let starts = bytes.windows(4).enumerate();
        let start = starts.filter(|(_, window)| window[..3] == [0, 0, 1] && window[3] & 0x1f == SPS_TYPE);
        let (at, _) = { start }.next()?;
        let unit = &bytes[at + 4..];
        let end = unit.windows(3).position(|window| window[..2] == [0, 0] && window[2] <= 1);
        Self::read(&unescaped(&unit[..end.unwrap_or(unit.len())]))
    }

    /// Reads a unit, which begins with its header.
    #[must_use]
    pub fn of_unit(unit: &[u8]) -> Option<Self> {
        let (header, payload) = unit.split_first()?;
        if header & 0x1f == SPS_TYPE { Self::read(&unescaped(payload)) } else { None }
    }

    /// Its codec (RFC 6381).
    #[must_use]
    pub fn codec(&self) -> String {
        format!("avc1.{:02x}{:02x}{:02x}", self.profile, self.constraints, self.level)
    }

    /// The size of its pictures in pixels, as shown; `None` where it is too odd to be read.
    #[must_use]
    pub fn resolution(&self) -> Option<(u32, u32)> {
        self.resolution
    }

    fn read(payload: &[u8]) -> Option<Self> {
        let [profile, constraints, level, rest @ ..] = payload else { return None };
        let resolution = read_resolution(*profile, &mut Bits { bytes: rest, at: 0 });
        Some(Self { profile: *profile, constraints: *constraints, level: *level, resolution })
    }
}

fn read_resolution(profile: u8, bits: &mut Bits<'_>) -> Option<(u32, u32)> {
    bits.number()?;
    let mut chroma = 1;
    if WITH_CHROMA.contains(&profile) {
        chroma = bits.number()?;
        if chroma == 3 {
            bits.bit()?;
        }
        bits.number()?;
        bits.number()?;
        bits.bit()?;
        if bits.bit()? == 1 {
            skip_scaling_lists(bits, if chroma == 3 { 12 } else { 8 })?;
        }
    }
    bits.number()?;
    match bits.number()? {
        0 => drop(bits.number()?),
        1 => {
            bits.bit()?;
            bits.signed()?;
            bits.signed()?;
            for _ in 0..bits.number()?.min(256) {
                bits.signed()?;
            }
        }
        _ => {}
    }
    bits.number()?;
    bits.bit()?;
    let (width, height) = (bits.number()?.checked_add(1)?, bits.number()?.checked_add(1)?);
    let frames_only = bits.bit()?;
    if frames_only == 0 {
        bits.bit()?;
    }
    bits.bit()?;
    let mut crop = [0; 4];
    if bits.bit()? == 1 {
        for side in &mut crop {
            *side = bits.number()?;
        }
    }
    let unit = |subsampled: bool| if subsampled { 2 } else { 1 };
    let fields = 2 - frames_only;
    let cropped = |blocks: u32, sides: [u32; 2], unit: u32| {
        blocks.checked_mul(16)?.checked_sub(sides[0].checked_add(sides[1])?.checked_mul(unit)?)
    };
    Some((
        cropped(width, [crop[0], crop[1]], unit(chroma == 1 || chroma == 2))?,
        cropped(height.checked_mul(fields)?, [crop[2], crop[3]], unit(chroma == 1) * fields)?,
    ))
}

fn skip_scaling_lists(bits: &mut Bits<'_>, lists: usize) -> Option<()> {
    for list in 0..lists {
        if bits.bit()? == 0 {
            continue;
        }
        let (mut last, mut next) = (8_i64, 8_i64);
        for _ in 0..if list < 6 { 16 } else { 64 } {
            if next != 0 {
                next = (last + bits.signed()? + 256).rem_euclid(256);
            }
            last = if next == 0 { last } else { next };
        }
    }
    Some(())
}
