//! How a write ended whose reply was lost, told by the versions that its document has after it was sent again
//! and found nothing to do.

use crate::record::Versions;
use ports::Revision;

/// How a write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It took place.
    Done,
    /// It did not, as another came first.
    Refused,
    /// Others have written so much since that nobody can tell; or it was too early to look.
    Unknown,
}

/// How an insert with this revision ended.
pub(super) fn of_insert(seen: Option<Versions>, to: Revision) -> Fate {
    match seen {
        Some(seen) if has_seen(seen, to) => Fate::Done,
        Some(Versions { replaced: None, .. }) => Fate::Refused,
        _ => Fate::Unknown,
    }
}

/// How a replacement of one revision by another ended.
pub(super) fn of_replacement(seen: Option<Versions>, at: Revision, to: Revision) -> Fate {
    match seen {
        Some(seen) if has_seen(seen, to) => Fate::Done,
        Some(seen) if seen.replaced == Some(at) => Fate::Refused,
        _ => Fate::Unknown,
    }
}

/// How a removal at this revision ended. It counts as done when the document is gone, although another may
/// have removed it in the same moment: both wanted the same.
pub(super) fn of_removal(seen: Option<Versions>, at: Revision) -> Fate {
    match seen {
        None => Fate::Done,
        Some(seen) if seen.replaced == Some(at) => Fate::Refused,
        Some(_) => Fate::Unknown,
    }
}

/// Whether the document has this revision, or had it just before.
fn has_seen(seen: Versions, revision: Revision) -> bool {
    seen.now == revision || seen.replaced == Some(revision)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Revision = Revision(1);
    const MINE: Revision = Revision(2);
    const OTHER: Revision = Revision(3);
    const LATER: Revision = Revision(4);

    fn seen(now: Revision, replaced: Option<Revision>) -> Option<Versions> {
        Some(Versions { now, replaced })
    }

    #[test]
    fn an_insert_is_recognised() {
        let cases = [
            (seen(MINE, None), Fate::Done),
            (seen(OTHER, Some(MINE)), Fate::Done),
            (seen(OTHER, None), Fate::Refused),
            (seen(LATER, Some(OTHER)), Fate::Unknown),
            (None, Fate::Unknown),
        ];
        for (seen, fate) in cases {
            assert_eq!(of_insert(seen, MINE), fate, "{seen:?}");
        }
    }

    #[test]
    fn a_replacement_is_recognised() {
        let cases = [
            (seen(MINE, Some(AT)), Fate::Done),
            (seen(OTHER, Some(MINE)), Fate::Done),
            (seen(OTHER, Some(AT)), Fate::Refused),
            (seen(AT, None), Fate::Unknown),
            (seen(LATER, Some(OTHER)), Fate::Unknown),
            (seen(LATER, None), Fate::Unknown),
            (None, Fate::Unknown),
        ];
        for (seen, fate) in cases {
            assert_eq!(of_replacement(seen, AT, MINE), fate, "{seen:?}");
        }
    }

    #[test]
    fn a_removal_is_recognised() {
        let cases = [
            (None, Fate::Done),
            (seen(OTHER, Some(AT)), Fate::Refused),
            (seen(AT, None), Fate::Unknown),
            (seen(OTHER, None), Fate::Unknown),
            (seen(LATER, Some(OTHER)), Fate::Unknown),
        ];
        for (seen, fate) in cases {
            assert_eq!(of_removal(seen, AT), fate, "{seen:?}");
        }
    }
}
