//! A body in pieces of a size that is worth a write.

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, stream::BoxStream};
use ports::{Body, BodyError};

/// How many bytes are written at a time: more is no faster, and each body on its way holds two of these.
const BATCH: usize = 1024 * 1024;

/// A body's bytes, small pieces put together.
pub(crate) struct Batches(futures::stream::Fuse<BoxStream<'static, Result<Bytes, BodyError>>>);

impl Batches {
    /// The batches of a body.
    pub(crate) fn of(body: Body) -> Self {
        Self(body.into_stream().fuse())
    }

    /// The next batch, none after the last.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        let mut batch = BytesMut::new();
        while batch.len() < BATCH {
            match self.0.next().await {
                None => break,
                Some(Err(error)) => return Some(Err(error)),
                Some(Ok(piece)) if batch.is_empty() && piece.len() >= BATCH => return Some(Ok(piece)),
                Some(Ok(piece)) => {
                    if batch.is_empty() {
                        batch.reserve(BATCH);
                    }
                    batch.extend_from_slice(&piece);
                }
            }
        }
        (!batch.is_empty()).then(|| Ok(batch.freeze()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sizes(pieces: Vec<usize>) -> Vec<usize> {
        let pieces = pieces.into_iter().map(|size| Ok::<_, BodyError>(Bytes::from(vec![0; size])));
        let mut batches = Batches::of(Body::from_stream(futures::stream::iter(pieces)));
        let mut sizes = Vec::new();
        while let Some(batch) = batches.next().await {
            sizes.push(batch.unwrap().len());
        }
        sizes
    }

    #[tokio::test]
    async fn small_pieces_are_put_together_and_large_ones_left_alone() {
        assert_eq!(sizes(vec![]).await, [0; 0]);
        assert_eq!(sizes(vec![0, 1, 0]).await, [1]);
        assert_eq!(sizes(vec![BATCH / 2; 5]).await, [BATCH, BATCH, BATCH / 2]);
        assert_eq!(sizes(vec![3 * BATCH, 1, 2]).await, [3 * BATCH, 3]);
    }
}
