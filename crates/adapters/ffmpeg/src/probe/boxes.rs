//! The boxes of ISO base media files (ISO/IEC 14496-12 4.2), by their headers only.

use super::ranges::Ranges;
use ports::MediaError;

/// The longest header of a box.
const HEADER_BYTES: u64 = 16;
/// The largest `moov` that is read whole.
const MOOV_BYTES: u64 = 64 << 20;
/// Boxes that are looked at, at the top level: each is a read of its own.
const TOP_BOXES: usize = 1_000;
/// Boxes that are looked at, of each kind below it.
const BOXES: usize = 10_000;

/// What a source's `moov` holds.
#[derive(Debug, Default)]
pub(super) struct Moov {
    /// The boxes in it; empty if there is none.
    pub(super) contents: Vec<u8>,
    /// It is there from its beginning to its end.
    pub(super) whole: bool,
}

/// Reads the first `moov`, wherever it lies.
pub(super) async fn moov(source: &Ranges) -> Result<Moov, MediaError> {
    let mut at: u64 = 0;
    for _ in 0..TOP_BOXES {
        let header = source.read(at, HEADER_BYTES).await?;
        let Some((size, kind, skip)) = header_of(&header) else { break };
        if kind == *b"moov" {
            let contents = source.read(at.saturating_add(skip), (size - skip).min(MOOV_BYTES)).await?;
            let whole = contents.len() as u64 == size - skip;
            return Ok(Moov { contents, whole });
        }
        at = at.saturating_add(size);
    }
    Ok(Moov::default())
}

/// Size, kind and length of a box's header; `None` for what is none.
fn header_of(bytes: &[u8]) -> Option<(u64, [u8; 4], u64)> {
    let size = u64::from(u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?));
    let kind = bytes.get(4..8)?.try_into().ok()?;
    let (size, skip) = match size {
        0 => (u64::MAX / 2, 8),
        1 => (u64::from_be_bytes(bytes.get(8..16)?.try_into().ok()?), 16),
        size => (size, 8),
    };
    (size >= skip).then_some((size, kind, skip))
}

/// Boxes one after another, by kind and contents; the last one may be cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Boxes<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Boxes<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (size, kind, skip) = header_of(self.0)?;
        let end = usize::try_from(size).unwrap_or(usize::MAX).min(self.0.len());
        let contents = self.0.get(skip as usize..end).unwrap_or_default();
        self.0 = &self.0[end..];
        Some((kind, contents))
    }
}

/// The contents of all boxes at this path of kinds.
pub(super) fn at<'a>(contents: &'a [u8], path: &[&[u8; 4]]) -> Vec<&'a [u8]> {
    path.iter().fold(vec![contents], |parents, kind| {
        let children = parents.into_iter().flat_map(Boxes);
        children.filter(|child| child.0 == **kind).map(|(_, contents)| contents).take(BOXES).collect()
    })
}
