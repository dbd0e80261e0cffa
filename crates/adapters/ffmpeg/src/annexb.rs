//! Pictures in an H.264 byte stream (ITU-T H.264 Annex B and 7.4.1.2.3), as one encoder writes it: each one begins with an
//! access unit delimiter.

const SLICE_OF_IDR: u8 = 5;
const SEQUENCE_PARAMETERS: u8 = 7;
const PICTURE_PARAMETERS: u8 = 8;
const DELIMITER: u8 = 9;

/// One coded picture with everything that belongs to it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AccessUnit<'a> {
    /// From its delimiter's start code on.
    pub(crate) bytes: &'a [u8],
    /// Decoding can begin here: it is an IDR picture and brings its parameter sets.
    pub(crate) keyframe: bool,
}

/// The pictures of a stream; what comes before the first delimiter belongs to none.
pub(crate) fn access_units(stream: &[u8]) -> Vec<AccessUnit<'_>> {
    let units = nal_units(stream);
    let starts: Vec<usize> =
        units.iter().enumerate().filter(|(_, unit)| unit.kind == DELIMITER).map(|(at, _)| at).collect();
    let ends = starts.iter().skip(1).copied().chain([units.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(first, end)| {
            let kinds: Vec<u8> = units[*first..end].iter().map(|unit| unit.kind).collect();
            let until = units.get(end).map_or(stream.len(), |next| next.start);
            let keyframe = [SLICE_OF_IDR, SEQUENCE_PARAMETERS, PICTURE_PARAMETERS]
                .iter()
                .all(|kind| kinds.contains(kind));
            AccessUnit { bytes: &stream[units[*first].start..until], keyframe }
        })
        .collect()
}

struct NalUnit {
    /// Where its start code begins.
    start: usize,
    kind: u8,
}

fn nal_units(stream: &[u8]) -> Vec<NalUnit> {
    let mut units = Vec::new();
    let mut at = 0;
    while at + 3 < stream.len() {
        if stream[at..at + 3] != [0, 0, 1] {
            at += 1;
            continue;
        }
        // The longer start code has a zero before.
        let start = if at > 0 && stream[at - 1] == 0 { at - 1 } else { at };
        units.push(NalUnit { start, kind: stream[at + 3] & 0x1F });
        at += 4;
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unit(kind: u8, payload: &[u8], long: bool) -> Vec<u8> {
        let code: &[u8] = if long { &[0, 0, 0, 1] } else { &[0, 0, 1] };
        [code, &[kind], payload].concat()
    }

    proptest! {
        #[test]
        fn pictures_come_out_as_they_went_in(
            pictures in prop::collection::vec((any::<bool>(), prop::collection::vec(1u8.., 0..40)), 0..9),
        ) {
            let written: Vec<(bool, Vec<u8>)> = pictures
                .into_iter()
                .map(|(key, payload)| {
                    let mut bytes = unit(DELIMITER, &[0xF0], true);
                    if key {
                        bytes.extend(unit(SEQUENCE_PARAMETERS, &payload, true));
                        bytes.extend(unit(PICTURE_PARAMETERS, &[1], true));
                    }
                    bytes.extend(unit(if key { SLICE_OF_IDR } else { 1 }, &payload, false));
                    (key, bytes)
                })
                .collect();
            let stream: Vec<u8> = written.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
            let read: Vec<(bool, Vec<u8>)> =
                access_units(&stream).iter().map(|unit| (unit.keyframe, unit.bytes.to_vec())).collect();
            prop_assert_eq!(read, written);
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(0u8..10, 0..200)) {
            let _ = access_units(&bytes);
        }
    }

    #[test]
    fn an_idr_picture_without_its_parameters_is_no_keyframe() {
        let stream = [unit(DELIMITER, &[0xF0], true), unit(SLICE_OF_IDR, &[1], false)].concat();
        assert!(!access_units(&stream)[0].keyframe);
    }
}
