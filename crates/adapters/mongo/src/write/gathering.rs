//! Callers that add documents at the same time share a request: the busier the server, the fewer its requests.

use super::append::append;
use mongodb::{Collection, bson::RawDocumentBuf};
use ports::DocumentError;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// What is to be added to one collection.
#[derive(Debug)]
pub(crate) struct Gathering {
    collection: Collection<RawDocumentBuf>,
    waiting: Mutex<Vec<Waiting>>,
    /// Who holds it talks with the server; what comes meanwhile goes with the next request.
    turn: tokio::sync::Mutex<()>,
}

/// A caller's documents.
#[derive(Debug)]
struct Waiting {
    documents: Vec<RawDocumentBuf>,
    done: oneshot::Sender<Result<(), DocumentError>>,
}

impl Gathering {
    /// Nothing for this collection.
    pub(crate) fn of(collection: Collection<RawDocumentBuf>) -> Self {
        Self { collection, waiting: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// Adds those that are not there, in order. They may still be added after a caller has given up.
    pub(crate) async fn add(self: &Arc<Self>, documents: Vec<RawDocumentBuf>) -> Result<(), DocumentError> {
        let (done, outcome) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(Waiting { documents, done });
        // A caller that gives up must not take with it what others wait for.
        tokio::spawn(Arc::clone(self).write());
        outcome.await.unwrap_or_else(|_| Err(DocumentError::Unavailable("MongoDB was not asked".to_owned())))
    }

    /// Writes whatever waits; nothing, if somebody did before.
    async fn write(self: Arc<Self>) {
        let _turn = self.turn.lock().await;
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let (documents, done): (Vec<_>, Vec<_>) =
            waiting.into_iter().map(|Waiting { documents, done }| (documents, done)).unzip();
        let outcome = append(&self.collection, documents.concat()).await;
        for done in done {
            let _ = done.send(outcome.clone());
        }
    }
}
