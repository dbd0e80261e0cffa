//! Reading a range of an object in blocks, and again from where it was when the store fails.

use super::served::{Object, Shared};
use crate::Unavailable;
use bytes::Bytes;
use futures::{Stream, StreamExt, stream, stream::BoxStream};
use ports::{BodyError, ObjectError};
use std::{ops::Range, sync::Arc, time::Duration};

/// The first block of a range, in bytes: a reader that looks for something goes elsewhere soon, and the rest of a block that is
/// not read has crossed the network in vain.
const FIRST_BLOCK: u64 = 64 << 10;
/// Each block is twice the one before, up to this many bytes.
const LARGEST_BLOCK: u64 = 8 << 20;
/// The pauses between attempts at a read.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// For how long a read is attempted again: shorter than encoders may stand still.
const PATIENCE: Duration = Duration::from_secs(30);

/// The bytes of a range, as the store gives them; not one is read before it is asked for. Before it ends early, with an error, it
/// tells `shared` why.
pub(super) fn pieces(
    shared: Arc<Shared>,
    range: Range<u64>,
) -> impl Stream<Item = Result<Bytes, ObjectError>> + Send {
    let reader = Reader { shared, rest: range, next_block: FIRST_BLOCK, block: None };
    stream::try_unfold(
        reader,
        |mut reader| async move { Ok(reader.next().await?.map(|piece| (piece, reader))) },
    )
}

struct Reader {
    shared: Arc<Shared>,
    /// What is still to come.
    rest: Range<u64>,
    next_block: u64,
    block: Option<Block>,
}

struct Block {
    pieces: BoxStream<'static, Result<Bytes, BodyError>>,
    end: u64,
}

impl Reader {
    /// The next piece; `None` after the last one.
    async fn next(&mut self) -> Result<Option<Bytes>, ObjectError> {
        let clock = self.shared.object.by_range.clock.clone();
        let (began, mut pause) = (clock.monotonic(), PAUSE);
        while !self.rest.is_empty() {
            let error = match self.attempt().await {
                Ok(piece) => return Ok(Some(piece)),
                Err(error) => error,
            };
            self.block = None;
            if !error.is_unavailable() || clock.monotonic().since(began) >= PATIENCE {
                return Err(self.broken(error));
            }
            tracing::debug!(%error, at = self.rest.start, "a source could not be read: once more");
            clock.sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Ok(None)
    }

    async fn attempt(&mut self) -> Result<Bytes, ObjectError> {
        let mut block = match self.block.take() {
            Some(block) => block,
            None => self.open().await?,
        };
        let unavailable =
            |why: &str| ObjectError::Unavailable(format!("reading {}: {why}", self.shared.object.key));
        let mut piece = match block.pieces.next().await {
            Some(Ok(piece)) => piece,
            Some(Err(error)) => return Err(unavailable(&error.to_string())),
            None => return Err(unavailable("it ended early")),
        };
        let wanted = usize::try_from(block.end - self.rest.start).unwrap_or(usize::MAX);
        piece.truncate(wanted);
        self.rest.start += piece.len() as u64;
        self.shared.object.by_range.bytes.inc_by(piece.len() as u64);
        self.block = (self.rest.start < block.end).then_some(block);
        Ok(piece)
    }

    async fn open(&mut self) -> Result<Block, ObjectError> {
        let Object { objects, key, .. } = &self.shared.object;
        let end = self.rest.end.min(self.rest.start + self.next_block);
        let body = objects.get(key, Some(self.rest.start..end)).await?;
        self.next_block = (self.next_block * 2).min(LARGEST_BLOCK);
        Ok(Block { pieces: body.into_stream(), end })
    }

    fn broken(&self, error: ObjectError) -> ObjectError {
        tracing::warn!(%error, at = self.rest.start, "gave up reading a source");
        self.shared.broken.send_replace(Some(error.to_string()));
        error
    }
}
