//! A body cut into the parts of an upload, hashed on the way.

use bytes::{Buf, Bytes, BytesMut};
use futures::{StreamExt, stream::BoxStream};
use ports::{Body, BodyError};
use sha2::{Digest, Sha256};

/// The size of a part, in bytes, until an upload is larger than most ever are.
pub(crate) const PART: usize = 8 * 1024 * 1024;

/// The most parts that an upload may have (Amazon S3 User Guide, multipart upload limits).
const MOST_PARTS: usize = 10_000;

/// How many parts have the first size, which is 39 GiB.
const BEFORE_GROWTH: usize = 5_000;

/// How many parts have each larger size; each is twice the one before. In all that is 523 GiB.
const BETWEEN_GROWTH: usize = 1_000;

/// What all the parts are together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Total {
    /// How many bytes they have.
    pub(crate) size: u64,
    /// The SHA-256 of all of them.
    pub(crate) sha256: [u8; 32],
}

/// A body on its way. Holds one part at most.
pub(crate) struct Parts {
    pieces: BoxStream<'static, Result<Bytes, BodyError>>,
    /// What has come and is in no part yet.
    rest: Bytes,
    hash: Sha256,
    size: u64,
    count: usize,
}

impl Parts {
    /// The parts of a body.
    pub(crate) fn of(body: Body) -> Self {
        Self { pieces: body.into_stream(), rest: Bytes::new(), hash: Sha256::new(), size: 0, count: 0 }
    }

    /// The next part; none at the end. All but the last have the size of their place.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        if !self.more().await? {
            return Ok(None);
        }
        let limit = size_of_part(self.count).ok_or("it is larger than the 523 GiB that are stored as one")?;
        self.count += 1;
        let mut part = BytesMut::new();
        if self.count > 1 {
            part.reserve(limit);
        }
        while part.len() < limit && self.more().await? {
            let piece = self.rest.split_to(self.rest.len().min(limit - part.len()));
            self.hash.update(&piece);
            part.extend_from_slice(&piece);
        }
        self.size += part.len() as u64;
        Ok(Some(part.freeze()))
    }

    /// Whether bytes are left, which is known when the next piece has come.
    pub(crate) async fn more(&mut self) -> Result<bool, BodyError> {
        while !self.rest.has_remaining() {
            match self.pieces.next().await {
                Some(piece) => self.rest = piece?,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// What the parts so far are together.
    pub(crate) fn total(&self) -> Total {
        Total { size: self.size, sha256: self.hash.clone().finalize().into() }
    }
}

/// How many bytes the part after so many others has; none if there can be no more.
fn size_of_part(before: usize) -> Option<usize> {
    let doublings = if before < BEFORE_GROWTH { 0 } else { 1 + (before - BEFORE_GROWTH) / BETWEEN_GROWTH };
    (before < MOST_PARTS).then(|| PART << doublings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use proptest::prelude::*;

    /// What never waits is ready at once.
    fn now<T>(future: impl Future<Output = T>) -> T {
        future.now_or_never().expect("no piece is waited for")
    }

    fn cut(pieces: Vec<Vec<u8>>) -> (Vec<Bytes>, Total) {
        let pieces = pieces.into_iter().map(|piece| Ok::<_, BodyError>(Bytes::from(piece)));
        let mut parts = Parts::of(Body::from_stream(futures::stream::iter(pieces)));
        let all = std::iter::from_fn(|| now(parts.next()).unwrap()).collect();
        (all, parts.total())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn parts_hold_what_came(sizes in prop::collection::vec(0..3 * PART / 2, 0..5)) {
            let pieces: Vec<_> = sizes.iter().zip(1..).map(|(size, fill)| vec![fill; *size]).collect();
            let (parts, total) = cut(pieces.clone());
            let whole = pieces.concat();
            prop_assert!(parts.concat() == whole);
            prop_assert_eq!(total.size, whole.len() as u64);
            prop_assert_eq!(total.sha256, <[u8; 32]>::from(Sha256::digest(&whole)));
            if let Some((last, full)) = parts.split_last() {
                prop_assert!(full.iter().all(|part| part.len() == PART));
                prop_assert!((1..=PART).contains(&last.len()));
            }
        }
    }

    #[test]
    fn parts_are_small_for_what_is_common_and_suffice_for_what_is_not() {
        let sizes: Vec<usize> = (0..).map_while(size_of_part).collect();
        assert_eq!(sizes.len(), MOST_PARTS);
        assert!(sizes.is_sorted());
        let small: usize = sizes.iter().filter(|size| **size == PART).sum();
        assert!(small > 20 << 30, "{small} bytes in parts of the first size");
        assert_eq!(sizes.iter().sum::<usize>() >> 30, 523);
    }

    #[test]
    fn a_broken_body_is_told() {
        let pieces = [Ok(Bytes::from_static(b"x")), Err(BodyError::from("gone"))];
        let mut parts = Parts::of(Body::from_stream(futures::stream::iter(pieces)));
        assert_eq!(now(parts.next()).unwrap_err().to_string(), "gone");
    }
}
