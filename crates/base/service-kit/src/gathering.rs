//! Callers that want the same of a server at the same time share a round: the busier the server, the fewer its rounds.

use ports::Clock;
use std::{
    fmt::{self, Debug, Formatter},
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::oneshot, task::yield_now};

/// What is done for many callers together.
pub trait Together: Send + Sync + 'static {
    /// What one caller wants.
    type Wish: Send;
    /// What became of it.
    type Outcome: Send;

    /// Does all that is wanted, in order, and tells of each what became of it.
    fn fulfil(&self, wishes: Vec<Self::Wish>) -> impl Future<Output = Vec<Self::Outcome>> + Send;

    /// How long the next round waits after this one, so that it has more wishes.
    fn rest(&self, _after: Round) -> Duration {
        Duration::ZERO
    }
}

/// A round that was.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    /// How much was wanted.
    pub wishes: usize,
    /// How long it took.
    pub took: Duration,
}

/// What is wanted of one server.
pub struct Gathering<T: Together> {
    together: T,
    clock: Arc<dyn Clock>,
    waiting: Mutex<Vec<Waiting<T>>>,
    /// Who holds it talks with the server; what comes meanwhile goes with the next round.
    turn: tokio::sync::Mutex<()>,
}

struct Waiting<T: Together> {
    wish: T::Wish,
    done: oneshot::Sender<T::Outcome>,
}

impl<T: Together> Gathering<T> {
    /// Nothing is wanted yet. Rounds take and rest by this clock.
    #[must_use]
    pub fn of(together: T, clock: Arc<dyn Clock>) -> Self {
        Self { together, clock, waiting: Mutex::default(), turn: tokio::sync::Mutex::default() }
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
        // Tokio runs what was spawned last before those that were woken with its caller: they are to have said what they want, too.
        yield_now().await;
        let waiting = std::mem::take(&mut *self.waiting());
        let (count, began) = (waiting.len(), self.clock.monotonic());
        let (wishes, done): (Vec<_>, Vec<_>) =
            waiting.into_iter().map(|Waiting { wish, done }| (wish, done)).unzip();
        for (done, outcome) in done.into_iter().zip(self.together.fulfil(wishes).await) {
            let _ = done.send(outcome);
        }
        let took = self.clock.monotonic().since(began);
        let rest = self.together.rest(Round { wishes: count, took });
        if !rest.is_zero() {
            self.clock.sleep(rest).await;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting<T>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Together> Debug for Gathering<T> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Gathering").field("waiting", &self.waiting().len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use domain::Timestamp;
    use ports::Monotonic;
    use tokio::{
        sync::{Barrier, Semaphore},
        task::JoinHandle,
        time::timeout,
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

        /// A second for each wish.
        fn rest(&self, after: Round) -> Duration {
            Duration::from_secs(after.wishes as u64)
        }
    }

    /// Time stands still, and whoever sleeps is woken by hand.
    struct Bell {
        slept: Mutex<Vec<Duration>>,
        rings: Semaphore,
    }

    #[async_trait]
    impl Clock for Bell {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(0)
        }

        fn monotonic(&self) -> Monotonic {
            Monotonic(Duration::ZERO)
        }

        async fn sleep(&self, duration: Duration) {
            self.slept.lock().unwrap().push(duration);
            self.rings.acquire().await.unwrap().forget();
        }

        fn random(&self, _: &mut [u8]) {}
    }

    type Doubled = Arc<Gathering<Doubling>>;

    /// With this wish under way in a round of its own. Rests are short.
    async fn busy_with(wish: u32) -> (Doubled, JoinHandle<Option<u32>>) {
        busy_by(bell(9), wish).await
    }

    /// It rings so many times.
    fn bell(rings: usize) -> Arc<Bell> {
        Arc::new(Bell { slept: Mutex::default(), rings: Semaphore::new(rings) })
    }

    /// So many of its rounds are let go.
    fn doubled(let_go: usize, bell: Arc<Bell>) -> Doubled {
        let doubling = Doubling { rounds: Mutex::default(), let_go: Semaphore::new(let_go) };
        Arc::new(Gathering::of(doubling, bell))
    }

    async fn busy_by(bell: Arc<Bell>, wish: u32) -> (Doubled, JoinHandle<Option<u32>>) {
        let gathering = doubled(0, bell);
        let first = wanted(&gathering, wish);
        until(|| !rounds(&gathering).is_empty()).await;
        (gathering, first)
    }

    fn wanted(gathering: &Doubled, wish: u32) -> JoinHandle<Option<u32>> {
        let gathering = gathering.clone();
        tokio::spawn(async move { gathering.fulfil(wish).await })
    }

    async fn until_so_many_wait(gathering: &Doubled, count: usize) {
        until(|| gathering.waiting().len() >= count).await;
    }

    async fn until(is_so: impl Fn() -> bool) {
        let waiting = async {
            while !is_so() {
                yield_now().await;
            }
        };
        timeout(Duration::from_secs(10), waiting).await.expect("it never is so");
    }

    fn rounds(gathering: &Doubled) -> Vec<usize> {
        gathering.together.rounds.lock().unwrap().clone()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn what_is_wanted_at_once_shares_a_round() {
        let (gathering, all_woken) = (doubled(9, bell(9)), Arc::new(Barrier::new(3)));
        let wanted = [1, 2, 3].map(|wish| {
            let (gathering, all_woken) = (gathering.clone(), all_woken.clone());
            tokio::spawn(async move {
                all_woken.wait().await;
                gathering.fulfil(wish).await
            })
        });
        for (wanted, outcome) in wanted.into_iter().zip([2, 4, 6]) {
            assert_eq!(wanted.await.unwrap(), Some(outcome));
        }
        assert_eq!(rounds(&gathering), [3]);
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

    #[tokio::test]
    async fn a_rest_holds_up_the_next_round_but_no_answer() {
        let bell = bell(0);
        let (gathering, first) = busy_by(bell.clone(), 1).await;
        gathering.together.let_go.add_permits(2);
        assert_eq!(first.await.unwrap(), Some(2));
        let others = [2, 3, 4].map(|wish| wanted(&gathering, wish));
        until_so_many_wait(&gathering, 3).await;
        for _ in 0..100 {
            yield_now().await;
        }
        assert_eq!(rounds(&gathering), [1]);
        bell.rings.add_permits(1);
        for other in others {
            assert!(other.await.unwrap().is_some());
        }
        assert_eq!(rounds(&gathering), [1, 3]);
        until(|| bell.slept.lock().unwrap().len() == 2).await;
        assert_eq!(*bell.slept.lock().unwrap(), [1, 3].map(Duration::from_secs));
    }
}
