//! The report for people, in 80 columns.

use crate::report::{Judged, Kind, Located, Report};
use std::fmt::Write;

const WIDTH: usize = 80;

/// Findings of one rule in one playlist that are shown; the others are counted.
const SHOWN: usize = 5;

/// The whole report.
pub(crate) fn show(report: &Report) -> String {
    let mut text = String::new();
    for playlist in &report.playlists {
        line(&mut text, &described(playlist));
        findings(&mut text, report, &playlist.playlist);
    }
    let judged = |name: &String| report.playlists.iter().any(|playlist| playlist.playlist == *name);
    let mut others: Vec<&String> = report.findings.iter().map(|found| &found.playlist).collect();
    others.retain(|name| !judged(name));
    others.sort();
    others.dedup();
    for name in others {
        line(&mut text, name);
        findings(&mut text, report, name);
    }
    text.push('\n');
    report.notes.iter().for_each(|note| wrapped(&mut text, "note: ", note));
    line(&mut text, &verdict(report));
    text
}

/// Every rule there is.
pub(crate) fn catalogue() -> String {
    let mut text = String::new();
    for rule in hls::catalogue() {
        line(&mut text, &format!("{:<30} {}", rule.id, rule.clause));
        line(&mut text, &format!("    {}", rule.states));
    }
    text
}

fn described(playlist: &Judged) -> String {
    let mut said = match playlist.kind {
        Kind::Master => format!("master, {} playlists", playlist.entries),
        Kind::Ended => format!("complete, {} segments", playlist.entries),
        Kind::Live => format!("live, {} segments", playlist.entries),
    };
    if let Some(seconds) = playlist.seconds {
        let _ = write!(said, ", {seconds:.1} s");
    }
    if let Some(followed) = &playlist.followed {
        let _ = write!(
            said,
            "; {} reads, {} segments, longest wait {:.1} s",
            followed.reads, followed.segments, followed.longest_wait_seconds
        );
    }
    format!("{}\n  {said}", elided(&playlist.playlist, WIDTH))
}

fn findings(text: &mut String, report: &Report, playlist: &str) {
    let mut rules: Vec<&str> = Vec::new();
    let mine: Vec<&Located> = report.findings.iter().filter(|found| found.playlist == playlist).collect();
    for found in &mine {
        if !rules.contains(&found.rule) {
            rules.push(found.rule);
        }
    }
    for rule in rules {
        let all: Vec<_> = mine.iter().filter(|found| found.rule == rule).collect();
        all.iter().take(SHOWN).for_each(|found| one(text, found));
        if all.len() > SHOWN {
            line(text, &format!("    and {} more of {rule}", all.len() - SHOWN));
        }
    }
}

fn one(text: &mut String, found: &Located) {
    let mut place = if found.line == 0 { String::new() } else { format!(", line {}", found.line) };
    if let Some(snapshot) = &found.snapshot {
        let _ = write!(place, ", at {snapshot}");
    }
    line(text, &format!("  {} ({}){place}", found.rule, found.clause));
    line(text, &format!("    is       {}", found.measured));
    line(text, &format!("    allowed  {}", found.allowed));
}

fn verdict(report: &Report) -> String {
    let playlists = report.playlists.len();
    if report.findings.is_empty() {
        return format!("No rule is broken in {playlists} {}.", plural(playlists, "playlist"));
    }
    let mut rules: Vec<_> = report.findings.iter().map(|found| found.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    let (broken, places) = (rules.len(), report.findings.len());
    format!("{broken} {} broken in {places} {}.", plural(broken, "rule"), plural(places, "place"))
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

/// One line, or several that are one; what is too long loses its middle.
fn line(text: &mut String, content: &str) {
    for part in content.lines() {
        text.push_str(&elided(part, WIDTH));
        text.push('\n');
    }
}

fn elided(content: &str, width: usize) -> String {
    let count = content.chars().count();
    if count <= width {
        return content.to_owned();
    }
    let end = (width - 1) / 2;
    let head: String = content.chars().take(width - 1 - end).collect();
    let tail: String = content.chars().skip(count - end).collect();
    format!("{head}…{tail}")
}

/// Words in as many lines as they need.
fn wrapped(text: &mut String, start: &str, content: &str) {
    let mut current = start.to_owned();
    for word in content.split_whitespace() {
        if current.chars().count() + word.chars().count() >= WIDTH && current.trim() != start.trim() {
            line(text, current.trim_end());
            current = " ".repeat(start.len());
        }
        current.push_str(word);
        current.push(' ');
    }
    line(text, current.trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(rule: &'static str, measured: &str) -> Located {
        let (playlist, measured, allowed) = ("v.m3u8".to_owned(), measured.to_owned(), "4 s".to_owned());
        let (clause, snapshot) = ("RFC 8216 4.3.3.1", None);
        Located { rule, clause, playlist, snapshot, line: 7, measured, allowed }
    }

    fn report(findings: Vec<Located>) -> Report {
        let playlist = "v.m3u8".to_owned();
        let row = Judged { playlist, kind: Kind::Live, entries: 6, seconds: Some(24.0), followed: None };
        Report { playlists: vec![row], findings, notes: vec!["word ".repeat(30)] }
    }

    #[test]
    fn every_line_fits() {
        let text = show(&report(vec![broken("target-duration-exceeded", &"long ".repeat(40)); 9]));
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.contains("and 4 more of target-duration-exceeded"), "{text}");
        assert!(text.ends_with("1 rule broken in 9 places.\n"), "{text}");
        assert!(catalogue().lines().all(|line| line.chars().count() <= WIDTH));
    }

    #[test]
    fn what_is_right_is_said() {
        assert!(show(&report(Vec::new())).ends_with("No rule is broken in 1 playlist.\n"));
    }

    #[test]
    fn a_long_address_keeps_both_ends() {
        assert_eq!(elided("abcdefghij", 7), "abc…hij");
        assert_eq!(elided("äöüäöüäöü", 9), "äöüäöüäöü");
    }
}
