//! The tables that say what a transport stream holds (2.4.4): one programme, of one track of pictures and one of sound.

use super::packet::Pid;

const PROGRAMME: u16 = 1;
const H264: u8 = 0x1B;
const AAC_IN_ADTS: u8 = 0x0F;
/// A packet's payload without its header.
const PAYLOAD: usize = 184;

/// The list of programmes, as the payload of one packet.
pub(super) fn pat() -> Vec<u8> {
    let [high, low] = Pid::Pmt.number().to_be_bytes();
    let [first, second] = PROGRAMME.to_be_bytes();
    section(0, 1, &[first, second, 0xE0 | high, low])
}

/// The list of the programme's streams, as the payload of one packet.
pub(super) fn pmt() -> Vec<u8> {
    let pid = |pid: Pid| {
        let [high, low] = pid.number().to_be_bytes();
        [0xE0 | high, low]
    };
    let mut body = pid(Pid::Video).to_vec();
    body.extend([0xF0, 0]);
    for (kind, stream) in [(H264, Pid::Video), (AAC_IN_ADTS, Pid::Audio)] {
        body.push(kind);
        body.extend(pid(stream));
        body.extend([0xF0, 0]);
    }
    section(2, PROGRAMME, &body)
}

/// A section of one table that is all there is of it and in force now.
fn section(table: u8, extension: u16, body: &[u8]) -> Vec<u8> {
    let length = 5 + body.len() + 4;
    let mut section = vec![table, 0xB0 | (length >> 8) as u8, length as u8];
    section.extend(extension.to_be_bytes());
    section.extend([0xC1, 0, 0]);
    section.extend(body);
    section.extend(crc(&section).to_be_bytes());
    // It begins at once.
    section.insert(0, 0);
    section.resize(PAYLOAD, 0xFF);
    section
}

/// The checksum of sections (annex A).
fn crc(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ (u32::from(*byte) << 24), |crc, _| {
            if crc >> 31 == 1 { (crc << 1) ^ 0x04C1_1DB7 } else { crc << 1 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_standards() {
        // The check value that catalogues give for CRC-32/MPEG-2.
        assert_eq!(crc(b"123456789"), 0x0376_E6E7);
    }
}
