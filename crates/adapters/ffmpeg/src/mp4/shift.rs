//! Moves the fragments of a picture track in time.
//!
//! ffmpeg writes offsets from decoding to showing that may be below zero. Players differ on what that means: ffmpeg itself
//! shows such a track later by the lowest offset, others do not, and sound is then early or late. So offsets are raised until
//! none is below zero, and the sound is moved by as much.

use super::Broken;
use std::ops::Range;

const HEADER: usize = 8;
/// Flags of `trun` (ISO/IEC 14496-12 8.8.8.1) for fields before its samples, and in each of them.
const BEFORE_SAMPLES: [u32; 2] = [0x1, 0x4];
const IN_SAMPLES: [u32; 3] = [0x100, 0x200, 0x400];
const COMPOSITION_OFFSET: u32 = 0x800;

/// By how many ticks of the media timescale everything moves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shift {
    /// Decoding, and showing with it.
    pub(super) decode: u32,
    /// Showing only.
    pub(super) composition: u32,
}

impl Shift {
    /// Moves one `moof`, whose length does not change.
    pub(super) fn apply(self, moof: &mut [u8]) -> Result<(), Broken> {
        for traf in children(moof, b"traf")? {
            let traf = &mut moof[traf];
            let mut offsets = true;
            for trun in children(traf, b"trun")? {
                offsets &= self.offsets(&mut traf[trun])?;
            }
            // Without offsets everything is shown when it is decoded: it all moves together.
            let ticks = self.decode + if offsets { 0 } else { self.composition };
            for tfdt in children(traf, b"tfdt")? {
                decode_time(&mut traf[tfdt], ticks)?;
            }
        }
        Ok(())
    }

    /// Raises the offset of each sample; false when the run has none.
    fn offsets(self, trun: &mut [u8]) -> Result<bool, Broken> {
        let flags = read(trun, HEADER)? & 0x00ff_ffff;
        if flags & COMPOSITION_OFFSET == 0 {
            return Ok(false);
        }
        let fields = |all: &[u32]| all.iter().filter(|flag| flags & **flag != 0).count() * 4;
        let (before, own) = (fields(&BEFORE_SAMPLES), fields(&IN_SAMPLES));
        let first = HEADER + 8 + before + own;
        for sample in 0..read(trun, HEADER + 4)? as usize {
            let at = first + sample * (own + 4);
            let offset = read(trun, at)?.wrapping_add(self.composition);
            if offset.cast_signed() < 0 {
                return Err(malformed("a picture is shown before it is decoded"));
            }
            trun[at..at + 4].copy_from_slice(&offset.to_be_bytes());
        }
        Ok(true)
    }
}

fn decode_time(tfdt: &mut [u8], ticks: u32) -> Result<(), Broken> {
    // Version 1 has 64 bits, of which the upper half is first.
    if tfdt.get(HEADER) != Some(&1) {
        return Err(malformed("a tfdt is not of version 1"));
    }
    let at = HEADER + 4;
    let time = u64::from(read(tfdt, at)?) << 32 | u64::from(read(tfdt, at + 4)?);
    tfdt[at..at + 8].copy_from_slice(&(time + u64::from(ticks)).to_be_bytes());
    Ok(())
}

/// Where the boxes of this kind are within a box.
fn children(parent: &[u8], kind: &[u8; 4]) -> Result<Vec<Range<usize>>, Broken> {
    let (mut found, mut at) = (Vec::new(), HEADER);
    while at < parent.len() {
        let size = read(parent, at)? as usize;
        let end = at.checked_add(size).filter(|end| size >= HEADER && *end <= parent.len());
        let end = end.ok_or_else(|| malformed("a box reaches out of its parent"))?;
        if &parent[at + 4..at + HEADER] == kind {
            found.push(at..end);
        }
        at = end;
    }
    Ok(found)
}

fn read(bytes: &[u8], at: usize) -> Result<u32, Broken> {
    let four = bytes.get(at..at + 4).and_then(|four| four.try_into().ok());
    four.map(u32::from_be_bytes).ok_or_else(|| malformed("a box is cut"))
}

fn malformed(text: &str) -> Broken {
    Broken::Malformed(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let size = u32::try_from(body.len() + HEADER).unwrap();
        [&size.to_be_bytes()[..], kind, body].concat()
    }

    fn moof(offsets: Option<&[i32]>) -> Vec<u8> {
        let flags: u32 = 0x0100_0205 | if offsets.is_some() { COMPOSITION_OFFSET } else { 0 };
        let mut trun = [flags.to_be_bytes(), 2u32.to_be_bytes(), [9; 4], [8; 4]].concat();
        for sample in 0..2 {
            trun.extend([7; 4]);
            trun.extend(offsets.iter().flat_map(|all| all[sample].to_be_bytes()));
        }
        let tfdt = [&0x0100_0000u32.to_be_bytes()[..], &100u64.to_be_bytes()].concat();
        boxed(b"moof", &boxed(b"traf", &[boxed(b"tfdt", &tfdt), boxed(b"trun", &trun)].concat()))
    }

    #[test]
    fn offsets_are_raised_and_decoding_is_moved() {
        let mut moved = moof(Some(&[0, -2]));
        Shift { decode: 3, composition: 2 }.apply(&mut moved).unwrap();
        let mut expected = moof(Some(&[2, 0]));
        let tfdt = expected.windows(8).position(|eight| eight == 100u64.to_be_bytes()).unwrap();
        expected[tfdt + 7] = 103;
        assert_eq!(moved, expected);
        assert!(Shift { decode: 0, composition: 1 }.apply(&mut moof(Some(&[0, -2]))).is_err());
    }

    #[test]
    fn a_run_without_offsets_moves_as_a_whole() {
        let mut moved = moof(None);
        Shift { decode: 3, composition: 2 }.apply(&mut moved).unwrap();
        assert!(moved.windows(8).any(|eight| eight == 105u64.to_be_bytes()));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Shift { decode: 1, composition: 1 }.apply(&mut bytes);
        }
    }
}
