//! ARCHITECTURE.md shows the transitions that the code allows.

use domain::{live::StreamStatus, video::VideoStatus};

#[test]
fn the_tables_of_transitions_are_the_codes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../ARCHITECTURE.md");
    let text = std::fs::read_to_string(path).unwrap();
    let videos = VideoStatus::ALL.map(|status| (status.name(), names(status.next(), VideoStatus::name)));
    let streams = StreamStatus::ALL.map(|status| (status.name(), names(status.next(), StreamStatus::name)));
    for table in [table("video", &videos), table("live stream", &streams)] {
        assert!(text.contains(&table), "ARCHITECTURE.md should have:\n{table}");
    }
}

fn names<S: Copy>(statuses: &[S], name: fn(S) -> &'static str) -> Vec<&'static str> {
    statuses.iter().map(|status| name(*status)).collect()
}

fn table(what: &str, transitions: &[(&str, Vec<&str>)]) -> String {
    let row = |(from, to): &(&str, Vec<&str>)| {
        let to: Vec<String> = to.iter().map(|to| format!("`{to}`")).collect();
        let space = if to.is_empty() { "" } else { " " };
        format!("| `{from}` | {}{space}|\n", to.join(", "))
    };
    let rows: String = transitions.iter().map(row).collect();
    format!("| a {what} that is | may become |\n| --- | --- |\n{rows}")
}
