//! AAC frames packaged as CMAF segments: the same initialization segment from every span of a track.

use super::Broken;
use bytes::Bytes;
use domain::{
    audio::{FRAME_RATE, FRAME_SAMPLES, SAMPLE_RATE},
    task::{SpanTask, TrackKind},
};
use mp4_atom::{
    Audio, Codec, Dinf, Dref, DrefEntry, Encode, Esds, FixedPoint, Ftyp, Hdlr, Mdat, Mdhd, Mdia, Mfhd, Minf,
    Moof, Moov, Mp4a, Mvex, Mvhd, Smhd, Stbl, Stco, Stsd, Tfdt, Tfhd, Tkhd, Traf, Trak, Trex, Trun,
    TrunEntry, Url,
    esds::{DecoderConfig, DecoderSpecific, EsDescriptor},
};
use ports::{EncodedSegment, EncodedTrack};

const TRACK: u32 = 1;
const CHANNELS: u16 = 2;
/// `objectTypeIndication` of MPEG-4 audio and `streamType` of an audio stream (ISO/IEC 14496-1 7.2.6.6).
const MPEG4_AUDIO: u8 = 0x40;
const AUDIO_STREAM: u8 = 5;
/// The AudioSpecificConfig: object type 2 (AAC-LC), sampling frequency index 3 (48 kHz), 2 channels.
const AAC_LC: DecoderSpecific = DecoderSpecific { profile: 2, freq_index: 3, chan_conf: 2, raw: Vec::new() };
/// `sample_depends_on` = 2: every frame of AAC can be decoded by itself (ISO/IEC 14496-12 8.8.3.1).
const INDEPENDENT: u32 = 0x0200_0000;
/// The header of an `mdat`.
const MDAT_HEADER: usize = 8;

/// Packages exactly the frames that a span promises; `frames` are raw AAC frames, one for each.
pub(crate) fn audio_track(task: &SpanTask, frames: &[&[u8]]) -> Result<EncodedTrack, Broken> {
    let (mut next, mut rest) = (task.first_frame, frames);
    let mut segments = Vec::with_capacity(task.segment_frames.len());
    for (count, index) in task.segment_frames.iter().zip(task.first_segment..) {
        let Some((these, later)) = rest.split_at_checked(*count as usize) else { break };
        let end = next + u64::from(*count);
        let duration_us = FRAME_RATE.micros_at(end) - FRAME_RATE.micros_at(next);
        let bytes = segment(index, next * u64::from(FRAME_SAMPLES) + delay(task), these)?;
        let duration_us = u64::try_from(duration_us).unwrap_or(0);
        segments.push(EncodedSegment { index, duration_us, keyframes: Vec::new(), bytes });
        (next, rest) = (end, later);
    }
    if segments.len() == task.segment_frames.len() && rest.is_empty() {
        return Ok(EncodedTrack {
            rendition: task.rendition.clone(),
            kind: TrackKind::Media,
            init: Some(init(task.kbps)?),
            segments,
        });
    }
    let planned = task.segment_frames.iter().map(|count| u64::from(*count)).sum::<u64>().to_string();
    Err(Broken::Differs { what: "the number of AAC frames", is: frames.len().to_string(), planned })
}

/// By how many samples everything sounds later.
fn delay(task: &SpanTask) -> u64 {
    let samples = task.delay_us * i64::from(SAMPLE_RATE);
    u64::try_from((samples + 500_000) / 1_000_000).unwrap_or(0)
}

fn segment(index: u32, first_sample: u64, frames: &[&[u8]]) -> Result<Bytes, Broken> {
    let entry = |frame: &&[u8]| TrunEntry { size: u32::try_from(frame.len()).ok(), ..TrunEntry::default() };
    let run = Trun { data_offset: Some(0), samples: frames.iter().map(entry).collect::<Vec<_>>().into() };
    let traf = Traf {
        tfhd: Tfhd {
            track_id: TRACK,
            default_sample_duration: Some(FRAME_SAMPLES),
            default_sample_flags: Some(INDEPENDENT),
            default_base_is_moof: true,
            ..Tfhd::default()
        },
        tfdt: Some(Tfdt { base_media_decode_time: first_sample }),
        trun: vec![run],
        ..Traf::default()
    };
    let mut moof = Moof { mfhd: Mfhd { sequence_number: index + 1 }, traf: vec![traf] };
    let mut bytes = Vec::new();
    moof.encode(&mut bytes)?;
    // Its length does not depend on the value.
    moof.traf[0].trun[0].data_offset = i32::try_from(bytes.len() + MDAT_HEADER).ok();
    bytes.clear();
    moof.encode(&mut bytes)?;
    Mdat { data: frames.concat() }.encode(&mut bytes)?;
    Ok(bytes.into())
}

fn init(kbps: u32) -> Result<Bytes, Broken> {
    let ftyp = Ftyp {
        major_brand: b"iso6".into(),
        minor_version: 0,
        compatible_brands: vec![b"iso6".into(), b"cmfc".into(), b"caac".into()],
    };
    let trex = Trex { track_id: TRACK, default_sample_description_index: 1, ..Trex::default() };
    let moov = Moov {
        mvhd: Mvhd {
            timescale: SAMPLE_RATE,
            rate: FixedPoint::new(1, 0),
            volume: FixedPoint::new(1, 0),
            next_track_id: TRACK + 1,
            ..Mvhd::default()
        },
        mvex: Some(Mvex { mehd: None, trex: vec![trex] }),
        trak: vec![trak(kbps)],
        ..Moov::default()
    };
    let mut bytes = Vec::new();
    ftyp.encode(&mut bytes)?;
    moov.encode(&mut bytes)?;
    Ok(bytes.into())
}

fn trak(kbps: u32) -> Trak {
    let itself = DrefEntry::Url(Url { location: String::new() });
    Trak {
        tkhd: Tkhd {
            track_id: TRACK,
            enabled: true,
            in_movie: true,
            volume: FixedPoint::new(1, 0),
            ..Tkhd::default()
        },
        mdia: Mdia {
            mdhd: Mdhd { timescale: SAMPLE_RATE, language: "und".to_owned(), ..Mdhd::default() },
            hdlr: Hdlr { handler: b"soun".into(), name: "sound".to_owned() },
            minf: Minf {
                smhd: Some(Smhd::default()),
                dinf: Dinf { dref: Dref { entries: vec![itself] } },
                stbl: Stbl {
                    stsd: Stsd { codecs: vec![Codec::Mp4a(mp4a(kbps))] },
                    stco: Some(Stco::default()),
                    ..Stbl::default()
                },
                ..Minf::default()
            },
        },
        ..Trak::default()
    }
}

fn mp4a(kbps: u32) -> Mp4a {
    let dec_config = DecoderConfig {
        object_type_indication: MPEG4_AUDIO,
        stream_type: AUDIO_STREAM,
        max_bitrate: kbps * 1000,
        avg_bitrate: kbps * 1000,
        dec_specific: Some(AAC_LC),
        ..DecoderConfig::default()
    };
    Mp4a {
        audio: Audio {
            data_reference_index: 1,
            channel_count: CHANNELS,
            sample_size: 16,
            // Fits: 16.16 fixed point is what bounds the rate.
            sample_rate: FixedPoint::new(SAMPLE_RATE as u16, 0),
        },
        esds: Esds { es_desc: EsDescriptor { es_id: 1, dec_config, ..EsDescriptor::default() } },
        btrt: None,
        taic: None,
    }
}
