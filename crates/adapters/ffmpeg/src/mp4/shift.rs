//! Moves the fragments of a picture track in time.
//!
//! ffmpeg writes offsets from decoding to showing that may be below zero. Players differ on what that means: ffmpeg itself
//! shows such a track later by the lowest offset, others do not, and sound is then early or late. So offsets are raised until
//! none is below zero, and the sound is moved by as much.
//!
//! A fragment that reorders nothing has no offsets at all. It gets some, for without them it would be decoded later than those
//! around it, which reorder: decoding would jump before it, and back after it.

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
            for trun in children(traf, b"trun")? {
                self.offsets(&mut traf[trun])?;
            }
            for tfdt in children(traf, b"tfdt")? {
                decode_time(&mut traf[tfdt], self.decode)?;
            }
        }
        Ok(())
    }

    /// Raises the offset of each sample.
    fn offsets(self, trun: &mut [u8]) -> Result<(), Broken> {
        let run = Run::of(trun)?;
        if !run.has_offsets {
            return Err(malformed("a run has no offsets"));
        }
        for sample in 0..run.samples {
            let at = run.first + sample * (run.own + 4) + run.own;
            let offset = read(trun, at)?.wrapping_add(self.composition);
            if offset.cast_signed() < 0 {
                return Err(malformed("a picture is shown before it is decoded"));
            }
            trun[at..at + 4].copy_from_slice(&offset.to_be_bytes());
        }
        Ok(())
    }
}

/// The same `moof` with an offset of zero for each sample that had none; `None` when all have one.
pub(super) fn with_offsets(moof: &[u8]) -> Result<Option<Vec<u8>>, Broken> {
    let (mut longer, mut growth) = (moof.to_vec(), 0);
    for traf in children(moof, b"traf")?.into_iter().rev() {
        let before = growth;
        for trun in children(&moof[traf.clone()], b"trun")?.into_iter().rev() {
            let trun = traf.start + trun.start..traf.start + trun.end;
            let run = Run::of(&moof[trun.clone()])?;
            if !run.has_offsets {
                growth += run.samples * 4;
                longer.splice(trun.clone(), run.with_offsets(&moof[trun])?);
            }
        }
        raise(&mut longer, traf.start, growth - before)?;
    }
    raise(&mut longer, 0, growth)?;
    for traf in children(&longer, b"traf")? {
        for trun in children(&longer[traf.clone()], b"trun")? {
            let at = traf.start + trun.start;
            // Data is found from the start of the `moof`.
            if read(&longer, at + HEADER)? & BEFORE_SAMPLES[0] != 0 {
                raise(&mut longer, at + HEADER + 8, growth)?;
            }
        }
    }
    Ok((growth > 0).then_some(longer))
}

/// Where the fields of a `trun` are.
struct Run {
    flags: u32,
    samples: usize,
    has_offsets: bool,
    /// Where its first sample begins.
    first: usize,
    /// The bytes of each sample before its offset.
    own: usize,
}

impl Run {
    fn of(trun: &[u8]) -> Result<Self, Broken> {
        let (flags, samples) = (read(trun, HEADER)?, read(trun, HEADER + 4)? as usize);
        let fields = |all: &[u32]| all.iter().filter(|flag| flags & **flag != 0).count() * 4;
        let (first, own) = (HEADER + 8 + fields(&BEFORE_SAMPLES), fields(&IN_SAMPLES));
        let has_offsets = flags & COMPOSITION_OFFSET != 0;
        let each = own + if has_offsets { 4 } else { 0 };
        let whole = samples.checked_mul(each).and_then(|all| all.checked_add(first));
        if whole.is_none_or(|whole| whole > trun.len()) || samples > trun.len() {
            return Err(malformed("a run is cut"));
        }
        Ok(Self { flags, samples, has_offsets, first, own })
    }

    fn with_offsets(&self, trun: &[u8]) -> Result<Vec<u8>, Broken> {
        let mut longer = trun[..self.first].to_vec();
        for sample in 0..self.samples {
            let at = self.first + sample * self.own;
            longer.extend_from_slice(&trun[at..at + self.own]);
            longer.extend([0; 4]);
        }
        let flags = self.flags | COMPOSITION_OFFSET;
        longer[HEADER..HEADER + 4].copy_from_slice(&flags.to_be_bytes());
        raise(&mut longer, 0, self.samples * 4)?;
        Ok(longer)
    }
}

/// Adds to a number of 32 bits.
fn raise(bytes: &mut [u8], at: usize, by: usize) -> Result<(), Broken> {
    let raised = u32::try_from(by).ok().and_then(|by| read(bytes, at).ok()?.checked_add(by));
    let raised = raised.ok_or_else(|| malformed("a box is too long"))?;
    bytes[at..at + 4].copy_from_slice(&raised.to_be_bytes());
    Ok(())
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
    fn a_run_without_offsets_gets_some() {
        let longer = with_offsets(&moof(None)).unwrap().unwrap();
        let mut expected = moof(Some(&[0, 0]));
        let data_offset = expected.windows(4).position(|four| four == [9; 4]).unwrap();
        expected[data_offset + 3] += 8;
        assert_eq!(longer, expected);
        assert_eq!(with_offsets(&longer), Ok(None));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = with_offsets(&bytes);
            let _ = Shift { decode: 1, composition: 1 }.apply(&mut bytes);
        }
    }
}
