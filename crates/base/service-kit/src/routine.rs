//! What a service does again and again at its own pace, such as counting or sweeping.

use ports::Clock;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Does something at once, and again so long after it was done, until told to stop; what is under way then is let go.
pub async fn repeat<F: Future<Output = ()>>(
    every: Duration,
    clock: &dyn Clock,
    stop: &CancellationToken,
    mut round: impl FnMut() -> F,
) {
    let rounds = async {
        loop {
            round().await;
            clock.sleep(every).await;
        }
    };
    stop.run_until_cancelled(rounds).await;
}
