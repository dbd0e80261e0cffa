//! Callers that want the same of the server at the same time share a request: the busier the server, the fewer its requests.

use std::{
    fmt::Debug,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::oneshot;

/// What callers share requests for.
pub(crate) trait Shared: Send + Sync + 'static {
    /// What one caller wants.
    type Wish: Debug + Send;
    /// What became of it.
    type Outcome: Debug + Send;

    /// Does all that is wanted, in order, and tells of each what became of it.
    fn fulfil(&self, wishes: Vec<Self::Wish>) -> impl Future<Output = Vec<Self::Outcome>> + Send;
}

/// What is wanted of one collection.
#[derive(Debug)]
pub(crate) struct Gathering<S: Shared> {
    shared: S,
    waiting: Mutex<Vec<Waiting<S>>>,
    /// Who holds it talks with the server; what comes meanwhile goes with the next request.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Waiting<S: Shared> {
    wish: S::Wish,
    done: oneshot::Sender<S::Outcome>,
}

impl<S: Shared> Gathering<S> {
    /// Nothing is wanted yet.
    pub(crate) fn of(shared: S) -> Self {
        Self { shared, waiting: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// Does what is wanted; none where the task that does it was ended. It may still be done after a caller has given up.
    pub(crate) async fn fulfil(self: &Arc<Self>, wish: S::Wish) -> Option<S::Outcome> {
        let (done, outcome) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(Waiting { wish, done });
        // A caller that gives up must not take with it what others wait for.
        tokio::spawn(Arc::clone(self).work());
        outcome.await.ok()
    }

    /// Does whatever waits; nothing, if somebody did before.
    async fn work(self: Arc<Self>) {
        let _turn = self.turn.lock().await;
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        if waiting.is_empty() {
            return;
        }
        let (wishes, done): (Vec<_>, Vec<_>) =
            waiting.into_iter().map(|Waiting { wish, done }| (wish, done)).unzip();
        for (done, outcome) in done.into_iter().zip(self.shared.fulfil(wishes).await) {
            let _ = done.send(outcome);
        }
    }
}
