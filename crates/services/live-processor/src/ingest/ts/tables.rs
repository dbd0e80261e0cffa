//! Which streams there are: the program association and map tables (ISO/IEC 13818-1 2.4.4).

use super::packet::Packet;

const PAT_PID: u16 = 0;
const PAT_ID: u8 = 0;
const PMT_ID: u8 = 2;
const H264: u8 = 0x1b;
/// MPEG-1, MPEG-2, MPEG-4, H.264 and H.265 pictures.
const PICTURES: [u8; 5] = [0x01, 0x02, 0x10, H264, 0x24];
const AAC: u8 = 0x0f;
const MPEG_SOUND: [u8; 2] = [0x03, 0x04];
/// MPEG, AAC (ADTS and LATM), AC-3 and E-AC-3 sound.
const SOUNDS: [u8; 6] = [0x03, 0x04, AAC, 0x11, 0x81, 0x87];

/// The streams of the first program.
#[derive(Default)]
pub(super) struct Streams {
    map: Option<u16>,
    video: Option<(u16, u8)>,
    audio: Option<(u16, u8)>,
}

impl Streams {
    pub(super) fn video(&self) -> Option<u16> {
        self.video.map(|(pid, _)| pid)
    }

    pub(super) fn audio(&self) -> Option<u16> {
        self.audio.map(|(pid, _)| pid)
    }

    pub(super) fn are_known(&self) -> bool {
        self.video.is_some() || self.audio.is_some()
    }

    pub(super) fn has_h264(&self) -> bool {
        self.video.is_some_and(|(_, kind)| kind == H264)
    }

    /// The sound's codec (RFC 6381), from its first bytes.
    pub(super) fn audio_codec(&self, sound: &[u8]) -> Option<String> {
        match self.audio?.1 {
            // ADTS (ISO/IEC 14496-3 1.A.2): two bits of the third byte are the object type, less one.
            AAC => Some(format!("mp4a.40.{}", sound.get(2).map_or(2, |byte| (byte >> 6) + 1))),
            kind if MPEG_SOUND.contains(&kind) => Some("mp4a.40.34".to_owned()),
            0x81 => Some("ac-3".to_owned()),
            0x87 => Some("ec-3".to_owned()),
            _ => None,
        }
    }

    /// Takes in what a packet says about streams. A table that spans packets is read as far as the first one goes.
    pub(super) fn learn(&mut self, packet: &Packet<'_>) {
        if packet.pid == PAT_PID && self.map.is_none() {
            self.map = section(packet, PAT_ID).and_then(first_map);
        } else if Some(packet.pid) == self.map && !self.are_known() {
            section(packet, PMT_ID).into_iter().for_each(|body| self.learn_map(body));
        }
    }

    fn learn_map(&mut self, body: &[u8]) {
        let Some([high, low]) = body.get(2..4) else { return };
        let about = usize::from(u16::from_be_bytes([high & 0x0f, *low]));
        let mut entries = body.get(4 + about..).unwrap_or_default();
        while let [kind, high, low, info_high, info_low, ..] = entries {
            let pid = u16::from_be_bytes([high & 0x1f, *low]);
            if PICTURES.contains(kind) {
                self.video.get_or_insert((pid, *kind));
            } else if SOUNDS.contains(kind) {
                self.audio.get_or_insert((pid, *kind));
            }
            let info = usize::from(u16::from_be_bytes([info_high & 0x0f, *info_low]));
            entries = entries.get(5 + info..).unwrap_or_default();
        }
    }
}

/// The body of the table that begins in a packet: what is between its header and its checksum.
fn section<'a>(packet: &Packet<'a>, table: u8) -> Option<&'a [u8]> {
    let (pointer, rest) = packet.begins.then_some(packet.payload)?.split_first()?;
    let section = rest.get(usize::from(*pointer)..)?;
    let [id, high, low, _, _, _, _, _, body @ ..] = section else { return None };
    let length = usize::from(u16::from_be_bytes([high & 0x0f, *low]));
    let body = body.get(..length.checked_sub(9)?.min(body.len()))?;
    (*id == table).then_some(body)
}

/// Where the map of the first program is.
fn first_map(body: &[u8]) -> Option<u16> {
    let programs = body.chunks_exact(4).filter(|entry| entry[..2] != [0, 0]);
    programs.map(|entry| u16::from_be_bytes([entry[2] & 0x1f, entry[3]])).next()
}
