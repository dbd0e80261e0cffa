//! A segment: the tables, then pictures and sound in the order of their times.

use super::{
    Counters, WRAP,
    packet::{Clock, Packets, Pid},
    pes::{self, Stream},
    tables,
};

/// How long before its presentation a picture arrives, in ticks: 0.2 s, in which the sound beside it arrives too.
pub(crate) const AHEAD: u64 = 18_000;

/// What is presented at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unit<'a> {
    /// An H.264 access unit that is shown when it is decoded.
    Picture {
        /// When, in ticks.
        pts: u64,
        /// Decoding can begin here.
        keyframe: bool,
        /// In Annex B form.
        bytes: &'a [u8],
    },
    /// AAC frames that follow each other.
    Sound {
        /// When the first one begins, in ticks.
        pts: u64,
        /// With their ADTS headers.
        frames: Vec<&'a [u8]>,
    },
}

/// A segment that can be decoded by itself and follows the one that left `counters` so.
pub(crate) fn segment<'a>(units: impl IntoIterator<Item = Unit<'a>>, counters: &mut Counters) -> Vec<u8> {
    let mut packets = Packets { bytes: Vec::new(), counters };
    packets.add(Pid::Pat, None, &tables::pat());
    packets.add(Pid::Pmt, None, &tables::pmt());
    for unit in units {
        match unit {
            Unit::Picture { pts, keyframe, bytes } => {
                let clock = Clock { ticks: (pts + WRAP - AHEAD) % WRAP, random_access: keyframe };
                let header = pes::header(Stream::Video, pts, bytes.len());
                packets.add(Pid::Video, Some(clock), &[&header, bytes].concat());
            }
            Unit::Sound { pts, frames } => {
                let frames = frames.concat();
                let header = pes::header(Stream::Audio, pts, frames.len());
                packets.add(Pid::Audio, None, &[header, frames].concat());
            }
        }
    }
    packets.bytes
}
