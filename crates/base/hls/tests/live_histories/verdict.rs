//! What must hold of every history.

use crate::world::{Event, World};
use domain::live::{Bytes, Listing, Timeline};
use hls::{Snapshot, check_history, check_media, live};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn judge(world: &World) {
    playlists_keep_the_rules(world);
    viewers_see_what_was_committed(world);
    it_comes_to_rest(world);
    nothing_is_lost(world);
    the_recording_keeps_the_rules(world);
    the_document_reads_back(world);
}

fn playlists_keep_the_rules(world: &World) {
    let mut texts: Vec<&str> = world.playlists.iter().map(|(_, text)| text.as_str()).collect();
    texts.dedup();
    for text in &texts {
        assert_eq!(check_media(text), [], "{text}");
    }
    let shots: Vec<_> = texts.iter().map(|text| Snapshot { at: None, text }).collect();
    assert_eq!(check_history(&shots), [], "{texts:#?}");
    let ended = texts.iter().filter(|text| text.contains("#EXT-X-ENDLIST")).count();
    assert!(ended <= 1, "the end is written once: {texts:#?}");
}

/// A server of viewers takes what is newer by `(epoch, version)`, and what it takes is what was committed, in order.
fn viewers_see_what_was_committed(world: &World) {
    let mut seen = (0, 0);
    let mut last = 0;
    for (order, text) in &world.published {
        if *order <= seen {
            continue;
        }
        seen = *order;
        let at = world.playlists.iter().position(|(_, committed)| committed == text);
        // Before the first commit there is only the empty playlist.
        let at = at.unwrap_or_else(|| {
            assert!(!text.contains("#EXTINF"), "never committed: {text}");
            0
        });
        assert!(at >= last, "back from {last} to {at}");
        last = at;
    }
}

fn it_comes_to_rest(world: &World) {
    let timeline = &world.stream.timeline;
    assert_eq!(timeline.ended, world.ends(), "the end comes when it was sent, and only then");
    assert_eq!(world.committed, world.log.len(), "every event is dealt with");
}

/// Every segment that was published before the end is in the recording exactly once, and every other place is a gap.
fn nothing_is_lost(world: &World) {
    let timeline = &world.stream.timeline;
    let Some(next) = timeline.next else { return };
    let before_end = world.log.iter().take_while(|event| matches!(event, Event::Segment(_)));
    let mut intact = BTreeMap::new();
    for event in before_end {
        if let Event::Segment(arrival) = event {
            let good = arrival.bytes == Bytes::Intact && arrival.segment.duration_us() > 0;
            *intact.entry(arrival.number()).or_insert(false) |= good;
        }
    }
    for (number, _) in intact.iter().filter(|(_, good)| **good) {
        let status = world.records.get(number).map(|record| record.status);
        assert!(
            matches!(status, Some(Listing::Listed | Listing::RecordingOnly)),
            "{number} was published, and is {status:?}"
        );
    }
    let placed: BTreeSet<u32> = world.records.keys().copied().collect();
    let first = placed.first().copied().unwrap_or(next);
    for number in (first..next).filter(|number| !timeline.skipped.contains(*number)) {
        assert!(placed.contains(&number), "{number} has neither a segment nor a gap");
    }
    assert_eq!(places_of(world), timeline.places());
}

/// How many records have a place in the live playlist.
fn places_of(world: &World) -> u64 {
    let Timeline { skipped, .. } = &world.stream.timeline;
    world.records.keys().filter(|number| !skipped.contains(**number)).count() as u64
}

fn the_recording_keeps_the_rules(world: &World) {
    let records: Vec<_> = world.records.values().cloned().collect();
    if records.is_empty() {
        return;
    }
    let text = live::recording(&records, live::segment_name).to_m3u8();
    assert_eq!(check_media(&text), [], "{text}");
}

fn the_document_reads_back(world: &World) {
    let json = serde_json::to_value(&world.stream).expect("writes");
    let read: domain::live::Stream = serde_json::from_value(json).expect("reads back");
    assert_eq!(read, world.stream);
}
