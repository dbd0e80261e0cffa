//! The rules: each one can fail, and none of them fires on what is right.

mod delivery;
mod history;
mod master;
mod measured;
mod media;
mod renditions;

use std::collections::BTreeSet;

#[test]
fn every_rule_of_the_catalogue_can_fail() {
    let alone = media::broken().chain(master::broken()).chain(renditions::broken());
    let examples = alone.chain(history::broken()).chain(delivery::broken()).chain(measured::broken());
    let mut proved = BTreeSet::new();
    for (rule, found) in examples {
        assert!(found.iter().any(|finding| finding.rule == rule), "{rule}; found {found:#?}");
        proved.insert(rule);
    }
    let all: BTreeSet<_> = hls::catalogue().iter().map(|rule| rule.id).collect();
    let unproved: Vec<_> = all.difference(&proved).collect();
    assert!(unproved.is_empty() && !all.is_empty(), "rules without a broken example: {unproved:?}");
}

#[test]
fn every_rule_has_one_id() {
    let ids: Vec<_> = hls::catalogue().iter().map(|rule| rule.id).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}
