//! Formats that are read from their beginning to their end, told by their first bytes.

/// A format whose packets lie in the order in which they are read; none has tables of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InOrder {
    Asf,
    Flv,
    Matroska,
    TransportStream,
}

/// How much of the beginning tells the format, in bytes.
pub(super) const TELLING_BYTES: u64 = (TS_PACKET * TS_PACKETS) as u64;

const ASF_HEADER: [u8; 4] = [0x30, 0x26, 0xB2, 0x75];
const FLV_HEADER: [u8; 4] = *b"FLV\x01";
const EBML_HEADER: [u8; 4] = [0x1A, 0x45, 0xDF, 0xA3];

/// The length of a packet of a transport stream in bytes, and how it begins (ISO/IEC 13818-1 2.4.3.2).
pub(super) const TS_PACKET: usize = 188;
pub(super) const TS_SYNC: u8 = 0x47;
/// So many packets in a row are no accident.
const TS_PACKETS: usize = 20;

impl InOrder {
    /// The format of a source that begins like this; `None` for any other.
    pub(super) fn of(start: &[u8]) -> Option<Self> {
        let headers = [(ASF_HEADER, Self::Asf), (FLV_HEADER, Self::Flv), (EBML_HEADER, Self::Matroska)];
        let known = headers.into_iter().find(|(header, _)| start.starts_with(header));
        known
            .map(|(_, format)| format)
            .or_else(|| is_transport_stream(start).then_some(Self::TransportStream))
    }
}

fn is_transport_stream(start: &[u8]) -> bool {
    let syncs = start.chunks_exact(TS_PACKET).take(TS_PACKETS);
    syncs.len() == TS_PACKETS && syncs.into_iter().all(|packet| packet[0] == TS_SYNC)
}
