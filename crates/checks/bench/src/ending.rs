//! How a bench ends: a table for people, figures for programs, an exit code.

use crate::{
    command::Output,
    screen,
    target::{self, Target},
};
use anyhow::Context;
use serde::Serialize;

/// Prints the table, writes the figures where they are wanted, and says whether the exit code is to be a
/// success.
pub(crate) fn publish(
    output: &Output,
    table: &str,
    figures: &impl Serialize,
    targets: &[Target],
) -> anyhow::Result<bool> {
    screen::result(table);
    if let Some(file) = &output.json {
        let mut text = serde_json::to_string_pretty(figures).context("writing the figures as JSON")?;
        text.push('\n');
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(!output.strict || target::all_met(targets))
}
