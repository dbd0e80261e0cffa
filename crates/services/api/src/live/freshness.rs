//! How new the playlists are that viewers of live streams get here, as their players see it: by when they last changed.

use super::{
    Playlists,
    listing::{Listing, Rank},
};
use domain::StreamId;
use ports::{Clock, Monotonic};
use prometheus::IntGaugeVec;
use service_kit::repeat;
use std::{collections::HashMap, future::ready, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A playlist that has not changed for so long is its encoder's affair.
const SILENT_AFTER: Duration = Duration::from_secs(60);

/// What was last seen of each playlist, and since when.
type Seen = HashMap<StreamId, (Rank, Monotonic)>;

/// Looks every second until told to stop.
pub(crate) async fn watch(
    playlists: Playlists,
    gauge: IntGaugeVec,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) {
    let mut seen = Seen::new();
    repeat(LOOK_EVERY, &*clock, &stop, || {
        let (looked, counts) = look(&seen, &playlists.all(), clock.monotonic());
        seen = looked;
        for (state, count) in ["fresh", "late", "silent"].into_iter().zip(counts) {
            gauge.with_label_values(&[state]).set(count);
        }
        ready(())
    })
    .await;
}

/// What is seen now, and how many playlists are fresh, late and silent.
fn look(before: &Seen, all: &[(StreamId, Arc<Listing>)], now: Monotonic) -> (Seen, [i64; 3]) {
    let (mut seen, mut counts) = (Seen::new(), [0; 3]);
    for (stream, listing) in all {
        let Some(limit) = listing.changes_within else { continue };
        let same = before.get(stream).filter(|(rank, _)| *rank == listing.rank);
        let since = same.map_or(now, |(_, since)| *since);
        let age = now.since(since);
        let state = match age {
            // A look comes up to so much later.
            age if age <= limit + LOOK_EVERY => 0,
            age if age <= SILENT_AFTER => 1,
            _ => 2,
        };
        counts[state] += 1;
        seen.insert(stream.clone(), (listing.rank, since));
    }
    (seen, counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(version: u64, end: &str) -> [(StreamId, Arc<Listing>); 1] {
        let text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\n{version}.ts\n{end}");
        [(StreamId::live([1; 5]), Arc::new(Listing::new((1, version), text)))]
    }

    fn at(seconds: u64) -> Monotonic {
        Monotonic(Duration::from_secs(seconds))
    }

    #[test]
    fn a_playlist_that_does_not_change_is_late_and_then_silent() {
        let (seen, counts) = look(&Seen::new(), &listing(1, ""), at(0));
        assert_eq!(counts, [1, 0, 0]);
        assert_eq!(look(&seen, &listing(1, ""), at(4)).1, [1, 0, 0]);
        assert_eq!(look(&seen, &listing(1, ""), at(5)).1, [0, 1, 0]);
        assert_eq!(look(&seen, &listing(1, ""), at(61)).1, [0, 0, 1]);
        assert_eq!(look(&seen, &listing(2, ""), at(61)).1, [1, 0, 0], "it has changed");
    }

    #[test]
    fn one_that_has_ended_is_not_looked_at() {
        assert_eq!(look(&Seen::new(), &listing(1, "#EXT-X-ENDLIST\n"), at(0)).1, [0; 3]);
    }
}
