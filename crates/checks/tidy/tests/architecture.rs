//! ARCHITECTURE.md shows the transitions that the code allows.

use domain::video::VideoStatus;
use std::fmt::Write;

#[test]
fn the_table_of_transitions_is_the_codes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../ARCHITECTURE.md");
    let text = std::fs::read_to_string(path).unwrap();
    let mut table = String::from("| a video that is | may become |\n| --- | --- |\n");
    for status in VideoStatus::ALL {
        let next: Vec<String> = status.next().iter().map(|next| format!("`{}`", next.name())).collect();
        let next = next.join(", ");
        let space = if next.is_empty() { "" } else { " " };
        writeln!(table, "| `{}` | {next}{space}|", status.name()).unwrap();
    }
    assert!(text.contains(&table), "ARCHITECTURE.md should have:\n{table}");
}
