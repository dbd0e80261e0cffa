//! The highest rate that is held: looked for upwards in short runs, then held for a minute.

use super::{
    load::{self, Load},
    offer::Offered,
    product::Product,
};
use crate::{ground::On, screen};
use serde::Serialize;
use std::path::Path;

/// Streams of the search.
const STREAMS: u32 = 200;
/// The first rate that is tried.
const FIRST: u32 = 500;
/// How long a rate is tried, in seconds.
const TRIED_S: u32 = 8;
/// How long the highest is held, in seconds.
pub(super) const HELD_S: u32 = 60;
/// Rates closer to each other than this share are the same.
const STEP: f64 = 0.15;

/// What the search found.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sustained {
    /// The run of a minute at the highest rate that is held.
    pub(crate) held: Load,
    /// Every rate that was tried, in order, and whether it was held.
    pub(crate) tried: Vec<(u32, bool)>,
}

/// Where a search stands.
#[derive(Debug, Clone, Copy)]
struct Search {
    /// The highest rate that was held.
    held: u32,
    /// The lowest that was not.
    lost: Option<u32>,
}

/// Looks for it. Every run is with a product of its own: what one that is not held leaves undone is not the next one's.
pub(super) async fn find(on: On, place: &Path) -> anyhow::Result<Sustained> {
    let (mut search, mut tried) = (Search { held: 0, lost: None }, Vec::new());
    while let Some(rate) = search.next() {
        let load = offer(on, place, rate, TRIED_S).await?;
        tried.push((rate, load.is_held()));
        search = search.after(rate, load.is_held());
    }
    loop {
        anyhow::ensure!(search.held > 0, "not even the lowest rate is held: {tried:?}");
        let held = offer(on, place, search.held, HELD_S).await?;
        tried.push((search.held, held.is_held()));
        if held.is_held() {
            return Ok(Sustained { held, tried });
        }
        // What is held for seconds need not be for a minute.
        search.held = (f64::from(search.held) * (1.0 - STEP)) as u32;
    }
}

async fn offer(on: On, place: &Path, rate: u32, seconds: u32) -> anyhow::Result<Load> {
    let product = Product::start(on, place).await?;
    let load = load::run(&product, Offered { rate, streams: STREAMS }, seconds).await?;
    product.stop().await?;
    screen::note(&format!(
        "{}, {rate}/s for {seconds} s: {}, p99 {:.0} ms, {:.1} s behind",
        on.name(),
        if load.is_held() { "held" } else { "not held" },
        load.latency.p99_ms,
        load.behind_s
    ));
    Ok(load)
}

impl Search {
    /// The rate to try next; none when it is known well enough.
    fn next(self) -> Option<u32> {
        match (self.held, self.lost) {
            (0, None) => Some(FIRST),
            (held, None) => Some(held * 2),
            (0, Some(lost)) => Some(lost / 2).filter(|rate| *rate > 0),
            (held, Some(lost)) => {
                let apart = f64::from(lost) > f64::from(held) * (1.0 + STEP) && lost > held + 1;
                apart.then(|| u32::midpoint(held, lost))
            }
        }
    }

    fn after(self, rate: u32, held: bool) -> Self {
        if held { Self { held: rate, ..self } } else { Self { lost: Some(rate), ..self } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_closes_in_on_the_limit() {
        for limit in [3, 130, 499, 500, 777, 2345, 9999] {
            let (mut search, mut runs) = (Search { held: 0, lost: None }, 0);
            while let Some(rate) = search.next() {
                search = search.after(rate, rate <= limit);
                runs += 1;
            }
            let found = f64::from(search.held);
            assert!(found <= f64::from(limit) && found > f64::from(limit) * (1.0 - STEP), "{limit}: {found}");
            assert!(runs <= 12, "{limit}: {runs}");
        }
    }
}
