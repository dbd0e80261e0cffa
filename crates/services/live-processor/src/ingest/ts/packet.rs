//! One packet of a transport stream (ISO/IEC 13818-1 2.4.3).

use super::SYNC;

/// The length of a packet in bytes.
pub(super) const PACKET: usize = 188;

/// A packet.
pub(super) struct Packet<'a> {
    /// Which stream it belongs to.
    pub(super) pid: u16,
    /// A table or a picture begins in it.
    pub(super) begins: bool,
    /// One can begin here.
    pub(super) random_access: bool,
    /// What it carries.
    pub(super) payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads 188 bytes; none when they are no packet.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let [SYNC, high, low, flags, rest @ ..] = bytes else { return None };
        let has_adaptation = flags & 0x20 != 0;
        let adaptation = if has_adaptation { usize::from(*rest.first()?) + 1 } else { 0 };
        let random_access = has_adaptation && adaptation > 1 && rest.get(1)? & 0x40 != 0;
        let payload = if flags & 0x10 != 0 { rest.get(adaptation..)? } else { &[] };
        Some(Self {
            pid: u16::from_be_bytes([high & 0x1f, *low]),
            begins: high & 0x40 != 0,
            random_access,
            payload,
        })
    }

    /// The presentation timestamp, when a picture or sound begins here and says it (2.4.3.6).
    pub(super) fn pts(&self) -> Option<u64> {
        let [0, 0, 1, _, _, _, _, flags, _, a, b, c, d, e, ..] = self.begins.then_some(self.payload)? else {
            return None;
        };
        let part = |byte: &u8, shift: u32| u64::from(*byte) << shift;
        let pts = (part(a, 0) >> 1 & 7) << 30
            | part(b, 22)
            | (part(c, 0) >> 1) << 15
            | part(d, 7)
            | part(e, 0) >> 1;
        (flags & 0x80 != 0).then_some(pts)
    }

    /// What it carries without the header of a picture or sound.
    pub(super) fn elementary(&self) -> &'a [u8] {
        match self.payload {
            [0, 0, 1, _, _, _, _, _, length, ..] if self.begins => {
                self.payload.get(9 + usize::from(*length)..).unwrap_or_default()
            }
            payload => payload,
        }
    }
}
