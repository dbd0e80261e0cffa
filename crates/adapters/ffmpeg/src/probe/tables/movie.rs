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
    /// Takes the contents of a `moov` apart.
    pub(super) fn parse(moov: &[u8]) -> Result<Self, Doubt> {
        if one(moov, b"mvex")?.is_some() {
            return Err(Doubt("it is fragmented"));
        }
        let header: Mvhd = table(moov, b"mvhd")?.ok_or(Doubt("it has no mvhd"))?;
        let tracks: Vec<&[u8]> = boxes::at(moov, &[b"trak"]);
        let chapters: Vec<u8> =
            tracks.iter().flat_map(|trak| boxes::at(trak, &[b"tref", b"chap"])).flatten().copied().collect();
        let is_chapters = |id: &[u8]| chapters.chunks_exact(4).any(|chapter| chapter == id);
        let parse = |trak: &&[u8]| Tables::parse(trak, is_chapters(track_id(trak)?));
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
