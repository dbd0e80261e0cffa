//! A reel: encoded frames that are shown over and over, cut and stamped so that they look like one long recording.

use super::grid::{CELL_TICKS, CELLS_PER_SECOND, PICTURE_TICKS, PICTURES_PER_CELL, SOUND_TICKS, Span};
use crate::ts::{self, Counters, Unit};
use bytes::Bytes;
use domain::programme::Programme;
use ports::EncodedFrames;

/// When the first picture of a recording is shown, in ticks: later than receivers are told about it.
const FIRST_PTS: u64 = 90_000;
const SEQUENCE_PARAMETERS: u8 = 7;
/// The RFC 6381 codec string of AAC-LC.
const SOUND_CODEC: &str = "mp4a.40.2";

/// Frames of a programme that lasts whole seconds, without a beginning or end: cell 0 follows the last one.
#[derive(Debug, Clone)]
pub(crate) struct Reel {
    frames: EncodedFrames,
}

impl Reel {
    /// Pictures per second.
    pub(crate) const RATE: f64 = (CELLS_PER_SECOND * PICTURES_PER_CELL) as f64;

    /// A reel of frames that were made for a programme.
    pub(crate) fn new(frames: EncodedFrames) -> Self {
        Self { frames }
    }

    /// The programme whose frames make a reel: a cell is a GOP.
    pub(crate) fn programme(
        seconds: u32,
        (width, height): (u32, u32),
        colour: u32,
        caption_height: u32,
    ) -> Programme {
        Programme {
            width,
            height,
            colour,
            rate: (CELLS_PER_SECOND * PICTURES_PER_CELL) as u32,
            gop_frames: PICTURES_PER_CELL as u32,
            seconds,
            caption_height,
            captions_per_second: CELLS_PER_SECOND as u32,
        }
    }

    /// The part of a recording that shows a span: a transport stream that follows the part that left `counters` so. The
    /// recording began with cell `origin`.
    pub(crate) fn segment(&self, span: Span, origin: u64, counters: &mut Counters) -> Bytes {
        let cells = (span.first..span.end()).flat_map(|cell| self.cell(cell, origin));
        Bytes::from(ts::segment(cells, counters))
    }

    /// When the span's first picture is shown, in ticks.
    pub(crate) fn first_pts(span: Span, origin: u64) -> u64 {
        picture_pts(span.first, origin) % ts::WRAP
    }

    /// The codecs (RFC 6381): that of the pictures says what their parameters say (ITU-T H.264 7.3.2.1.1).
    pub(crate) fn codecs(&self) -> Option<String> {
        let first = self.frames.pictures.first()?;
        let parameters = first
            .windows(7)
            .find(|bytes| bytes[..3] == [0, 0, 1] && bytes[3] & 0x1F == SEQUENCE_PARAMETERS)?;
        Some(format!("avc1.{},{SOUND_CODEC}", hex::encode_upper(&parameters[4..7])))
    }

    fn cell(&self, cell: u64, origin: u64) -> Vec<Unit<'_>> {
        let mut units = Vec::with_capacity(PICTURES_PER_CELL as usize + 1);
        for number in 0..PICTURES_PER_CELL {
            units.push(Unit::Picture {
                pts: picture_pts(cell, origin) + number * PICTURE_TICKS,
                keyframe: number == 0,
                bytes: of(&self.frames.pictures, cell * PICTURES_PER_CELL + number),
            });
        }
        let sound = Span { first: cell, cells: 1 }.sound();
        if !sound.is_empty() {
            let pts = FIRST_PTS + sound.start * SOUND_TICKS - origin * CELL_TICKS;
            // After the picture that brings the clock.
            units.insert(
                1,
                Unit::Sound { pts, frames: sound.map(|frame| of(&self.frames.sound, frame)).collect() },
            );
        }
        units
    }
}

fn picture_pts(cell: u64, origin: u64) -> u64 {
    FIRST_PTS + (cell - origin) * CELL_TICKS
}

/// The frame at this place of a loop.
fn of(frames: &[Bytes], number: u64) -> &[u8] {
    let length = frames.len().max(1) as u64;
    frames.get((number % length) as usize).map_or(&[], |frame| frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mpeg2ts::{
        pes::{PesPacketReader, ReadPesPacket},
        ts::TsPacketReader,
    };
    use proptest::prelude::*;

    /// A minute whose frames say which one they are.
    fn minute() -> Reel {
        let numbered =
            |count: u32| (0..count).map(|number| Bytes::from(number.to_be_bytes().to_vec())).collect();
        Reel::new(EncodedFrames { pictures: numbered(1800), sound: numbered(1875) })
    }

    /// Time and contents of everything that a recording shows, pictures and sound apart.
    fn shown(recording: &[u8]) -> [Vec<(u64, Vec<u32>)>; 2] {
        let mut reader = PesPacketReader::new(TsPacketReader::new(recording));
        let mut shown = [Vec::new(), Vec::new()];
        while let Some(pes) = reader.read_pes_packet().unwrap() {
            let numbers =
                pes.data.chunks(4).map(|four| u32::from_be_bytes(four.try_into().unwrap())).collect();
            let track = usize::from(pes.header.stream_id.as_u8() != 0xE0);
            shown[track].push((pes.header.pts.unwrap().as_u64(), numbers));
        }
        shown
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// However a recording is cut, and however often the loop ends in it: each picture and each frame of sound is there
        /// once, at its time, and shows what belongs to that second of the minute.
        #[test]
        fn a_recording_has_no_joins(
            origin in 17_000_000_000u64..17_000_001_000,
            lengths in prop::collection::vec(1u64..40, 1..60),
        ) {
            let (reel, mut counters, mut at, mut recording) = (minute(), Counters::default(), origin, Vec::new());
            for cells in lengths {
                let span = Span { first: at, cells };
                recording.extend(reel.segment(span, origin, &mut counters));
                at = span.end();
            }
            let [pictures, sound] = shown(&recording);
            let all = Span { first: origin, cells: at - origin };
            prop_assert_eq!(pictures.len() as u64, all.cells * PICTURES_PER_CELL);
            for ((pts, numbers), place) in pictures.into_iter().zip(0u64..) {
                prop_assert_eq!(pts, FIRST_PTS + place * PICTURE_TICKS);
                prop_assert_eq!(numbers, vec![((origin * PICTURES_PER_CELL + place) % 1800) as u32]);
            }
            let mut frames = all.sound();
            for (pts, numbers) in sound {
                prop_assert_eq!(pts + origin * CELL_TICKS, FIRST_PTS + frames.start * SOUND_TICKS);
                for number in numbers {
                    prop_assert_eq!(number, (frames.next().unwrap() % 1875) as u32);
                }
            }
            prop_assert!(frames.is_empty());
        }
    }

    #[test]
    fn codecs_are_those_of_the_parameters() {
        let picture = Bytes::from_static(&[0, 0, 0, 1, 9, 0xF0, 0, 0, 0, 1, 0x67, 0x4D, 0x40, 0x1E, 1]);
        let frames = EncodedFrames { pictures: vec![picture], sound: Vec::new() };
        assert_eq!(Reel::new(frames).codecs().as_deref(), Some("avc1.4D401E,mp4a.40.2"));
        assert_eq!(minute().codecs(), None);
    }
}
