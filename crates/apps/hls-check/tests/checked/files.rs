//! Folders, single files and histories.

use super::{MASTER, report, rules, run, vod};
use std::{fs, path::Path};
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("written");
    }
    folder
}

fn path(folder: &TempDir) -> &str {
    folder.path().to_str().expect("plain")
}

#[tokio::test]
async fn a_right_presentation_passes() {
    let list = vod(2);
    let folder =
        folder(&[("m.m3u8", MASTER), ("a.m3u8", &list), ("b.m3u8", &list), ("0.ts", "x"), ("1.ts", "x")]);
    let (code, report) = report(&[path(&folder)]).await;
    assert_eq!((code, rules(&report)), (0, vec![]), "{report:#}");
    assert_eq!(report["playlists"].as_array().expect("a list").len(), 3);
    let shown = run(&[path(&folder)]).await;
    let text = String::from_utf8(shown.stdout).expect("UTF-8");
    assert!(text.ends_with("No rule is broken in 3 playlists.\n"), "{text}");
}

#[tokio::test]
async fn a_finding_names_clause_line_and_values() {
    let list = vod(1).replace("4.000000", "4.600000");
    let folder = folder(&[("a.m3u8", &list), ("0.ts", "x")]);
    let (code, report) = report(&[path(&folder)]).await;
    assert_eq!((code, rules(&report)), (1, vec!["target-duration-exceeded"]));
    let finding = &report["findings"][0];
    assert_eq!((finding["clause"].as_str(), finding["line"].as_u64()), (Some("RFC 8216 4.3.3.1"), Some(6)));
    assert_eq!(
        (finding["measured"].as_str(), finding["allowed"].as_str()),
        (Some("4.600000 s"), Some("4 s when rounded"))
    );
}

#[tokio::test]
async fn missing_files_are_found_where_they_are_named() {
    let folder = folder(&[("m.m3u8", MASTER), ("a.m3u8", &vod(2)), ("0.ts", "x"), ("1.ts", "")]);
    let (code, report) = report(&[path(&folder)]).await;
    assert_eq!((code, rules(&report)), (1, vec!["playlist-unavailable", "segment-unavailable"]));
    assert_eq!(report["findings"][0]["line"], 6, "{report:#}");
    assert_eq!(report["findings"][0]["measured"], "\"b.m3u8\": no such file");
    assert_eq!(report["findings"][1]["measured"], "\"1.ts\": it has no bytes");
}

#[tokio::test]
async fn a_history_is_read_in_the_order_of_its_names() {
    let window = |first: u64| {
        let head = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-INDEPENDENT-SEGMENTS\n";
        let date = |n: u64| format!("#EXT-X-PROGRAM-DATE-TIME:2026-01-31T12:00:{n:02}.000Z\n");
        let list: String =
            (first..first + 6).map(|n| format!("{}#EXTINF:1.000000,\n{n}.ts\n", date(n))).collect();
        format!("{head}#EXT-X-MEDIA-SEQUENCE:{first}\n#EXT-X-DISCONTINUITY-SEQUENCE:0\n{list}")
    };
    let (one, two, three) = (window(1), window(2), window(3));
    let good = folder(&[("900.m3u8", &one), ("1100.m3u8", &two), ("2000.m3u8", &three)]);
    let (code, found) = report(&["--history", path(&good)]).await;
    assert_eq!((code, rules(&found)), (0, vec![]), "{found:#}");
    let back = folder(&[("900.m3u8", &two), ("1100.m3u8", &one), ("2700.m3u8", &one), ("2800.m3u8", &three)]);
    let (code, found) = report(&["--history", path(&back)]).await;
    assert_eq!(code, 1);
    assert_eq!(rules(&found), ["media-sequence-lowered", "tail-removed", "update-late"], "{found:#}");
    assert_eq!(found["findings"][2]["snapshot"], "2700.m3u8");
    assert_eq!(found["playlists"][0]["followed"]["segments"], 8);
}

#[tokio::test]
async fn what_is_not_there_cannot_be_checked() {
    let empty = folder(&[]);
    for target in [path(&empty), "no-such-file.m3u8"] {
        let output = run(&[target]).await;
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(said.starts_with("hls-check: ") && said.contains(target), "{said}");
    }
    assert_eq!(run(&["--ignore", "no-such-rule", "x"]).await.status.code(), Some(2));
}

#[tokio::test]
async fn every_rule_is_listed_and_can_be_ignored() {
    let listed = String::from_utf8(run(&["--rules"]).await.stdout).expect("UTF-8");
    assert!(hls::catalogue().iter().all(|rule| listed.contains(rule.id)));
    let folder = folder(&[("a.m3u8", &vod(1))]);
    let (code, report) = report(&[path(&folder), "--ignore", "segment-unavailable"]).await;
    assert_eq!((code, rules(&report)), (0, vec![]));
    assert!(report["notes"].to_string().contains("left out: segment-unavailable"), "{report:#}");
    assert!(Path::new(path(&folder)).exists());
}

#[tokio::test]
async fn a_master_speaks_for_the_segments_of_all() {
    let list = vod(2).replace("#EXT-X-INDEPENDENT-SEGMENTS\n", "");
    let files = [("m.m3u8", MASTER), ("a.m3u8", &list), ("b.m3u8", &list), ("0.ts", "x"), ("1.ts", "x")];
    let (_, together) = report(&[path(&folder(&files))]).await;
    assert_eq!(rules(&together), Vec::<&str>::new(), "{together:#}");
    let (_, alone) = report(&[path(&folder(&files[1..]))]).await;
    assert_eq!(rules(&alone), ["independent-segments-missing"; 2], "{alone:#}");
}
