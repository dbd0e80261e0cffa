//! Packets of an elementary stream (2.4.3.7): what a picture, or some sound, travels in.

use super::WRAP;

/// Which kind of stream.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stream {
    Video,
    Audio,
}

impl Stream {
    fn id(self) -> u8 {
        match self {
            Self::Video => 0xE0,
            Self::Audio => 0xC0,
        }
    }
}

/// The header, before `length` bytes that are presented at `pts`. They are decoded when they are presented.
pub(super) fn header(stream: Stream, pts: u64, length: usize) -> Vec<u8> {
    // What follows the length; 0 is allowed for pictures, and means: until the next one begins.
    let following = u16::try_from(length + 8).unwrap_or(0);
    let mut header = vec![0, 0, 1, stream.id()];
    header.extend(following.to_be_bytes());
    // The payload begins with a picture or a frame; a presentation time of 5 bytes follows.
    header.extend([0x84, 0x80, 5]);
    header.extend(time(pts % WRAP));
    header
}

/// 33 bits with a marker after the 3rd, 18th and 33rd.
fn time(pts: u64) -> [u8; 5] {
    let bits = |shift: u64, mask: u64| ((pts >> shift) & mask) as u8;
    [
        0x21 | (bits(30, 7) << 1),
        bits(22, 0xFF),
        (bits(15, 0x7F) << 1) | 1,
        bits(7, 0xFF),
        (bits(0, 0x7F) << 1) | 1,
    ]
}
