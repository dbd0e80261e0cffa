//! Asking for the segments that a playlist names.

use crate::{
    fetch::{self, Fetcher},
    presentation::Page,
};
use futures::{StreamExt, stream};
use hls::{ByteRange, Map, NamedSegment, Request, Resource};
use std::collections::BTreeSet;

/// Requests under way at the same time.
const AT_ONCE: usize = 4;

/// At most `count` of `all`, the first and the last among them, the others spread evenly between.
pub(crate) fn spread<T>(all: &[T], count: usize) -> Vec<&T> {
    if all.len() <= count {
        return all.iter().collect();
    }
    let last = all.len() - 1;
    (0..count).map(|n| &all[if count == 1 { 0 } else { n * last / (count - 1) }]).collect()
}

/// Asks for the first byte of these segments, and of their initialization sections. The findings' text is 0.
pub(crate) async fn ask(fetcher: &Fetcher, page: &Page, segments: &[&NamedSegment]) -> Vec<Request> {
    let mut maps = BTreeSet::new();
    let new_map = |segment: &&NamedSegment| {
        let Map { uri, byterange } = segment.map.clone()?;
        let range = byterange.map(|range| (range.offset, range.length));
        maps.insert((uri.clone(), range)).then_some((segment.line, uri, byterange, Resource::Map))
    };
    let mut wanted: Vec<_> = segments.iter().filter_map(new_map).collect();
    wanted.extend(segments.iter().map(|segment| {
        let resource = if segment.gap { Resource::Gap } else { Resource::Segment };
        (segment.line, segment.uri.clone(), segment.byterange, resource)
    }));
    let requests = wanted.into_iter().map(|(line, uri, range, resource)| async move {
        let failure = one(fetcher, page, &uri, range).await.err();
        Request { text: 0, line, uri, resource, failure }
    });
    stream::iter(requests).buffered(AT_ONCE).collect().await
}

/// Asks for the first byte of what `page` names.
///
/// # Errors
/// What is wrong, in words for people.
pub(crate) async fn one(
    fetcher: &Fetcher,
    page: &Page,
    uri: &str,
    range: Option<ByteRange>,
) -> Result<(), String> {
    fetcher.begins(&fetch::resolve(&page.url, uri)?, range).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spread_has_both_ends() {
        let all: Vec<usize> = (0..101).collect();
        assert_eq!(spread(&all, 5), [&0, &25, &50, &75, &100]);
        assert_eq!(spread(&all, 1), [&0]);
        assert_eq!(spread(&all, 0), [&0; 0]);
        assert_eq!(spread(&all[..3], 5), [&0, &1, &2]);
    }
}
