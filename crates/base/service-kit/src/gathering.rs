//! Callers that want the same of a server at the same time share a round: the busier the server, the fewer its rounds.

use std::{
    fmt::Debug,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;

/// What is done for many callers together.
pub trait Together: Send + Sync + 'static {
    /// What one caller wants.
    type Wish: Debug + Send;
    /// What became of it.
    type Outcome: Debug + Send;

    /// Does all that is wanted, in order, and tells of each what became of it.
    fn fulfil(&self, wishes: Vec<Self::Wish>) -> impl Future<Output = Vec<Self::Outcome>> + Send;

    /// How long the next round waits after one, so that it has more wishes.
    fn rest(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

/// What is wanted of one server.
#[derive(Debug)]
pub struct Gathering<T: Together> {
    together: T,
    waiting: Mutex<Vec<Waiting<T>>>,
    /// Who holds it talks with the server; what comes meanwhile goes with the next round.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Waiting<T: Together> {
    wish: T::Wish,
    done: oneshot::Sender<T::Outcome>,
}

impl<T: Together> Gathering<T> {
    /// Nothing is wanted yet.
    #[must_use]
    pub fn of(together: T) -> Self {
        Self { together, waiting: Mutex::default(), turn: tokio::sync::Mutex::default() }
    }

    /// Does what is wanted; none where the task that does it was ended. It may still be done after a caller has given up.
    pub async fn fulfil(self: &Arc<Self>, wish: T::Wish) -> Option<T::Outcome> {
        let (done, outcome) = oneshot::channel();
        let is_first = {
            let mut waiting = self.waiting();
            waiting.push(Waiting { wish, done });
            waiting.len() == 1
        };
        if is_first {
            // A caller that gives up must not take with it what others wait for.
            tokio::spawn(Arc::clone(self).work());
        }
        outcome.await.ok()
    }

    /// Does whatever waits when its turn comes.
    async fn work(self: Arc<Self>) {
        let _turn = self.turn.lock().await;
        let waiting = std::mem::take(&mut *self.waiting());
        let (wishes, done): (Vec<_>, Vec<_>) =
            waiting.into_iter().map(|Waiting { wish, done }| (wish, done)).unzip();
        for (done, outcome) in done.into_iter().zip(self.together.fulfil(wishes).await) {
            let _ = done.send(outcome);
        }
        self.together.rest().await;
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting<T>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        sync::Semaphore,
        task::{JoinHandle, yield_now},
    };

    /// Doubles numbers, but no zero; each round waits until it is let go.
    struct Doubling {
        rounds: Mutex<Vec<usize>>,
        let_go: Semaphore,
    }

    impl Together for Doubling {
        type Wish = u32;
        type Outcome = u32;

        async fn fulfil(&self, wishes: Vec<u32>) -> Vec<u32> {
            self.rounds.lock().unwrap().push(wishes.len());
            self.let_go.acquire().await.unwrap().forget();
            assert!(!wishes.contains(&0), "a round with a zero fails");
            wishes.into_iter().map(|wish| wish * 2).collect()
        }
    }

    type Doubled = Arc<Gathering<Doubling>>;

    /// With this wish under way in a round of its own.
    async fn busy_with(wish: u32) -> (Doubled, JoinHandle<Option<u32>>) {
        let doubling = Doubling { rounds: Mutex::default(), let_go: Semaphore::new(0) };
        let gathering = Arc::new(Gathering::of(doubling));
        let first = wanted(&gathering, wish);
        while gathering.together.rounds.lock().unwrap().is_empty() {
            yield_now().await;
        }
        (gathering, first)
    }

    fn wanted(gathering: &Doubled, wish: u32) -> JoinHandle<Option<u32>> {
        let gathering = gathering.clone();
        tokio::spawn(async move { gathering.fulfil(wish).await })
    }

    async fn until_so_many_wait(gathering: &Doubled, count: usize) {
        while gathering.waiting().len() < count {
            yield_now().await;
        }
    }

    fn rounds(gathering: &Doubled) -> Vec<usize> {
        gathering.together.rounds.lock().unwrap().clone()
    }

    #[tokio::test]
    async fn what_comes_while_a_round_runs_shares_the_next() {
        let (gathering, first) = busy_with(1).await;
        let others = [2, 3, 4].map(|wish| wanted(&gathering, wish));
        until_so_many_wait(&gathering, 3).await;
        gathering.together.let_go.add_permits(2);
        assert_eq!(first.await.unwrap(), Some(2));
        for (other, outcome) in others.into_iter().zip([4, 6, 8]) {
            assert_eq!(other.await.unwrap(), Some(outcome), "each has its own");
        }
        assert_eq!(rounds(&gathering), [1, 3]);
    }

    #[tokio::test]
    async fn a_caller_that_gives_up_takes_nothing_from_others() {
        let (gathering, first) = busy_with(1).await;
        let gives_up = wanted(&gathering, 2);
        until_so_many_wait(&gathering, 1).await;
        let stays = wanted(&gathering, 3);
        until_so_many_wait(&gathering, 2).await;
        first.abort();
        gives_up.abort();
        gathering.together.let_go.add_permits(2);
        assert_eq!(stays.await.unwrap(), Some(6));
        assert_eq!(rounds(&gathering), [1, 2]);
    }

    #[tokio::test]
    async fn a_round_that_fails_is_told_and_the_next_goes_on() {
        let (gathering, failing) = busy_with(0).await;
        let next = wanted(&gathering, 5);
        until_so_many_wait(&gathering, 1).await;
        gathering.together.let_go.add_permits(2);
        assert_eq!(failing.await.unwrap(), None);
        assert_eq!(next.await.unwrap(), Some(10));
    }
}
