//! The names of formats (RFC 6381), from the headers of tracks.

use domain::h264::Sps;
use hls::Resolution;
use mp4_atom::{Avcc, Codec, Mp4a};

/// `objectTypeIndication` of MPEG-4 audio (ISO/IEC 14496-1 7.2.6.6).
const MPEG4_AUDIO: u8 = 0x40;

/// The format of a track; `None` for what cannot be told, as where it is encrypted.
pub(super) fn name(codec: &Codec) -> Option<String> {
    let name = match codec {
        Codec::Avc1(_) | Codec::Avc3(_) => return Some(sps(h264(codec)?)?.codec()),
        Codec::Mp4a(mp4a) => return Some(mpeg4_audio(mp4a)),
        Codec::Hvc1(_) => "hvc1",
        Codec::Hev1(_) => "hev1",
        Codec::Vp08(_) => "vp08",
        Codec::Vp09(_) => "vp09",
        Codec::Av01(_) => "av01",
        Codec::Opus(_) => "opus",
        Codec::Flac(_) => "flac",
        Codec::Ac3(_) => "ac-3",
        Codec::Eac3(_) => "ec-3",
        Codec::Wvtt(_) => "wvtt",
        _ => return None,
    };
    Some(name.to_owned())
}

/// The size of a track's pictures: that of the parameter set, where there is one.
pub(super) fn resolution(codec: &Codec) -> Option<Resolution> {
    let visual = codec.visual()?;
    let stated = (u32::from(visual.width), u32::from(visual.height));
    let (width, height) = h264(codec).and_then(sps).and_then(|sps| sps.resolution()).unwrap_or(stated);
    Some(Resolution { width, height })
}

/// In how many bytes the lengths of H.264's units are written; `None` for other formats.
pub(super) fn length_size(codec: &Codec) -> Option<usize> {
    h264(codec).map(|avcc| usize::from(avcc.length_size))
}

fn h264(codec: &Codec) -> Option<&Avcc> {
    match codec {
        Codec::Avc1(avc) => Some(&avc.avcc),
        Codec::Avc3(avc) => Some(&avc.avcc),
        _ => None,
    }
}

fn sps(avcc: &Avcc) -> Option<Sps> {
    avcc.sequence_parameter_sets.first().and_then(|unit| Sps::of_unit(unit))
}

fn mpeg4_audio(mp4a: &Mp4a) -> String {
    let config = &mp4a.esds.es_desc.dec_config;
    match (config.object_type_indication, &config.dec_specific) {
        (MPEG4_AUDIO, Some(specific)) => format!("mp4a.40.{}", specific.profile),
        (object, _) => format!("mp4a.{object:02x}"),
    }
}
