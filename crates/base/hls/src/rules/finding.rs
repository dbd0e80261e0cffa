//! What a rule is, and what it says when a playlist breaks it.

use std::fmt;

/// A rule that a playlist breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id, which never changes.
    pub rule: &'static str,
    /// Where the rule stands: RFC 8216, the draft 8216bis, Apple's authoring specification, or the project
    /// itself.
    pub clause: &'static str,
    /// Which of the texts given, from 0: the snapshot of a history, the rendition of a presentation.
    pub text: usize,
    /// The line in that text, from 1; 0 if what is missing has no line.
    pub line: usize,
    /// What the playlist says.
    pub measured: String,
    /// What the rule asks for.
    pub allowed: String,
}

/// A rule, for those who list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// Its id, which never changes.
    pub id: &'static str,
    /// Where it stands.
    pub clause: &'static str,
    /// What it asks for.
    pub states: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, clause, text, line, measured, allowed } = self;
        write!(f, "text {text} line {line}: {rule} ({clause}): {measured}; allowed: {allowed}")
    }
}

/// One row of a table: a rule about subjects of type `S`.
pub(super) struct Rule<S> {
    info: RuleInfo,
    check: fn(&S) -> Vec<Breach>,
}

/// One place where a rule is broken.
pub(super) struct Breach {
    text: usize,
    line: usize,
    measured: String,
    allowed: Option<String>,
}

impl<S> Rule<S> {
    /// A row of a table.
    pub(super) const fn new(
        id: &'static str,
        clause: &'static str,
        states: &'static str,
        check: fn(&S) -> Vec<Breach>,
    ) -> Self {
        Self { info: RuleInfo { id, clause, states }, check }
    }

    /// The rule without its function.
    pub(super) fn info(&self) -> RuleInfo {
        self.info
    }
}

impl Breach {
    /// A breach at a line of the only text there is. What is allowed is what the rule states.
    pub(super) fn at(line: usize, measured: impl Into<String>) -> Self {
        Self { text: 0, line, measured: measured.into(), allowed: None }
    }

    /// In the text of this number.
    pub(super) fn in_text(self, text: usize) -> Self {
        Self { text, ..self }
    }

    /// With the very value that is allowed here.
    pub(super) fn allowed(self, allowed: impl Into<String>) -> Self {
        Self { allowed: Some(allowed.into()), ..self }
    }
}

/// Runs every rule of a table over one subject.
pub(super) fn run<S>(rules: &[Rule<S>], subject: &S) -> Vec<Finding> {
    let judge = |rule: &Rule<S>| {
        let RuleInfo { id, clause, states } = rule.info;
        let finding = move |breach: Breach| Finding {
            rule: id,
            clause,
            text: breach.text,
            line: breach.line,
            measured: breach.measured,
            allowed: breach.allowed.unwrap_or_else(|| states.to_owned()),
        };
        (rule.check)(subject).into_iter().map(finding).collect::<Vec<_>>()
    };
    rules.iter().flat_map(judge).collect()
}
