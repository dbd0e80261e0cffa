//! Cases about followers.

use super::{
    DEADLINE,
    member::{follow, followed, text},
    publish, publish_keys,
};
use crate::document::unique;
use ports::{EventLog, StartAt};
use std::time::Duration;

/// From the beginning: what was published before, and what is published after.
pub async fn a_follower_from_the_beginning_has_everything(port: &dyn EventLog) {
    let mut keys = publish_keys(port, 12).await;
    let mut follower = follow(port, StartAt::Beginning).await;
    keys.extend(publish_keys(port, 12).await);
    let mut seen = Vec::new();
    for _ in 0..keys.len() {
        seen.push(followed(&mut *follower, &keys).await.record.key);
    }
    seen.sort_unstable();
    keys.sort_unstable();
    assert_eq!(seen, keys);
}

/// From now: nothing of what was published before.
pub async fn a_follower_from_now_has_only_what_is_later(port: &dyn EventLog) {
    let keys = [unique("key")];
    publish(port, &keys[0], "before").await;
    let mut follower = follow(port, StartAt::Now).await;
    publish(port, &keys[0], "after").await;
    assert_eq!(text(&followed(&mut *follower, &keys).await), "after");
}

/// What is published once `follow` has returned is never missed, however soon.
pub async fn a_follower_never_misses_what_follows(port: &dyn EventLog) {
    for _ in 0..10 {
        let mut follower = follow(port, StartAt::Now).await;
        let keys = [unique("key")];
        publish(port, &keys[0], "soon").await;
        assert_eq!(text(&followed(&mut *follower, &keys).await), "soon");
    }
}

/// Each follower has everything, whatever others have read.
pub async fn followers_are_independent(port: &dyn EventLog) {
    let mut one = follow(port, StartAt::Now).await;
    let mut two = follow(port, StartAt::Now).await;
    let keys = publish_keys(port, 9).await;
    for _ in &keys {
        followed(&mut *one, &keys).await;
    }
    drop(one);
    for _ in &keys {
        followed(&mut *two, &keys).await;
    }
}

/// A wait that is given up again and again loses nothing and repeats nothing.
pub async fn waiting_for_a_record_can_be_cancelled(port: &dyn EventLog) {
    const COUNT: usize = 40;
    let mut follower = follow(port, StartAt::Now).await;
    let key = unique("key");
    let publishing = async {
        for n in 0..COUNT {
            publish(port, &key, &n.to_string()).await;
        }
    };
    let reading = async {
        let mut seen = Vec::new();
        let mut patience = tokio::time::interval(Duration::from_millis(1));
        while seen.len() < COUNT {
            tokio::select! {
                received = follower.next() => {
                    let received = received.expect("next");
                    if received.record.key == key {
                        seen.push(text(&received));
                    }
                }
                _ = patience.tick() => {}
            }
        }
        seen
    };
    let both = tokio::time::timeout(DEADLINE, async { tokio::join!(publishing, reading).1 });
    let expected: Vec<String> = (0..COUNT).map(|n| n.to_string()).collect();
    assert_eq!(both.await.expect("everything comes in time"), expected);
}
