//! Pictures as they are coded: whether one needs no other.

use super::bits::{Bits, unescaped};

/// `nal_unit_type` of a slice of a picture that may need others, and of one that begins a sequence (ITU-T H.264 7.4.1).
const SLICE: u8 = 1;
const IDR_SLICE: u8 = 5;
/// Bytes of a slice that hold what is read of its header.
const HEADER: usize = 24;

/// The units of a sample whose lengths are written in `length_size` bytes (ISO/IEC 14496-15 4.3.3), as far as it is whole.
pub fn units(mut sample: &[u8], length_size: usize) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = sample.split_at_checked(length_size)?;
        let length = length.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
        let (unit, rest) = rest.split_at_checked(length)?;
        sample = rest;
        Some(unit)
    })
}

/// Whether the picture of a sample needs no other one; `None` where no slice is found.
#[must_use]
pub fn first_picture_is_intra(sample: &[u8], length_size: usize) -> Option<bool> {
    let slice = units(sample, length_size)
        .find(|unit| unit.first().is_some_and(|header| [SLICE, IDR_SLICE].contains(&(header & 0x1f))))?;
    let (header, payload) = slice.split_first()?;
    if header & 0x1f == IDR_SLICE {
        return Some(true);
    }
    let bytes = unescaped(&payload[..payload.len().min(HEADER)]);
    let mut bits = Bits { bytes: &bytes, at: 0 };
    bits.number()?;
    // I and SI, each with or without the promise that all slices are alike (table 7-6).
    Some([2, 4].contains(&(bits.number()? % 5)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slices_are_told_apart() {
        // first_mb_in_slice 0 is the bit 1; slice types 0 (P), 7 (I), 2 (I) follow.
        let sample = |header: u8, bits: u8| [&[0, 0, 0, 2, 9, 0xf0, 0, 0, 0, 2, header, bits][..]].concat();
        assert_eq!(first_picture_is_intra(&sample(0x65, 0), 4), Some(true));
        assert_eq!(first_picture_is_intra(&sample(0x41, 0b1100_0000), 4), Some(false));
        assert_eq!(first_picture_is_intra(&sample(0x41, 0b1000_1000), 4), Some(true));
        assert_eq!(first_picture_is_intra(&sample(0x41, 0b1011_0000), 4), Some(true));
        assert_eq!(first_picture_is_intra(&[0, 0, 0, 1, 9], 4), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..60), length_size in 0usize..5) {
            let _ = first_picture_is_intra(&bytes, length_size.max(1));
            let _ = super::super::Sps::of_unit(&bytes);
        }
    }
}
