//! Fragmented MP4 (ISO/IEC 14496-12): the tracks of an initialization section, and the frames of a segment.

use super::codec;
use domain::h264;
use hls::{MeasuredMedia, MediaTimes, Pictures, Resolution, SegmentDuration};
use mp4_atom::{DecodeAtom, DecodeMaybe, FourCC, Header, Moof, Moov, Traf, Trak};
use std::ops::Range;

/// `sample_is_non_sync_sample` of the sample flags (8.8.3.1).
const NON_SYNC: u32 = 0x0001_0000;
/// More frames than any segment has.
const MOST_FRAMES: usize = 1_000_000;

/// Whether bytes begin as a fragment does.
pub(crate) fn is_fragment(bytes: &[u8]) -> bool {
    let Some((size, kind)) = bytes.split_first_chunk::<4>().zip(bytes.get(4..8)) else { return false };
    // Other formats may have these letters there by chance, but hardly after a length that is true.
    let fits = usize::try_from(u32::from_be_bytes(*size.0)).is_ok_and(|size| size <= bytes.len());
    fits && [b"styp", b"moof", b"sidx", b"emsg", b"prft"].iter().any(|it| *it == kind)
}

/// An initialization section: what its segments are read by.
pub(crate) struct Init {
    tracks: Vec<Track>,
}

struct Track {
    id: u32,
    timescale: u32,
    codec: Option<String>,
    /// The size of its pictures, if it has any.
    resolution: Option<Resolution>,
    length_size: Option<usize>,
    /// What frames have that say nothing of their own.
    default_duration: u32,
    default_size: u32,
    default_flags: u32,
    /// How much later than its timestamps it is shown, by its edit list, in ticks.
    delay: i64,
}

/// The frames of one track in one segment, in ticks.
#[derive(Default)]
struct Frames {
    decoded: Option<Range<i64>>,
    shown_from: Option<i64>,
    duration: u64,
    count: usize,
    begin_with_sync: bool,
    first_is_intra: Option<bool>,
}

impl Init {
    /// # Errors
    /// Why nothing can be read by it.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let boxes = boxes(bytes)?;
        let moov = boxes.iter().find(|(kind, _)| *kind == FourCC::new(b"moov"));
        let (_, range) = moov.ok_or("its initialization section has no moov")?;
        let moov: Moov = decode(&bytes[range.clone()])?;
        Ok(Self { tracks: moov.trak.iter().map(|trak| Track::of(&moov, trak)).collect() })
    }

    /// What a segment is: its pictures, if it has any, else its sound.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(crate) fn measure(&self, segment: &[u8]) -> Result<MeasuredMedia, String> {
        let mut frames: Vec<Frames> = self.tracks.iter().map(|_| Frames::default()).collect();
        for (_, range) in boxes(segment)?.iter().filter(|(kind, _)| *kind == FourCC::new(b"moof")) {
            let moof: Moof = decode(&segment[range.clone()])?;
            for traf in &moof.traf {
                let at = self.tracks.iter().position(|track| track.id == traf.tfhd.track_id);
                let at = at.ok_or_else(|| format!("it has an unknown track {}", traf.tfhd.track_id))?;
                frames[at].add(&self.tracks[at], traf, &segment[range.start..])?;
            }
        }
        let found = self.tracks.iter().zip(&frames).filter(|(_, frames)| frames.count > 0);
        let main = found.max_by_key(|(track, _)| track.resolution.is_some()).ok_or("it has no frames")?;
        let codecs = self.tracks.iter().filter_map(|track| track.codec.clone()).collect();
        Ok(main.1.measured(main.0, codecs))
    }

    /// Insists that a part of a segment, from a `moof` on, is one picture that needs no other.
    ///
    /// # Errors
    /// Why it is not.
    pub(crate) fn single_picture(&self, part: &[u8]) -> Result<(), String> {
        let mut rest = part;
        let header = Header::decode_maybe(&mut rest).map_err(|error| error.to_string())?;
        let begins = header.is_some_and(|header| header.kind == FourCC::new(b"moof"));
        if !begins {
            return Err("it does not begin with a moof".to_owned());
        }
        let moof: Moof = decode(part)?;
        let pictures = |traf: &&Traf| {
            self.tracks.iter().any(|track| track.id == traf.tfhd.track_id && track.resolution.is_some())
        };
        let traf = moof.traf.iter().find(pictures).ok_or("it has no picture")?;
        let track =
            self.tracks.iter().find(|track| track.id == traf.tfhd.track_id).ok_or("it has no picture")?;
        let run = traf.trun.first().ok_or("it has no picture")?;
        let first = run.samples.iter().next().ok_or("it has no picture")?;
        let offset =
            usize::try_from(run.data_offset.unwrap_or(0)).map_err(|_| "its picture lies before it")?;
        let size = first.size.or(traf.tfhd.default_sample_size).unwrap_or(track.default_size) as usize;
        let bytes = part.get(offset..offset.saturating_add(size)).ok_or("its picture is cut")?;
        match track.length_size.and_then(|size| h264::first_picture_is_intra(bytes, size)) {
            Some(false) => Err("its picture needs others".to_owned()),
            _ => Ok(()),
        }
    }
}

impl Track {
    fn of(moov: &Moov, trak: &Trak) -> Self {
        let id = trak.tkhd.track_id;
        let codec = trak.mdia.minf.stbl.stsd.codecs.first();
        let trex = moov.mvex.iter().flat_map(|mvex| &mvex.trex).find(|trex| trex.track_id == id);
        Self {
            id,
            timescale: trak.mdia.mdhd.timescale.max(1),
            codec: codec.and_then(codec::name),
            resolution: codec.and_then(codec::resolution),
            length_size: codec.and_then(codec::length_size),
            default_duration: trex.map_or(0, |trex| trex.default_sample_duration),
            default_size: trex.map_or(0, |trex| trex.default_sample_size),
            default_flags: trex.map_or(0, |trex| trex.default_sample_flags),
            delay: delay(moov, trak),
        }
    }

    fn micros(&self, ticks: i64) -> i64 {
        let micros = i128::from(ticks) * 1_000_000;
        i64::try_from(micros.div_euclid(i128::from(self.timescale))).unwrap_or(i64::MAX / 4)
    }
}

/// What the edit list (8.6.6) adds: a dwell before the media begins, less what of the media is skipped.
fn delay(moov: &Moov, trak: &Trak) -> i64 {
    let edits = trak.edts.iter().filter_map(|edts| edts.elst.as_ref()).flat_map(|list| &list.entries);
    let mut delay = 0_i64;
    for edit in edits {
        if let Some(from) = edit.media_time {
            return delay.saturating_sub(i64::try_from(from).unwrap_or(i64::MAX));
        }
        let ticks = u128::from(edit.segment_duration) * u128::from(trak.mdia.mdhd.timescale);
        let ticks = ticks / u128::from(moov.mvhd.timescale.max(1));
        delay = delay.saturating_add(i64::try_from(ticks).unwrap_or(i64::MAX));
    }
    delay
}

impl Frames {
    /// Adds the frames of one track of a fragment, whose `moof` is where `bytes` begin.
    fn add(&mut self, track: &Track, traf: &Traf, bytes: &[u8]) -> Result<(), String> {
        let head = &traf.tfhd;
        let tfdt = traf.tfdt.as_ref().ok_or("a moof has no tfdt")?.base_media_decode_time;
        let mut decoded = i64::try_from(tfdt).map_err(|_| "a tfdt is no time")?;
        let (from, mut at) = (decoded, 0_usize);
        for run in &traf.trun {
            at = run
                .data_offset
                .map_or(Ok(at), usize::try_from)
                .map_err(|_| "a sample lies before its moof")?;
            for sample in run.samples.iter() {
                let duration =
                    sample.duration.or(head.default_sample_duration).unwrap_or(track.default_duration);
                let size = sample.size.or(head.default_sample_size).unwrap_or(track.default_size);
                let flags = sample.flags.or(head.default_sample_flags).unwrap_or(track.default_flags);
                let end = at.saturating_add(size as usize);
                let sample_bytes = bytes.get(at..end).ok_or("it is cut: a sample reaches beyond its end")?;
                if self.count == 0 {
                    self.begin_with_sync = flags & NON_SYNC == 0;
                    let intra = |size| h264::first_picture_is_intra(sample_bytes, size);
                    self.first_is_intra = track.length_size.and_then(intra);
                }
                let shown = decoded.saturating_add(sample.cts.unwrap_or(0));
                self.shown_from = Some(self.shown_from.map_or(shown, |from| from.min(shown)));
                self.duration += u64::from(duration);
                self.count += 1;
                decoded = decoded.saturating_add(i64::from(duration));
                at = end;
                if self.count > MOST_FRAMES {
                    return Err(format!("it has more than {MOST_FRAMES} frames"));
                }
            }
        }
        let begin = self.decoded.as_ref().map_or(from, |before| before.start);
        self.decoded = Some(begin..decoded);
        Ok(())
    }

    fn measured(&self, track: &Track, codecs: Vec<String>) -> MeasuredMedia {
        let micros = |ticks: i64| u64::try_from(track.micros(ticks)).unwrap_or(0);
        let ticks = i64::try_from(self.duration).unwrap_or(i64::MAX);
        let duration = micros(ticks);
        let rate = self.count as f64 * 1e6 / duration.max(1) as f64;
        let pictures = track.resolution.map(|resolution| Pictures {
            resolution,
            rate,
            begin_with_keyframe: self.begin_with_sync,
            first_is_intra: self.first_is_intra,
        });
        let moved = |ticks: i64| track.micros(ticks.saturating_add(track.delay));
        let times = self.decoded.as_ref().zip(self.shown_from).map(|(decoded, shown)| MediaTimes {
            decoded_from_us: moved(decoded.start),
            decoded_to_us: moved(decoded.end),
            shown_from_us: moved(shown),
        });
        let frame = SegmentDuration::from_micros(duration / self.count.max(1) as u64);
        let duration = SegmentDuration::from_micros(duration);
        MeasuredMedia { duration, frame, pictures, codecs, times }
    }
}

/// The boxes of a file and where they are, headers included.
fn boxes(bytes: &[u8]) -> Result<Vec<(FourCC, Range<usize>)>, String> {
    let (mut boxes, mut start, mut rest) = (Vec::new(), 0, bytes);
    while let Some(header) = Header::decode_maybe(&mut rest).map_err(|error| error.to_string())? {
        let body = header.size.unwrap_or(rest.len());
        let end = (bytes.len() - rest.len()).checked_add(body).filter(|end| *end <= bytes.len());
        let end = end.ok_or_else(|| format!("it is cut within a box of kind {}", header.kind))?;
        boxes.push((header.kind, start..end));
        rest = &bytes[end..];
        start = end;
    }
    if rest.is_empty() { Ok(boxes) } else { Err("it ends within the head of a box".to_owned()) }
}

fn decode<A: DecodeAtom>(mut bytes: &[u8]) -> Result<A, String> {
    let header = Header::decode_maybe(&mut bytes).map_err(|error| error.to_string())?.ok_or("it is cut")?;
    A::decode_atom(&header, &mut bytes).map_err(|error| format!("a box of kind {}: {error}", header.kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_bytes_are_refused_with_a_reason() {
        let init = Init { tracks: Vec::new() };
        for (bytes, reason) in [
            (&b"\0\0\0\x10moofabc"[..], "it is cut within a box of kind moof"),
            (b"\0\0\0\x08styp\0\0", "it ends within the head of a box"),
            (b"\0\0\0\x08styp", "it has no frames"),
        ] {
            assert_eq!(init.measure(bytes).unwrap_err(), reason);
        }
        assert!(Init::read(b"\0\0\0\x08ftyp").is_err());
        assert!(is_fragment(b"\0\0\0\x08styp") && !is_fragment(b"\x47\x40\0\x10styp"));
    }
}
