//! The rules of playlists: one rule is one small function in a table.

pub(crate) mod finding;
pub(crate) mod history;
mod master;
mod media;
mod playlist;
pub(crate) mod renditions;
mod segments;

use finding::{Finding, Rule, RuleInfo, run};
use history::{History, Snapshot};
use renditions::{Presentation, RenditionText};
use segments::MediaOutline;

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
    run(history::RULES, &History::new(snapshots))
}

/// Every rule there is, in the order of the tables.
pub fn catalogue() -> Vec<RuleInfo> {
    let both = playlist::RULES.iter().map(Rule::info);
    let media = media::RULES.iter().map(Rule::info);
    let master = master::RULES.iter().map(Rule::info);
    let renditions = renditions::RULES.iter().map(Rule::info);
    let history = history::RULES.iter().map(Rule::info);
    both.chain(media).chain(master).chain(renditions).chain(history).collect()
}
