//! What the header of a movie says of its tracks: their tables, as they are stored.

use super::Doubt;
use crate::probe::boxes::{self, Boxes};
use mp4_atom::{Atom, Ctts, Elst, ElstEntry, Mdhd, Mvhd, Stss, Stts};

/// The header.
#[derive(Debug)]
pub(super) struct Movie {
    /// Ticks per second that edits are measured in.
    pub(super) timescale: u32,
    /// In the order in which ffmpeg counts its streams.
    pub(super) tracks: Vec<Tables>,
}

/// What a track is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    Pictures,
    Sound,
    Text,
    /// Timecodes, hints, the names of chapters.
    Other,
}

/// The tables of one track.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) media: Media,
    /// Ticks per second.
    pub(super) timescale: u32,
    /// How many samples it has.
    pub(super) samples: usize,
    /// Which parts of it are played when.
    pub(super) edits: Vec<ElstEntry>,
    /// How long samples are decoded for.
    pub(super) durations: Stts,
    /// By how much they are shown later than they are decoded.
    pub(super) offsets: Option<Ctts>,
    /// The numbers of those that decoding may begin with; without the table any.
    pub(super) keys: Option<Stss>,
}

impl Movie {
    /// Takes the contents of a `moov` apart, which may be of so many streams.
    pub(super) fn parse(moov: &[u8], streams: usize) -> Result<Self, Doubt> {
        if one(moov, b"mvex")?.is_some() {
            return Err(Doubt("it is fragmented"));
        }
        let header: Mvhd = table(moov, b"mvhd")?.ok_or(Doubt("it has no mvhd"))?;
        let tracks = boxes::at(moov, &[b"trak"]);
        if tracks.len() > streams {
            return Err(Doubt("it has too many streams"));
        }
        let chapters: Vec<&[u8]> =
            tracks.iter().flat_map(|trak| boxes::at(trak, &[b"tref", b"chap"])).collect();
        let parse = |trak: &&[u8]| {
            let id = track_id(trak)?;
            Tables::parse(trak, chapters.iter().any(|named| named.chunks_exact(4).any(|named| named == id)))
        };
        Ok(Self { timescale: header.timescale, tracks: tracks.iter().map(parse).collect::<Result<_, _>>()? })
    }
}

/// The four bytes of a track's number, of `tkhd` in version 0 or 1.
fn track_id(trak: &[u8]) -> Result<&[u8], Doubt> {
    let tkhd = one(trak, b"tkhd")?.ok_or(Doubt("a track has no tkhd"))?;
    let at = if tkhd.first() == Some(&1) { 20 } else { 12 };
    tkhd.get(at..at + 4).ok_or(Doubt("a tkhd is cut"))
}

impl Tables {
    fn parse(trak: &[u8], is_chapters: bool) -> Result<Self, Doubt> {
        let mdia = one(trak, b"mdia")?.ok_or(Doubt("a track has no mdia"))?;
        let stbl = match one(mdia, b"minf")? {
            Some(minf) => one(minf, b"stbl")?,
            None => None,
        };
        let stbl = stbl.ok_or(Doubt("a track has no stbl"))?;
        if one(stbl, b"stps")?.is_some() || Boxes(stbl).any(|(kind, body)| marks_keys(kind, body)) {
            return Err(Doubt("not only stss says where decoding may begin"));
        }
        let header: Mdhd = table(mdia, b"mdhd")?.ok_or(Doubt("a track has no mdhd"))?;
        let edits: Option<Elst> = match one(trak, b"edts")? {
            Some(edts) => table(edts, b"elst")?,
            None => None,
        };
        let media = if is_chapters { Media::Other } else { media(mdia)? };
        Ok(Self {
            media,
            timescale: header.timescale,
            samples: samples(stbl, media)?,
            edits: edits.map(|elst| elst.entries).unwrap_or_default(),
            durations: table(stbl, b"stts")?.ok_or(Doubt("a track has no stts"))?,
            offsets: table(stbl, b"ctts")?.filter(|ctts: &Ctts| !ctts.entries.is_empty()),
            keys: table(stbl, b"stss")?,
        })
    }
}

/// Groups of samples that ffmpeg takes for keyframes beside those of `stss`.
fn marks_keys(kind: [u8; 4], body: &[u8]) -> bool {
    kind == *b"sbgp" && body.get(4..8) == Some(b"rap ")
}

fn media(mdia: &[u8]) -> Result<Media, Doubt> {
    let handler =
        one(mdia, b"hdlr")?.and_then(|hdlr| hdlr.get(8..12)).ok_or(Doubt("a track has no handler"))?;
    Ok(match handler {
        b"vide" => Media::Pictures,
        b"soun" => Media::Sound,
        b"text" | b"sbtl" | b"subt" | b"subp" | b"clcp" => Media::Text,
        _ => Media::Other,
    })
}

/// How many samples there are, which for pictures is no more than `stsz` has sizes for.
fn samples(stbl: &[u8], media: Media) -> Result<usize, Doubt> {
    let stsz = one(stbl, b"stsz")?.ok_or(Doubt("a track has no stsz"))?;
    let word = |at: usize| stsz.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_be_bytes);
    let (size, count) = word(4).zip(word(8)).ok_or(Doubt("an stsz is cut"))?;
    let listed = stsz.len().saturating_sub(12) / 4;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let believable = if size == 0 { count <= listed } else { media != Media::Pictures };
    if believable { Ok(count) } else { Err(Doubt("an stsz has no size for each sample")) }
}

/// The only box of this kind, if there is one.
fn one<'a>(parent: &'a [u8], kind: &[u8; 4]) -> Result<Option<&'a [u8]>, Doubt> {
    match boxes::at(parent, &[kind]).as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(only)),
        _ => Err(Doubt("a box is there twice")),
    }
}

fn table<T: Atom>(parent: &[u8], kind: &[u8; 4]) -> Result<Option<T>, Doubt> {
    let Some(mut body) = one(parent, kind)? else { return Ok(None) };
    T::decode_body(&mut body).map(Some).map_err(|_| Doubt("a table is cut"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use proptest::prelude::*;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let size = u32::try_from(body.len() + 8).unwrap();
        [&size.to_be_bytes()[..], kind, body].concat()
    }

    fn words(kind: &[u8; 4], words: &[u32]) -> Vec<u8> {
        boxed(kind, &words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>())
    }

    /// The contents of a `moov` of one track of three pictures.
    fn moov(handler: &[u8; 4], sizes: &[u32]) -> Vec<u8> {
        let tables = [
            words(b"stts", &[0, 2, 2, 40, 1, 50]),
            words(b"ctts", &[0, 2, 1, 80, 2, 0]),
            words(b"stss", &[0, 1, 1]),
            words(b"stsz", sizes),
        ];
        let handler = [&[0; 8][..], handler, &[0; 13]].concat();
        let mdia = [
            words(b"mdhd", &[0, 0, 0, 1000, 130, 0]),
            boxed(b"hdlr", &handler),
            boxed(b"minf", &boxed(b"stbl", &tables.concat())),
        ];
        let trak = [
            words(b"tkhd", &[0, 0, 0, 1, 0]),
            boxed(b"edts", &words(b"elst", &[0, 2, 500, u32::MAX, 0x10000, 90, 0, 0x10000])),
            boxed(b"mdia", &mdia.concat()),
        ];
        let header: Vec<u32> = [0, 0, 0, 1000].into_iter().chain([0; 21]).collect();
        [words(b"mvhd", &header), boxed(b"trak", &trak.concat())].concat()
    }

    fn parsed(moov: &[u8]) -> Result<Movie, Doubt> {
        Movie::parse(moov, 32)
    }

    const SIZES: [u32; 6] = [0, 0, 3, 9, 9, 9];

    #[test]
    fn a_header_is_taken_apart() {
        let movie = parsed(&moov(b"vide", &SIZES)).unwrap();
        let [tables] = movie.tracks.as_slice() else { panic!("{movie:?}") };
        assert_eq!((movie.timescale, tables.timescale, tables.samples), (1000, 1000, 3));
        assert_eq!(
            (tables.media, tables.edits.len(), tables.durations.entries.len()),
            (Media::Pictures, 2, 2)
        );
        let chapters = boxed(b"trak", &boxed(b"tref", &words(b"chap", &[1])));
        assert!(
            parsed(&[moov(b"vide", &SIZES), chapters].concat()).is_err(),
            "the other track has no tables"
        );
    }

    #[test]
    fn what_is_odd_is_not_believed() {
        let whole = moov(b"vide", &SIZES);
        let mvhd = words(b"mvhd", &[0; 25]);
        for odd in [
            [whole.clone(), boxed(b"mvex", &[])].concat(),
            [whole.clone(), mvhd.clone()].concat(),
            whole[mvhd.len()..].to_vec(),
            whole[..whole.len() - 4].to_vec(),
            moov(b"vide", &[0, 0, 4, 9, 9, 9]),
            moov(b"vide", &[0, 0, u32::MAX]),
            moov(b"vide", &[0, 9, u32::MAX]),
        ] {
            assert!(parsed(&odd).is_err());
        }
        assert!(parsed(&moov(b"soun", &[0, 9, u32::MAX])).is_ok());
        assert!(Movie::parse(&whole, 0).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6), sound: bool) {
            let mut moov = moov(if sound { b"soun" } else { b"vide" }, &SIZES);
            for (at, byte) in changes {
                let at = at.index(moov.len());
                moov[at] = byte;
            }
            let _ = crate::probe::tables::Told::by(&moov, &Limits::default());
        }
    }
}
