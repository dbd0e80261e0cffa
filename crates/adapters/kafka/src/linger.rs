//! Records enter librdkafka's queue by rounds, in the order in which they were given: then they share requests. What comes alone goes
//! at once; librdkafka's own `linger.ms` would hold that up, too.

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use ports::LogError;
use service_kit::{Gathering, Round, SystemClock, Together};
use std::{sync::Arc, time::Duration};

/// The next round waits so long for each record of the last one, ...
const A_RECORD: Duration = Duration::from_millis(2);
/// ... but no longer than this.
const LONGEST_REST: Duration = Duration::from_millis(10);

/// A record's way to the server. Once it was polled, the record is in the queue.
type Sending = Shared<BoxFuture<'static, Result<(), LogError>>>;

/// Whose turn it is to send.
pub(crate) struct Linger(Arc<Gathering<Queue>>);

/// librdkafka's, which takes them one by one.
struct Queue;

impl Linger {
    /// Nothing was sent yet.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Gathering::of(Queue, Arc::new(SystemClock::new()))))
    }

    /// Sends when it is its turn. It is sent even when the caller gives up.
    pub(crate) async fn send(
        &self,
        sending: impl Future<Output = Result<(), LogError>> + Send + 'static,
    ) -> Result<(), LogError> {
        let sending = sending.boxed().shared();
        self.0.fulfil(sending.clone()).await;
        sending.await
    }
}

impl Together for Queue {
    type Wish = Sending;
    type Outcome = ();

    async fn fulfil(&self, sendings: Vec<Sending>) -> Vec<()> {
        let begin = |sending: Sending| drop(sending.now_or_never());
        sendings.into_iter().map(begin).collect()
    }

    fn rest(&self, after: Round) -> Duration {
        let records = after.wishes.try_into().unwrap_or(u32::MAX);
        A_RECORD.saturating_mul(records).min(LONGEST_REST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::poll;
    use std::{sync::Mutex, task::Poll};
    use tokio::task::JoinSet;

    /// What was sent.
    type Sent = Arc<Mutex<Vec<u32>>>;

    /// Sends a number, or fails with a zero.
    fn number(linger: &Arc<Linger>, sent: &Sent, number: u32) -> BoxFuture<'static, Result<(), LogError>> {
        let (linger, sent) = (linger.clone(), sent.clone());
        let sending = async move {
            sent.lock().unwrap().push(number);
            if number == 0 { Err(LogError::Unavailable("a zero".to_owned())) } else { Ok(()) }
        };
        async move { linger.send(sending).await }.boxed()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn what_is_sent_keeps_its_order_whoever_is_awake_first() {
        let (linger, sent, mut callers) = (Arc::new(Linger::new()), Sent::default(), JoinSet::new());
        for n in 1..=1000 {
            let mut sending = number(&linger, &sent, n);
            match poll!(&mut sending) {
                Poll::Ready(sent) => sent.unwrap(),
                Poll::Pending => drop(callers.spawn(sending)),
            }
        }
        assert!(callers.join_all().await.into_iter().all(|sent| sent.is_ok()));
        assert_eq!(*sent.lock().unwrap(), Vec::from_iter(1..=1000));
    }

    #[tokio::test]
    async fn each_learns_of_its_own_and_what_nobody_awaits_is_sent_too() {
        let (linger, sent) = (Arc::new(Linger::new()), Sent::default());
        assert!(number(&linger, &sent, 1).now_or_never().is_none(), "it is given up");
        let (zero, two) = tokio::join!(number(&linger, &sent, 0), number(&linger, &sent, 2));
        assert!(matches!(zero, Err(LogError::Unavailable(_))), "{zero:?}");
        two.unwrap();
        assert_eq!(*sent.lock().unwrap(), [1, 0, 2]);
    }

    #[test]
    fn the_more_comes_the_longer_the_next_ones_wait() {
        let rest = |wishes| Queue.rest(Round { wishes, took: Duration::ZERO });
        let rests = [1, 3, 5, 6, usize::MAX].map(rest);
        assert_eq!(rests, [2, 6, 10, 10, 10].map(Duration::from_millis));
    }
}
