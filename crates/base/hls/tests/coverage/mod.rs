//! Holds the catalogue of rules against the cases of a test.

use std::collections::BTreeSet;

/// Asserts that every rule whose id stands in a table file has a case.
pub(crate) fn assert_covers(table: &str, cases: &[&str]) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(table);
    let source = std::fs::read_to_string(path).expect("the table is part of the crate");
    let in_table = |id: &&str| source.contains(&format!("\"{id}\""));
    let rules: BTreeSet<_> = hls::catalogue().into_iter().map(|rule| rule.id).filter(in_table).collect();
    let cases: BTreeSet<_> = cases.iter().copied().collect();
    let missing: Vec<_> = rules.difference(&cases).collect();
    assert!(
        !rules.is_empty() && missing.is_empty(),
        "rules of {table} without a broken playlist: {missing:?}"
    );
}
