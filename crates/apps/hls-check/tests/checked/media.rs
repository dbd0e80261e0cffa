//! Segments that ffmpeg made, measured.

use super::{report, rules};
use std::{fs, process::Command};
use tempfile::TempDir;

/// What is about the pictures and the sound, not about the playlist that ffmpeg writes.
const MEASURED: &[&str] = &["segment-undecodable", "duration-untrue", "durations-drift", "keyframe-missing"];

/// Six seconds of a test card in segments of two.
fn encoded(kind: &str) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let made = Command::new("ffmpeg")
        .args("-v error -f lavfi -i testsrc=s=320x180:r=25 -f lavfi -i sine=r=44100 -t 6".split(' '))
        .args("-c:v libx264 -preset ultrafast -g 50 -sc_threshold 0 -c:a aac -f hls -hls_time 2".split(' '))
        .args(["-hls_playlist_type", "vod", "-hls_segment_type", kind, "v.m3u8"])
        .current_dir(folder.path())
        .status()
        .expect("ffmpeg runs");
    assert!(made.success());
    folder
}

async fn measured(folder: &TempDir) -> Vec<String> {
    let (_, report) = report(&["--media", folder.path().to_str().expect("plain")]).await;
    assert!(!report["notes"].to_string().contains("not measured"), "{report:#}");
    rules(&report).into_iter().filter(|rule| MEASURED.contains(rule)).map(str::to_owned).collect()
}

#[tokio::test]
async fn true_lengths_pass_and_a_wrong_one_is_found() {
    for kind in ["mpegts", "fmp4"] {
        let folder = encoded(kind);
        assert_eq!(measured(&folder).await, Vec::<String>::new(), "{kind}");
        let list = folder.path().join("v.m3u8");
        let text = fs::read_to_string(&list).expect("written").replacen("2.000000", "1.900000", 1);
        fs::write(&list, text).expect("written");
        assert_eq!(measured(&folder).await, ["duration-untrue", "durations-drift"], "{kind}");
    }
}

#[tokio::test]
async fn a_segment_that_is_no_media_is_found() {
    let folder = encoded("mpegts");
    fs::write(folder.path().join("v1.ts"), "not media".repeat(1_000)).expect("written");
    assert_eq!(measured(&folder).await, ["segment-undecodable"]);
}
