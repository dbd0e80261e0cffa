//! A fragmented MP4 of one track, cut into its initialization segment and its fragments.

use super::{
    Broken,
    shift::{self, Shift},
};
use bytes::Bytes;
use mp4_atom::{Atom, DecodeAtom, DecodeMaybe, Header, Moof, Moov};
use std::ops::Range;

/// `sample_is_non_sync_sample` of the sample flags (ISO/IEC 14496-12 8.8.3.1).
const NON_SYNC: u32 = 0x0001_0000;
/// Where `mfhd` keeps its sequence number, from the start of a `moof` that begins with it.
const SEQUENCE_NUMBER: Range<usize> = 20..24;

/// The file.
#[derive(Debug)]
pub(super) struct Fragmented {
    /// `ftyp` and `moov`.
    pub(super) init: Bytes,
    pub(super) moov: Moov,
    pub(super) fragments: Vec<Fragment>,
}

/// A `moof` with its `mdat`.
#[derive(Debug)]
pub(super) struct Fragment {
    /// Decode time of the first sample, in ticks of the media timescale.
    pub(super) decode_time: u64,
    /// How long each sample lasts, in ticks.
    pub(super) durations: Vec<u32>,
    /// The first sample's offset from its decode time to its presentation time, in ticks.
    pub(super) first_offset: u64,
    /// Where the first sample ends, from the beginning of the `moof`.
    pub(super) first_picture_ends: usize,
    /// Decoding may begin at its first sample.
    pub(super) begins_with_sync: bool,
    pub(super) bytes: Bytes,
}

/// Takes a file apart, numbers its fragments from `first_sequence` on and moves them by `shift`; what follows the last one
/// (`mfra`) is left out.
pub(super) fn parse(mut file: Vec<u8>, first_sequence: u32, shift: Shift) -> Result<Fragmented, Broken> {
    for (_, range) in boxes(&file)?.into_iter().rev().filter(|(kind, _)| *kind == Moof::KIND) {
        if let Some(longer) = shift::with_offsets(&file[range.clone()])? {
            file.splice(range, longer);
        }
    }
    let boxes = boxes(&file)?;
    let starts: Vec<&Range<usize>> =
        boxes.iter().filter(|(kind, _)| *kind == Moof::KIND).map(|(_, r)| r).collect();
    let first = starts.first().map(|range| range.start).ok_or(Broken::Empty)?;
    for (range, sequence) in starts.iter().zip(first_sequence..) {
        let moof = &mut file[range.start..range.end];
        number(moof, sequence);
        shift.apply(moof)?;
    }
    let moov_at = boxes.iter().find(|(kind, _)| *kind == Moov::KIND).map(|(_, range)| range.clone());
    let moov_at = moov_at.ok_or_else(|| Broken::Malformed("it has no moov".to_owned()))?;
    let file = Bytes::from(file);
    let moov: Moov = decode(&file[moov_at])?;
    let mut fragments = Vec::with_capacity(starts.len());
    for (position, (kind, range)) in boxes.iter().enumerate() {
        if *kind != Moof::KIND {
            continue;
        }
        let data = boxes.get(position + 1).filter(|(kind, _)| *kind == mp4_atom::Mdat::KIND);
        let (_, data) = data.ok_or_else(|| Broken::Malformed("a moof has no mdat".to_owned()))?;
        fragments.push(fragment(
            &moov,
            &decode(&file[range.clone()])?,
            data.len(),
            file.slice(range.start..data.end),
        )?);
    }
    Ok(Fragmented { init: file.slice(..first), moov, fragments })
}

/// Each run of ffmpeg counts from 1; CMAF wants the numbers to rise through the whole track.
fn number(moof: &mut [u8], sequence: u32) {
    if moof.get(12..16) == Some(b"mfhd") && moof.len() >= SEQUENCE_NUMBER.end {
        moof[SEQUENCE_NUMBER].copy_from_slice(&sequence.to_be_bytes());
    }
}

fn boxes(file: &[u8]) -> Result<Vec<(mp4_atom::FourCC, Range<usize>)>, Broken> {
    let mut boxes = Vec::new();
    let mut rest = file;
    while let Some(header) = Header::decode_maybe(&mut rest)? {
        let body = header.size.unwrap_or(rest.len());
        // The header was 8 or 16 bytes long.
        let start = boxes.last().map_or(0, |(_, range): &(_, Range<usize>)| range.end);
        let end = (file.len() - rest.len()).checked_add(body).filter(|end| *end <= file.len());
        let end = end.ok_or_else(|| Broken::Malformed("it is cut".to_owned()))?;
        boxes.push((header.kind, start..end));
        rest = &file[end..];
    }
    Ok(boxes)
}

fn decode<A: DecodeAtom>(mut bytes: &[u8]) -> Result<A, Broken> {
    let header = Header::decode_maybe(&mut bytes)?.ok_or(Broken::Empty)?;
    Ok(A::decode_atom(&header, &mut bytes)?)
}

fn fragment(moov: &Moov, moof: &Moof, data: usize, bytes: Bytes) -> Result<Fragment, Broken> {
    let malformed = |text: &str| Broken::Malformed(text.to_owned());
    let [traf] = moof.traf.as_slice() else { return Err(malformed("a moof has not one track")) };
    let trex = moov.mvex.as_ref().and_then(|mvex| mvex.trex.first());
    let default_duration =
        traf.tfhd.default_sample_duration.or(trex.map(|trex| trex.default_sample_duration));
    let default_flags = traf.tfhd.default_sample_flags.or(trex.map(|trex| trex.default_sample_flags));
    let default_size = traf.tfhd.default_sample_size.or(trex.map(|trex| trex.default_sample_size));
    let samples = || traf.trun.iter().flat_map(|run| run.samples.iter());
    let first = samples().next().ok_or_else(|| malformed("a moof has no samples"))?;
    let sizes: u64 = samples().map(|sample| u64::from(sample.size.or(default_size).unwrap_or(0))).sum();
    if sizes > data as u64 {
        return Err(malformed("samples reach out of their mdat"));
    }
    let tfdt = traf.tfdt.as_ref().ok_or_else(|| malformed("a moof has no tfdt"))?;
    let offset = traf.trun.first().and_then(|run| run.data_offset).unwrap_or(0);
    let first_size = first.size.or(default_size).unwrap_or(0) as usize;
    let first_picture_ends = usize::try_from(offset).unwrap_or(0) + first_size;
    if first_picture_ends > bytes.len() {
        return Err(malformed("the first sample reaches out of its fragment"));
    }
    Ok(Fragment {
        first_picture_ends,
        decode_time: tfdt.base_media_decode_time,
        durations: samples().map(|sample| sample.duration.or(default_duration).unwrap_or(0)).collect(),
        first_offset: u64::try_from(first.cts.unwrap_or(0))
            .map_err(|_| malformed("a picture is shown before it is decoded"))?,
        begins_with_sync: first.flags.or(default_flags).unwrap_or(0) & NON_SYNC == 0,
        bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300), moof: bool) {
            let start: &[u8] = if moof { b"\0\0\0\x08ftyp\0\0\0\x80moof" } else { b"" };
            let parsed = parse([start, &bytes].concat(), 1, Shift { decode: 2, composition: 2 });
            prop_assert!(parsed.is_err());
        }
    }
}
