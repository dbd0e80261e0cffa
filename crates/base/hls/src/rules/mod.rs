//! The rules of playlists: one rule is one small function in a table.

pub(crate) mod delivery;
pub(crate) mod finding;
pub(crate) mod follower;
mod history;
mod inside;
mod master;
pub(crate) mod measured;
mod media;
mod playlist;
pub(crate) mod renditions;
mod segments;

use delivery::Request;
use finding::{Finding, Rule, RuleInfo, run};
use follower::{Follower, Snapshot};
pub(crate) use master::has_video;
use measured::MeasuredRendition;
use renditions::{Presentation, RenditionText, Track};
pub(crate) use segments::MediaOutline;

use crate::parse::outline::Outline;

/// Judges one media playlist.
pub fn check_media(text: &str) -> Vec<Finding> {
    let outline = Outline::read(text);
    let mut findings = run(playlist::RULES, &outline);
    findings.extend(run(media::RULES, &MediaOutline::new(outline)));
    findings
}

/// Judges one master playlist.
pub fn check_master(text: &str) -> Vec<Finding> {
    let outline = Outline::read(text);
    let mut findings = run(playlist::RULES, &outline);
    findings.extend(run(master::RULES, &outline));
    findings
}

/// Judges the media playlists of one presentation against each other; [`check_media`] judges each alone.
pub fn check_renditions(renditions: &[RenditionText<'_>]) -> Vec<Finding> {
    run(renditions::RULES, &Presentation::new(renditions))
}

/// Judges what happened to one media playlist over time, oldest snapshot first; [`check_media`] judges each
/// alone.
pub fn check_history(snapshots: &[Snapshot<'_>]) -> Vec<Finding> {
    let mut follower = Follower::default();
    let mut findings: Vec<_> = snapshots.iter().flat_map(|snapshot| follower.observe(snapshot)).collect();
    findings.extend(follower.finish());
    findings
}

/// Judges what came of asking for the resources that playlists name.
pub fn check_delivery(requests: &[Request]) -> Vec<Finding> {
    requests.iter().flat_map(|request| run(delivery::RULES, request)).collect()
}

/// Judges what the segments of one rendition are against what playlists say of them.
pub fn check_measured(rendition: &MeasuredRendition) -> Vec<Finding> {
    let mut findings = run(measured::RULES, rendition);
    findings.extend(run(inside::RULES, rendition));
    findings
}

/// Judges the measured renditions of one presentation against each other; those of pictures come first.
pub fn check_measured_together(renditions: Vec<(Track, MeasuredRendition)>) -> Vec<Finding> {
    run(inside::TOGETHER, &inside::Together { renditions })
}

/// Every rule there is, in the order of the tables.
pub fn catalogue() -> Vec<RuleInfo> {
    let mut rules: Vec<RuleInfo> = playlist::RULES.iter().map(Rule::info).collect();
    rules.extend(media::RULES.iter().map(Rule::info));
    rules.extend(master::RULES.iter().map(Rule::info));
    rules.extend(renditions::RULES.iter().map(Rule::info));
    rules.extend(history::RULES.iter().map(Rule::info));
    rules.extend(follower::WAITS.iter().map(Rule::info));
    rules.extend(delivery::RULES.iter().map(Rule::info));
    rules.extend(measured::RULES.iter().map(Rule::info));
    rules.extend(inside::RULES.iter().map(Rule::info));
    rules.extend(inside::TOGETHER.iter().map(Rule::info));
    rules
}
