//! Reading MPEG-TS segments as they flow by: when they play, and what they are made of. Nothing is decoded, nothing is kept
//! but the beginning of the pictures, and no bytes can make it panic.

mod packet;
mod tables;
mod timing;

use domain::h264::Sps;
use packet::{PACKET, Packet};
use tables::Streams;
use timing::Timing;

/// So much of the first picture is searched for its parameters.
const BEGINNING: usize = 64 << 10;
const SYNC: u8 = 0x47;

/// What a segment is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Facts {
    /// The presentation timestamp of its first picture, in 1/90000 s modulo 2^33.
    pub(crate) first_pts: u64,
    /// How long it plays, in microseconds.
    pub(crate) duration_us: u64,
    /// It begins with a keyframe.
    pub(crate) keyframe: bool,
    /// Its codecs (RFC 6381), separated by commas, if all of them are known.
    pub(crate) codecs: Option<String>,
    /// The size of its pictures, if known.
    pub(crate) resolution: Option<(u32, u32)>,
    /// Pictures per second, if there are several.
    pub(crate) frame_rate: Option<f64>,
}

/// Why bytes are no segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("it is no MPEG transport stream: every 188 bytes have to begin with 0x47")]
    NotTs,
    #[error("no picture and no sound in it says when it plays (PTS)")]
    NoTimestamps,
    #[error("one picture alone does not say how long it plays: make segments of several pictures")]
    NoDuration,
}

/// Reads a segment piece by piece.
#[derive(Default)]
pub(crate) struct Reader {
    /// The beginning of a packet whose end is to come.
    rest: Vec<u8>,
    broken: bool,
    streams: Streams,
    video: Timing,
    audio: Timing,
    /// The beginning of the first picture, and whether its packet says that one can begin here.
    beginning: Vec<u8>,
    random_access: bool,
    /// The first bytes of the sound.
    sound: Vec<u8>,
}

impl Reader {
    /// Reads the next piece.
    pub(crate) fn push(&mut self, mut piece: &[u8]) {
        if !self.rest.is_empty() {
            let missing = PACKET - self.rest.len();
            self.rest.extend_from_slice(&piece[..missing.min(piece.len())]);
            piece = piece.get(missing..).unwrap_or_default();
            if self.rest.len() < PACKET {
                return;
            }
            let packet = std::mem::take(&mut self.rest);
            self.packet(&packet);
        }
        let mut packets = piece.chunks_exact(PACKET);
        packets.by_ref().for_each(|packet| self.packet(packet));
        self.rest.extend_from_slice(packets.remainder());
    }

    /// What was read.
    pub(crate) fn finish(self) -> Result<Facts, Unreadable> {
        if self.broken || !self.rest.is_empty() || !self.streams.are_known() {
            return Err(Unreadable::NotTs);
        }
        let lead = if self.video.first().is_some() { &self.video } else { &self.audio };
        let first_pts = lead.first().ok_or(Unreadable::NoTimestamps)?;
        let duration_us = lead.duration_us().or_else(|| self.audio.duration_us());
        let sps = self.streams.has_h264().then(|| Sps::find(&self.beginning)).flatten();
        Ok(Facts {
            first_pts,
            duration_us: duration_us.ok_or(Unreadable::NoDuration)?,
            keyframe: self.random_access || sps.is_some() || self.video.first().is_none(),
            codecs: self.codecs(sps.as_ref()),
            resolution: sps.as_ref().and_then(Sps::resolution),
            frame_rate: self.video.per_second(),
        })
    }

    fn packet(&mut self, bytes: &[u8]) {
        let Some(packet) = Packet::read(bytes) else {
            self.broken = true;
            return;
        };
        self.streams.learn(&packet);
        if Some(packet.pid) == self.streams.video() {
            self.random_access |= packet.random_access && self.video.first().is_none();
            if let Some(pts) = packet.pts() {
                self.video.add(pts);
            }
            if self.video.count() == 1 && self.beginning.len() < BEGINNING {
                self.beginning.extend_from_slice(packet.payload);
            }
        } else if Some(packet.pid) == self.streams.audio() {
            if let Some(pts) = packet.pts() {
                self.audio.add(pts);
            }
            if self.sound.len() < PACKET {
                self.sound.extend_from_slice(packet.elementary());
            }
        }
    }

    fn codecs(&self, sps: Option<&Sps>) -> Option<String> {
        let mut codecs = Vec::new();
        if self.streams.video().is_some() {
            codecs.push(sps?.codec());
        }
        if self.streams.audio().is_some() {
            codecs.push(self.streams.audio_codec(&self.sound)?);
        }
        (!codecs.is_empty()).then(|| codecs.join(","))
    }
}

#[cfg(test)]
mod tests;
