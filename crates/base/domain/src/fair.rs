//! Who is served when many wait: start-time fair queueing, so that one uploader's flood does not hold up another's video.

/// The first turn of an uploader's next job: not before the jobs that this uploader already waits for, and not before what
/// is being served now (`front`: the lowest turn still queued), so that idling earns no credit.
///
/// Turns are milliseconds of media: each job moves its uploader on by its own length.
#[must_use]
pub fn next_turn(front: Option<i64>, uploader_last: Option<i64>) -> i64 {
    front.unwrap_or(0).max(uploader_last.map_or(0, |turn| turn.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newcomer_is_served_beside_a_flood() {
        // One uploader has queued 100 jobs of 8 s; jobs up to turn 40,000 were served.
        let newcomer = next_turn(Some(40_000), None);
        let flood = next_turn(Some(40_000), Some(800_000));
        assert_eq!(newcomer, 40_000);
        assert!(flood > 800_000);
    }

    #[test]
    fn an_empty_queue_starts_over() {
        assert_eq!(next_turn(None, None), 0);
    }
}
