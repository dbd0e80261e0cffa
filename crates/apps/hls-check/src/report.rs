//! What a check found.

use hls::Finding;
use serde::Serialize;

/// Everything that a check found.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    /// The playlists that were judged.
    pub(crate) playlists: Vec<Judged>,
    /// The rules that they break.
    pub(crate) findings: Vec<Located>,
    /// What was not checked, and why.
    pub(crate) notes: Vec<String>,
}

/// A playlist that was judged.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Judged {
    /// Its name; that of its master playlist stands before it.
    pub(crate) playlist: String,
    /// What it is.
    pub(crate) kind: Kind,
    /// How many segments (of a master: playlists) it names.
    pub(crate) entries: usize,
    /// Their listed length, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seconds: Option<f64>,
    /// How it went on, if it was followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) followed: Option<Followed>,
}

/// What a playlist is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// It names playlists.
    Master,
    /// It is complete.
    Ended,
    /// It goes on.
    Live,
}

/// How a playlist went on.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Followed {
    /// How often it was read.
    pub(crate) reads: usize,
    /// How often it had changed.
    pub(crate) changes: usize,
    /// How many different segments it listed.
    pub(crate) segments: u64,
    /// The longest time for which nothing new is known to have come, in seconds.
    pub(crate) longest_wait_seconds: f64,
}

/// A broken rule, and where.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Located {
    /// The rule's id.
    pub(crate) rule: &'static str,
    /// Where the rule stands.
    pub(crate) clause: &'static str,
    /// The name of the playlist that breaks it.
    pub(crate) playlist: String,
    /// The snapshot that breaks it, in a history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) snapshot: Option<String>,
    /// The line, from 1; 0 if what is missing has no line.
    pub(crate) line: usize,
    /// What it says.
    pub(crate) measured: String,
    /// What the rule asks for.
    pub(crate) allowed: String,
}

impl Report {
    /// Adds a finding about a playlist.
    pub(crate) fn add(&mut self, playlist: &str, snapshot: Option<String>, finding: Finding) {
        let Finding { rule, clause, line, measured, allowed, .. } = finding;
        let playlist = playlist.to_owned();
        self.findings.push(Located { rule, clause, playlist, snapshot, line, measured, allowed });
    }

    /// Adds findings of which each names a text by its number in `names`.
    pub(crate) fn add_all(&mut self, names: &[String], findings: Vec<Finding>) {
        for finding in findings {
            let name = names.get(finding.text).cloned().unwrap_or_default();
            self.add(&name, None, finding);
        }
    }

    /// Adds all of another report.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.playlists.extend(other.playlists);
        self.findings.extend(other.findings);
        other.notes.into_iter().for_each(|note| self.note(note));
    }

    /// Says what was not checked, once.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Leaves out the findings of these rules, and says so.
    pub(crate) fn leave_out(&mut self, rules: &[String]) {
        self.findings.retain(|finding| !rules.iter().any(|rule| rule == finding.rule));
        if !rules.is_empty() {
            self.note(format!("left out: {}", rules.join(", ")));
        }
    }

    /// The report for programs.
    ///
    /// # Errors
    /// Never, as far as anybody knows.
    pub(crate) fn to_json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}
