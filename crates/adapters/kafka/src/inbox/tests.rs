//! The inbox keeps order, forgets what is lost, and knows when it is full.

use super::*;
use domain::event::Topic;
use ports::Position;
use proptest::prelude::*;

fn partition(number: u32) -> Partition {
    Partition { topic: Topic::VodChunks, number }
}

fn received(number: u32, offset: u64, size: usize) -> Received {
    let record = Record { key: String::new(), payload: Some(vec![0; size]), headers: Vec::new() };
    Received { position: Position { partition: partition(number), offset }, record }
}

fn drain(inbox: &Inbox) -> Vec<Delivery> {
    std::iter::from_fn(|| inbox.take()).map(Result::unwrap).collect()
}

#[test]
fn nothing_of_a_lost_partition_follows_and_the_rest_stays_in_order() {
    let inbox = Inbox::default();
    inbox.assigned(vec![partition(0), partition(1)]);
    for offset in 0..3 {
        inbox.record(received(0, offset, 1));
        inbox.record(received(1, offset, 1));
    }
    inbox.revoked(vec![partition(0)]);
    let mut expected = vec![Delivery::Assigned(vec![partition(0), partition(1)])];
    expected.extend((0..3).map(|offset| Delivery::Record(received(1, offset, 1))));
    expected.push(Delivery::Revoked(vec![partition(0)]));
    assert_eq!(drain(&inbox), expected);
}

#[test]
fn bytes_fill_it_as_numbers_do() {
    let inbox = Inbox::default();
    assert!(inbox.has_room() && !inbox.is_full());
    inbox.record(received(0, 0, MOST.bytes));
    assert!(inbox.is_full() && !inbox.has_room());
    inbox.take();
    (0..MOST.records).for_each(|offset| inbox.record(received(0, offset as u64, 1)));
    assert!(inbox.is_full());
    inbox.revoked(vec![partition(0)]);
    assert!(inbox.has_room());
}

#[test]
fn a_failure_comes_last_and_stays() {
    let inbox = Inbox::default();
    inbox.record(received(0, 7, 1));
    inbox.fail("fenced".to_owned());
    assert!(matches!(inbox.take(), Some(Ok(Delivery::Record(_)))));
    for _ in 0..2 {
        assert!(matches!(inbox.take(), Some(Err(LogError::Unavailable(reason))) if reason == "fenced"));
    }
}

#[tokio::test]
async fn a_wait_that_is_given_up_takes_nothing() {
    let inbox = Inbox::default();
    for offset in 0..50 {
        assert!(tokio::time::timeout(std::time::Duration::ZERO, inbox.next()).await.is_err());
        inbox.record(received(0, offset, 1));
        assert_eq!(inbox.next().await.unwrap(), Delivery::Record(received(0, offset, 1)));
    }
}

proptest! {
    /// However records come, go and are lost, the load is that of the records that wait.
    #[test]
    fn the_load_is_what_waits(steps in prop::collection::vec((0u8..6, 0u32..3, 0usize..1000), 0..200)) {
        let inbox = Inbox::default();
        for (offset, (step, number, size)) in steps.into_iter().enumerate() {
            match step {
                0 => inbox.revoked(vec![partition(number)]),
                1 => drop(inbox.take()),
                _ => inbox.record(received(number, offset as u64, size)),
            }
            let state = inbox.state();
            prop_assert_eq!(state.load, Load::of(&state.deliveries));
        }
    }
}
