//! Segments, read back by a library that shares no code with this one.

use super::{Counters, Unit, WRAP, segment, segment::AHEAD};
use mpeg2ts::{
    es::StreamType,
    pes::{PesPacket, PesPacketReader, ReadPesPacket},
    ts::{ReadTsPacket, TsPacket, TsPacketReader, TsPayload},
};
use proptest::prelude::*;
use std::collections::HashMap;

/// What a unit is made of: a picture or sound, its time, its parts.
type Made = (bool, u64, bool, Vec<Vec<u8>>);

fn made() -> impl Strategy<Value = Made> {
    let part = prop::collection::vec(any::<u8>(), 1..900);
    (any::<bool>(), 0..WRAP, any::<bool>(), prop::collection::vec(part, 1..4))
}

fn unit((picture, pts, keyframe, parts): &Made) -> Unit<'_> {
    if *picture {
        Unit::Picture { pts: *pts, keyframe: *keyframe, bytes: &parts[0] }
    } else {
        Unit::Sound { pts: *pts, frames: parts.iter().map(Vec::as_slice).collect() }
    }
}

fn payload((picture, _, _, parts): &Made) -> Vec<u8> {
    if *picture { parts[0].clone() } else { parts.concat() }
}

fn packets(bytes: &[u8]) -> Vec<TsPacket> {
    let mut reader = TsPacketReader::new(bytes);
    std::iter::from_fn(|| reader.read_ts_packet().expect("it is a transport stream")).collect()
}

fn read(bytes: &[u8]) -> Vec<PesPacket<Vec<u8>>> {
    let mut reader = PesPacketReader::new(TsPacketReader::new(bytes));
    std::iter::from_fn(|| reader.read_pes_packet().expect("it holds elementary streams")).collect()
}

proptest! {
    /// Whatever is put in comes out: the same bytes at the same times.
    #[test]
    fn what_goes_in_comes_out(units in prop::collection::vec(made(), 1..12)) {
        let bytes = segment(units.iter().map(unit), &mut Counters::default());
        prop_assert_eq!(bytes.len() % 188, 0);
        for (picture, id) in [(true, 0xE0), (false, 0xC0)] {
            let expected: Vec<_> = units.iter().filter(|unit| unit.0 == picture).collect();
            let found: Vec<_> = read(&bytes).into_iter().filter(|pes| pes.header.stream_id.as_u8() == id).collect();
            prop_assert_eq!(found.len(), expected.len());
            for (found, expected) in found.into_iter().zip(expected) {
                prop_assert_eq!(found.header.pts.map(|pts| pts.as_u64()), Some(expected.1));
                prop_assert_eq!(found.data, payload(expected));
            }
        }
    }

    /// Each PID counts on by one, from packet to packet and from segment to segment.
    #[test]
    fn counters_go_on(segments in prop::collection::vec(prop::collection::vec(made(), 1..5), 1..5)) {
        let mut counters = Counters::default();
        let bytes: Vec<u8> =
            segments.iter().flat_map(|units| segment(units.iter().map(unit), &mut counters)).collect();
        let mut expected: HashMap<u16, u8> = HashMap::new();
        for packet in packets(&bytes) {
            let counter = expected.entry(packet.header.pid.as_u16()).or_default();
            prop_assert_eq!(packet.header.continuity_counter.as_u8(), *counter % 16);
            *counter = (*counter + 1) % 16;
        }
    }

    /// A picture brings the clock, and says whether decoding can begin with it.
    #[test]
    fn pictures_bring_the_clock(units in prop::collection::vec(made(), 1..8)) {
        let bytes = segment(units.iter().map(unit), &mut Counters::default());
        let found: Vec<(u64, bool)> = packets(&bytes)
            .into_iter()
            .filter_map(|packet| packet.adaptation_field)
            .filter_map(|field| Some((field.pcr?.as_u64(), field.random_access_indicator)))
            .collect();
        let expected: Vec<(u64, bool)> = units
            .iter()
            .filter(|unit| unit.0)
            .map(|unit| ((unit.1 + WRAP - AHEAD) % WRAP * 300, unit.2))
            .collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn the_tables_name_both_tracks() {
    let bytes = segment([], &mut Counters::default());
    let payloads: Vec<_> = packets(&bytes).into_iter().filter_map(|packet| packet.payload).collect();
    let [TsPayload::Pat(pat), TsPayload::Pmt(pmt)] = &payloads[..] else { panic!("{payloads:?}") };
    assert_eq!(pat.table[0].program_map_pid.as_u16(), 0x1000);
    assert_eq!(pmt.pcr_pid.map(|pid| pid.as_u16()), Some(0x100));
    let streams: Vec<_> = pmt.es_info.iter().map(|es| (es.stream_type, es.elementary_pid.as_u16())).collect();
    assert_eq!(streams, [(StreamType::H264, 0x100), (StreamType::AdtsAac, 0x101)]);
}
