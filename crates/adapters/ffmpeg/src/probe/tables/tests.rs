//! Tests with files of many kinds: the tables say what all packets say, or they are not believed.

use super::*;
use crate::probe::packets::{self, Heard};
use domain::timeline::{Packet, Timeline};
use std::process::Command;

fn config() -> FfmpegConfig {
    FfmpegConfig::new("ffmpeg".into(), "ffprobe".into())
}

fn program(name: &str, words: &str, paths: &[&Path]) -> String {
    let output = Command::new(name).args(words.split_ascii_whitespace()).args(paths).output().unwrap();
    assert!(output.status.success(), "{name} {words}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What is told apart: a track of text is only known to be there, and how long a picture shows only matters for the last one.
#[derive(Debug, PartialEq, Eq)]
enum Known {
    Pictures(Vec<(i64, i64, bool)>, Option<Timeline>),
    Sound(Heard, i64, i64),
    Text,
}

async fn known(path: &Path, tracks: BTreeMap<u32, Track>) -> BTreeMap<u32, Known> {
    let kinds = program("ffprobe", "-v error -show_entries stream=index,codec_type -of csv=p=0", &[path]);
    let is_text = |index: u32| kinds.lines().any(|line| line == format!("{index},subtitle"));
    let times = |packet: &Packet| (packet.pts_us, packet.dts_us, packet.key);
    let what = |index: u32, track: Track| match track {
        _ if is_text(index) => Known::Text,
        Track { heard, start_us, end_us, pictures, .. } if pictures.is_empty() => {
            Known::Sound(heard, start_us, end_us)
        }
        Track { pictures, .. } => {
            Known::Pictures(pictures.iter().map(times).collect(), Timeline::of(pictures, None))
        }
    };
    tracks.into_iter().map(|(index, track)| (index, what(index, track))).collect()
}

/// Reads a file both ways; why its tables are not believed, if they are not.
async fn read_both_ways(path: &Path) -> Option<&'static str> {
    match read_from(&config(), path, 0).await.unwrap() {
        Ok(told) => {
            let read = known(path, packets::read(&config(), path).await.unwrap()).await;
            assert_eq!(known(path, told).await, read, "{}", path.display());
            None
        }
        Err(Doubt(why)) => Some(why),
    }
}

/// Reads all files of a folder both ways: `MEDIA=/somewhere cargo test … -- --ignored --nocapture any_media`.
#[tokio::test]
#[ignore = "it needs a folder of media"]
async fn any_media_is_read_alike() {
    let mut folders = vec![std::path::PathBuf::from(std::env::var_os("MEDIA").unwrap())];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if ["mp4", "mov", "m4a", "m4v", "3gp", "3g2", "qt", "m4b"]
                .iter()
                .any(|e| path.extension().is_some_and(|x| x.eq_ignore_ascii_case(e)))
            {
                let why = read_both_ways(&path).await;
                println!("{}: {}", path.display(), why.unwrap_or("by its tables"));
            }
        }
    }
}
