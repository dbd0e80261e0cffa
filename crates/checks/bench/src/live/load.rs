//! One load: offered to the product, and watched until everything was seen.

use super::{
    audience::{Audience, Seen},
    encoders,
    offer::Offered,
    product::{Product, Used},
};
use crate::percentiles::Percentiles;
use anyhow::Context;
use serde::Serialize;

/// What is not seen so many seconds after the last event never is.
const PATIENCE_S: f64 = 30.0;
/// So many segments of each stream make it known and open connections; they have no part in the figures.
const UNTIMED: u32 = 3;
/// A rate is held when the last segment is seen so many seconds after its event.
const HELD_S: f64 = 1.0;

/// What came of a load.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Load {
    pub(crate) offered: Offered,
    /// Segments that were published.
    pub(crate) published: usize,
    /// From an event's publication until its playlist was read, of the streams with a viewer.
    pub(crate) latency: Percentiles,
    /// Segments that were never listed.
    pub(crate) unseen: usize,
    /// From when the last event was due until everything was seen, in seconds.
    pub(crate) behind_s: f64,
    /// CPU time of the programs for each second of the load; none where they are libraries.
    pub(crate) cores: Option<f64>,
    /// Resident of the programs at the end, in MiB.
    pub(crate) resident_mib: Option<f64>,
}

impl Load {
    /// Whether the product kept up.
    pub(crate) fn is_held(&self) -> bool {
        self.unseen == 0 && self.behind_s <= HELD_S
    }
}

/// Offers a load of new streams for so many seconds.
pub(super) async fn run(product: &Product, offered: Offered, seconds: u32) -> anyhow::Result<Load> {
    let mut audience = Audience::of_new_streams(product, offered.streams).await?;
    let segments = offered.segments(seconds);
    let timed = UNTIMED..UNTIMED + segments;
    encoders::store(product, &audience, 0..timed.end).await?;
    encoders::publish(product, &audience, offered, 0..UNTIMED).await?;
    let viewers = audience.viewers();
    let warm = audience.until_seen(UNTIMED as usize * viewers, PATIENCE_S).await?;
    anyhow::ensure!(warm, "the first segments of the streams are not listed after {PATIENCE_S} s");
    audience.take_seen();
    let (before, began_s) = (product.used()?, audience.since.seconds());
    let last = timed.end - 1;
    encoders::publish(product, &audience, offered, timed).await?;
    audience.until_seen(segments as usize * viewers, PATIENCE_S).await?;
    let used = before.zip(product.used()?).map(|used| (used, audience.since.seconds() - began_s));
    let unseen = audience.unlisted(&product.client, last, PATIENCE_S).await?;
    let due_s = began_s + f64::from(segments) * offered.period_s();
    let published = segments as usize * offered.streams as usize;
    of(offered, (published, unseen), due_s, &audience.take_seen(), used)
}

fn of(
    offered: Offered,
    (published, unseen): (usize, usize),
    due_s: f64,
    seen: &[Seen],
    used: Option<((Used, Used), f64)>,
) -> anyhow::Result<Load> {
    let last_s = seen.iter().map(|seen| seen.seen_s).max_by(f64::total_cmp).context("nothing was seen")?;
    Ok(Load {
        offered,
        published,
        latency: Percentiles::of(seen.iter().map(|seen| seen.seen_s - seen.published_s)),
        unseen,
        behind_s: (last_s - due_s).max(0.0),
        cores: used.map(|((before, after), wall_s)| (after.cpu_s - before.cpu_s) / wall_s),
        resident_mib: used.map(|((_, after), _)| after.resident_mib),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_is_held_when_all_of_it_is_seen_in_time() {
        let offered = Offered { rate: 10, streams: 2 };
        let seen = |seen_s| Seen { published_s: 9.9, seen_s };
        let load = |seens: &[Seen], unseen| of(offered, (2, unseen), 10.0, seens, None).unwrap();
        assert!(load(&[seen(9.95), seen(10.9)], 0).is_held());
        assert!(!load(&[seen(9.95), seen(11.1)], 0).is_held(), "too late");
        assert!(!load(&[seen(9.95)], 1).is_held(), "one is missing");
        assert!(of(offered, (2, 0), 10.0, &[], None).is_err());
    }
}
