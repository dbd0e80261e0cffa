//! Marks of protected files. They decode to noise, with success as the exit code, so the decoder cannot be
//! asked.

use super::{
    boxes::{self, Boxes, Moov},
    format::{InOrder, TS_PACKET, TS_SYNC},
    ranges::Ranges,
};
use ports::MediaError;

/// How much of the beginning is searched where a format has no tables.
const HEAD_BYTES: u64 = 4 << 20;

/// The Content Encryption, Extended Content Encryption and Advanced Content Encryption objects of ASF
/// (sections 3.14, 3.15 and 3.16 of its specification), as stored.
const ASF_OBJECTS: [[u8; 16]; 3] = [
    [0xFB, 0xB3, 0x11, 0x22, 0x23, 0xBD, 0xD2, 0x11, 0xB4, 0xB7, 0x00, 0xA0, 0xC9, 0x55, 0xFC, 0x6E],
    [0x14, 0xE6, 0x8A, 0x29, 0x22, 0x26, 0x17, 0x4C, 0xB9, 0x35, 0xDA, 0xE0, 0x7E, 0xE9, 0x28, 0x9C],
    [0x33, 0x85, 0x05, 0x43, 0x81, 0x69, 0xE6, 0x49, 0x9B, 0x74, 0xAD, 0x12, 0xCB, 0x86, 0xD5, 0x8C],
];

/// What protects a source of this format, whose boxes are in `moov` if it has any; `None` if nothing does.
pub(super) async fn find(
    source: &Ranges,
    format: Option<InOrder>,
    moov: &Moov,
) -> Result<Option<&'static str>, MediaError> {
    let Some(format) = format else { return Ok(mark_of_boxes(moov)) };
    let head = source.read(0, HEAD_BYTES).await?;
    Ok(match format {
        InOrder::Asf => asf_is_encrypted(&head).then_some("ASF DRM"),
        InOrder::Flv => None,
        InOrder::Matroska => matroska_is_encrypted(&head).then_some("Matroska encryption"),
        InOrder::TransportStream => is_scrambled(&head).then_some("scrambled MPEG-TS"),
    })
}

fn mark_of_boxes(moov: &Moov) -> Option<&'static str> {
    let descriptions = boxes::at(&moov.contents, &[b"trak", b"mdia", b"minf", b"stbl", b"stsd"]);
    let mut entries = descriptions.into_iter().flat_map(|stsd| Boxes(stsd.get(8..).unwrap_or_default()));
    entries.any(|(kind, _)| PROTECTED_ENTRIES.contains(&kind)).then_some("DRM")
}

/// Sample entries of protected tracks (ISO/IEC 14496-12 8.12, and Apple's).
const PROTECTED_ENTRIES: [[u8; 4]; 7] =
    [*b"encv", *b"enca", *b"encs", *b"enct", *b"encu", *b"drms", *b"drmi"];

fn asf_is_encrypted(head: &[u8]) -> bool {
    ASF_OBJECTS.iter().any(|object| head.windows(16).any(|bytes| bytes == object))
}

/// `ContentEncodings` with a `ContentEncodingType` of 1 (RFC 9559 5.1.4.1.31): an element id, a length of one
/// byte, a value.
fn matroska_is_encrypted(head: &[u8]) -> bool {
    const REACH: usize = 200;
    let starts = head.windows(2).enumerate().filter(|(_, id)| *id == [0x6D, 0x80]);
    starts.take(1_000).any(|(at, _)| {
        let near = &head[at..head.len().min(at + REACH)];
        near.windows(4).any(|bytes| bytes == [0x50, 0x33, 0x81, 0x01])
            && near.windows(2).any(|id| id == [0x50, 0x35])
    })
}

/// More than half of the packets are scrambled (`transport_scrambling_control`, ISO/IEC 13818-1 2.4.3.3).
fn is_scrambled(head: &[u8]) -> bool {
    let packets = || head.chunks_exact(TS_PACKET).filter(|packet| packet[0] == TS_SYNC);
    packets().filter(|packet| packet[3] & 0xC0 != 0).count() * 2 > packets().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::Source;
    use proptest::prelude::*;
    use std::io::Write;

    const ASF: [u8; 4] = [0x30, 0x26, 0xB2, 0x75];
    const EBML: [u8; 4] = [0x1A, 0x45, 0xDF, 0xA3];

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let size = u32::try_from(body.len() + 8).unwrap();
        [&size.to_be_bytes()[..], kind, body].concat()
    }

    fn verdict(bytes: &[u8]) -> Option<&'static str> {
        let (mut file, path) = tempfile::NamedTempFile::new().unwrap().into_parts();
        file.write_all(bytes).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let source = Ranges::of(&Source::File(path.to_path_buf())).await.unwrap();
            let moov = boxes::moov(&source).await.unwrap();
            find(&source, InOrder::of(bytes), &moov).await.unwrap()
        })
    }

    fn movie(entry: &[u8; 4]) -> Vec<u8> {
        let stsd = boxed(b"stsd", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &boxed(entry, &[0; 70])].concat());
        let nested = [b"stbl", b"minf", b"mdia", b"trak", b"moov"]
            .into_iter()
            .fold(stsd, |body, kind| boxed(kind, &body));
        [boxed(b"ftyp", b"isom"), boxed(b"mdat", b"encv enca stsd"), nested].concat()
    }

    #[test]
    fn protected_movies_are_told_from_others() {
        assert_eq!(verdict(&movie(b"avc1")), None);
        assert_eq!(verdict(&movie(b"encv")), Some("DRM"));
        assert_eq!(verdict(&movie(b"drms")), Some("DRM"));
    }

    #[test]
    fn boxes_in_boxes_without_end_are_survived() {
        let levels = 1_000_000;
        let sizes = (1..=levels).rev().map(|level: u32| level * 8);
        let nested: Vec<u8> = sizes.flat_map(|size| [size.to_be_bytes(), *b"trak"].concat()).collect();
        assert_eq!(verdict(&boxed(b"moov", &nested)), None);
    }

    #[test]
    fn protected_streams_are_told_from_others() {
        let packet = |flags: u8| [&[TS_SYNC, 0x41, 0, flags][..], &[0; 184]].concat();
        assert_eq!(verdict(&packet(0x10).repeat(40)), None);
        assert_eq!(verdict(&packet(0x90).repeat(40)), Some("scrambled MPEG-TS"));
        let asf = [&ASF[..], &[0; 40], &ASF_OBJECTS[0], &[0; 40]].concat();
        assert_eq!(verdict(&asf), Some("ASF DRM"));
        assert_eq!(verdict(&asf[..44]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..600), pick in 0usize..4) {
            let start: [&[u8]; 4] = [&[], &ASF, &EBML, b"\0\0\0\0moov"];
            verdict(&[start[pick], &bytes].concat());
        }
    }
}
