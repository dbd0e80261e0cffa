//! Live streams under random histories: segments out of order, twice, late, missing and spoilt, encoders that restart,
//! owners that crash, are replaced or live on beside their successor. Every playlist of every history keeps every rule.

mod history;
mod owner;
mod verdict;
mod world;

use history::{History, Kind, any_history};
use proptest::prelude::*;
use world::World;

/// A hundred thousand histories in all.
const EACH: u32 = 25_000;

/// Cases that random histories found, shrunk.
mod found;

fn judge(history: &History) {
    let mut world = World::new(history);
    world.run();
    verdict::judge(&world);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: EACH, failure_persistence: None, max_shrink_iters: 3_000, ..ProptestConfig::default() })]

    /// What goes wrong on the way from the encoder: order, bytes, losses.
    #[test]
    fn whatever_the_encoder_sends(history in any_history(Kind::Sending)) {
        judge(&history);
    }

    /// What goes wrong with the one who decides: crashes between any two steps, and replays from any offset.
    #[test]
    fn whatever_happens_to_the_owner(history in any_history(Kind::Crashing)) {
        judge(&history);
    }

    /// A partition has moved on, and the owner before does not know.
    #[test]
    fn however_many_believe_to_be_the_owner(history in any_history(Kind::Rivalry)) {
        judge(&history);
    }

    /// The end: during a gap, twice, with segments after it.
    #[test]
    fn wherever_it_ends(history in any_history(Kind::Ending)) {
        judge(&history);
    }
}
