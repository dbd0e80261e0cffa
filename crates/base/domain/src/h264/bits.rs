//! The bits of a unit of H.264 (ITU-T H.264 7.4.1, 9.1).

/// Without the bytes that keep a unit from looking like the beginning of another (7.4.1).
pub(super) fn unescaped(unit: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(unit.len());
    for byte in unit {
        if *byte != 3 || !plain.ends_with(&[0, 0]) {
            plain.push(*byte);
        }
    }
    plain
}

/// Bits in order, and the numbers they spell (9.1).
pub(super) struct Bits<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl Bits<'_> {
    pub(super) fn bit(&mut self) -> Option<u32> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit.into())
    }

    pub(super) fn number(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
        }
        if zeros > 31 {
            return None;
        }
        let mut value = 1_u64;
        for _ in 0..zeros {
            value = value << 1 | u64::from(self.bit()?);
        }
        u32::try_from(value - 1).ok()
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        let number = i64::from(self.number()?);
        Some(if number % 2 == 0 { -(number / 2) } else { (number + 1) / 2 })
    }
}
