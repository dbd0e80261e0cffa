//! Receiving bytes: counted and stored as they come, never held as a whole.

use crate::{
    problem::{Code, Problem},
    state::State,
};
use bytes::Bytes;
use domain::{StreamId, job::SourceOutput, object::ObjectKey};
use futures::{Stream, StreamExt};
use ports::{Body, BodyError, Condition, ObjectError, StoredObject};
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// Pieces under way between the connection and the store: what bounds the memory of an upload.
const PIECES: usize = 4;

/// Why a body is refused while it flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Refused {
    #[error("no bytes")]
    Empty,
    #[error("too large")]
    TooLarge,
    #[error("cut off")]
    CutOff,
}

/// Stores a flowing body as a video's source: all of it or nothing.
pub(super) async fn source<E>(
    state: &State,
    id: &StreamId,
    pieces: impl Stream<Item = Result<Bytes, E>> + Send,
) -> Result<SourceOutput, Problem> {
    let (sender, receiver) = mpsc::channel::<Result<Bytes, BodyError>>(PIECES);
    let body = Body::from_stream(ReceiverStream::new(receiver));
    let key = ObjectKey::Source { stream: id.clone() };
    let counted = Arc::new(Mutex::new(None));
    let pump = pump(pieces, sender, state.config.upload_max_bytes, counted.clone());
    let (stored, ()) = tokio::join!(state.objects.put(&key, body, Condition::Absent), pump);
    match stored {
        Ok(StoredObject::Done(meta)) => {
            let sha256 = counted.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
            state.metrics.uploaded_bytes.with_label_values(&[] as &[&str]).inc_by(meta.size);
            Ok(SourceOutput { size_bytes: meta.size, sha256 })
        }
        Ok(StoredObject::AlreadyThere) => Err(super::taken(id)),
        Err(ObjectError::Body(error)) => Err(refusal(&error, state.config.upload_max_bytes)),
        Err(error) => Err(error.into()),
    }
}

/// Moves pieces to the store, counting and hashing them; an error, the last piece, makes the store forget them all.
async fn pump<E>(
    pieces: impl Stream<Item = Result<Bytes, E>> + Send,
    sender: mpsc::Sender<Result<Bytes, BodyError>>,
    limit: u64,
    sha256: Arc<Mutex<Option<String>>>,
) {
    let (mut size, mut hash) = (0u64, Sha256::new());
    let mut pieces = std::pin::pin!(pieces);
    let refused = loop {
        match pieces.next().await {
            Some(Ok(piece)) => {
                size += piece.len() as u64;
                if size > limit {
                    break Some(Refused::TooLarge);
                }
                hash.update(&piece);
                // The store has failed and says why itself.
                if sender.send(Ok(piece)).await.is_err() {
                    return;
                }
            }
            Some(Err(_)) => break Some(Refused::CutOff),
            None => break (size == 0).then_some(Refused::Empty),
        }
    };
    match refused {
        Some(refused) => drop(sender.send(Err(refused.into())).await),
        None => *sha256.lock().unwrap_or_else(PoisonError::into_inner) = Some(hex::encode(hash.finalize())),
    }
}

fn refusal(error: &BodyError, limit: u64) -> Problem {
    match error.downcast_ref::<Refused>() {
        Some(Refused::Empty) => {
            Problem::new(Code::EmptyBody, "The upload has no bytes. Send the file itself.")
        }
        Some(Refused::TooLarge) => {
            Problem::new(Code::BodyTooLarge, format!("An upload takes at most {limit} bytes."))
        }
        Some(Refused::CutOff) | None => Problem::new(
            Code::IncompleteBody,
            "The upload ended before all announced bytes had come. Send it again.",
        ),
    }
}
