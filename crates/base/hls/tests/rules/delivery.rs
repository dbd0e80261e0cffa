//! One request that went wrong per rule of delivery, and good ones on which nothing fires.

use std::time::Duration;

use hls::{Finding, Request, Resource, check_delivery};

fn playlist(content_type: &str, utf8: bool) -> Resource {
    Resource::Playlist { content_type: Some(content_type.to_owned()), utf8 }
}

fn removed(ago: u64) -> Resource {
    Resource::Removed { ago: Duration::from_secs(ago), stays: Duration::from_secs(40) }
}

fn ask(uri: &str, resource: Resource, failure: Option<&str>) -> Vec<Finding> {
    let (uri, failure) = (uri.to_owned(), failure.map(str::to_owned));
    check_delivery(&[Request { text: 1, line: 9, uri, resource, failure }])
}

/// Every rule that is broken here, and what is found.
pub(crate) fn broken() -> impl Iterator<Item = (&'static str, Vec<Finding>)> {
    let gone = Some("404 Not Found");
    [
        ("playlist-unavailable", ask("v.m3u8", playlist("text/plain", true), gone)),
        ("playlist-unidentified", ask("v.php?x=.m3u8", playlist("text/plain", true), None)),
        ("playlist-not-utf8", ask("v.m3u8", playlist("text/plain", false), None)),
        ("segment-unavailable", ask("9.ts", Resource::Segment, gone)),
        ("segment-unavailable", ask("init.mp4", Resource::Map, gone)),
        ("gap-without-filler", ask("9.ts", Resource::Gap, gone)),
        ("removed-too-soon", ask("9.ts", removed(39), gone)),
    ]
    .into_iter()
}

#[test]
fn a_request_breaks_its_rule_and_no_other() {
    for (rule, found) in broken() {
        let rules: Vec<_> = found.iter().map(|finding| (finding.rule, finding.text, finding.line)).collect();
        assert_eq!(rules, [(rule, 1, 9)]);
    }
}

#[test]
fn good_answers_have_no_findings() {
    let typed = playlist("Application/vnd.apple.mpegurl; charset=utf-8", true);
    assert_eq!(ask("v.php", typed, None), []);
    assert_eq!(ask("v.m3u8?token=1", Resource::Playlist { content_type: None, utf8: true }, None), []);
    for resource in [Resource::Map, Resource::Segment, Resource::Gap, removed(39)] {
        assert_eq!(ask("9.ts", resource, None), []);
    }
    assert_eq!(ask("9.ts", removed(41), Some("404 Not Found")), [], "its time is over");
}

#[test]
fn a_removal_that_came_too_soon_says_when() {
    let found = ask("9.ts", removed(39), Some("404 Not Found"));
    assert_eq!(found[0].measured, "\"9.ts\": 404 Not Found after 39.0 s");
    assert_eq!(found[0].allowed, "there for 40.0 s after its removal");
}
