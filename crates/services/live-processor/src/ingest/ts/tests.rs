//! Segments made packet by packet, and bytes of any kind.

use super::*;
use proptest::prelude::*;

const MAP: u16 = 0x1000;
const VIDEO: u16 = 0x100;
const AUDIO: u16 = 0x101;
/// As x264 writes it: High, level 1.3, 320x180.
const PARAMETERS: &[u8] = &[
    0x67, 0x64, 0x00, 0x0d, 0xac, 0xd9, 0x41, 0x41, 0x9f, 0x9e, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00,
    0x00, 0x03, 0x03, 0x20, 0xf1, 0x42, 0x99, 0x60,
];

fn packet(pid: u16, begins: bool, payload: &[u8]) -> Vec<u8> {
    let [high, low] = pid.to_be_bytes();
    let stuffing = PACKET - 4 - payload.len();
    let mut bytes = vec![SYNC, high | u8::from(begins) << 6, low, 0x10];
    if stuffing > 0 {
        bytes[3] |= 0x20;
        bytes.push(u8::try_from(stuffing - 1).expect("fits"));
        bytes.extend((1..stuffing).map(|at| if at == 1 { 0 } else { 0xff }));
    }
    bytes.extend_from_slice(payload);
    bytes
}

fn table(pid: u16, id: u8, body: &[u8]) -> Vec<u8> {
    let length = u8::try_from(body.len() + 9).expect("short");
    let header = [0, id, 0xb0, length, 0, 1, 0xc1, 0, 0];
    packet(pid, true, &[&header, body, &[0; 4]].concat())
}

fn tables() -> Vec<u8> {
    let [high, low] = MAP.to_be_bytes();
    let pat = table(0, 0, &[0, 1, 0xe0 | high, low]);
    let entry = |kind: u8, pid: u16| [kind, 0xe0 | pid.to_be_bytes()[0], pid.to_be_bytes()[1], 0xf0, 0];
    let body = [&[0xe1, 0, 0xf0, 0][..], &entry(0x1b, VIDEO), &entry(0x0f, AUDIO)].concat();
    [pat, table(MAP, 2, &body)].concat()
}

fn frame(pid: u16, pts: u64, data: &[u8]) -> Vec<u8> {
    let byte = |shift: u32| (pts >> shift) as u8;
    let pts = [0x21 | byte(29) & 0x0e, byte(22), byte(14) | 1, byte(7), byte(0) << 1 | 1];
    packet(pid, true, &[&[0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5][..], &pts, data].concat())
}

/// Half a second at 25 pictures a second, the order of which was changed for coding.
fn segment(first: u64) -> Vec<u8> {
    let mut bytes = tables();
    let adts = [0xff, 0xf1, 0x50, 0x80, 0, 0x1f, 0xfc];
    bytes.extend(frame(AUDIO, first, &adts));
    for (number, place) in [0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 11, 10, 12].into_iter().enumerate() {
        let data = if number == 0 {
            [&[0, 0, 0, 1][..], PARAMETERS, &[0, 0, 0, 1, 0x65]].concat()
        } else {
            vec![1; 40]
        };
        bytes.extend(frame(VIDEO, (first + place * 3600) % (1 << 33), &data));
    }
    bytes
}

fn read(pieces: &[&[u8]]) -> Result<Facts, Unreadable> {
    let mut reader = Reader::default();
    pieces.iter().for_each(|piece| reader.push(piece));
    reader.finish()
}

#[test]
fn a_segment_says_when_it_plays_and_what_it_is() {
    let facts = read(&[&segment(900_000)]).unwrap();
    assert_eq!((facts.first_pts, facts.duration_us), (900_000, 520_000));
    assert_eq!(facts.codecs.as_deref(), Some("avc1.64000d,mp4a.40.2"));
    assert_eq!((facts.resolution, facts.frame_rate, facts.keyframe), (Some((320, 180)), Some(25.0), true));
}

#[test]
fn timestamps_may_wrap_within_it() {
    let facts = read(&[&segment((1 << 33) - 7_200)]).unwrap();
    assert_eq!((facts.first_pts, facts.duration_us), ((1 << 33) - 7_200, 520_000));
}

#[test]
fn what_is_no_segment_is_told() {
    let segment = segment(0);
    assert_eq!(read(&[]), Err(Unreadable::NotTs));
    assert_eq!(read(&[&segment[1..]]), Err(Unreadable::NotTs));
    assert_eq!(read(&[&segment[..segment.len() - 1]]), Err(Unreadable::NotTs));
    assert_eq!(read(&[&tables()]), Err(Unreadable::NoTimestamps));
    assert_eq!(read(&[&tables(), &frame(VIDEO, 0, &[1])]), Err(Unreadable::NoDuration));
}

proptest! {
    #[test]
    fn pieces_of_any_size_are_the_same(cuts in prop::collection::vec(1_usize..400, 0..20)) {
        let segment = segment(90_000);
        let (mut pieces, mut rest) = (Vec::new(), &segment[..]);
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        prop_assert_eq!(read(&pieces), read(&[&segment]));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, changes in prop::collection::vec((0_usize..2_000, any::<u8>()), 0..60)) {
        let _ = read(&[&bytes]);
        let mut segment = segment(90_000);
        for (at, byte) in changes {
            if let Some(place) = segment.get_mut(at) {
                *place = byte;
            }
        }
        let _ = read(&[&segment]);
    }
}
