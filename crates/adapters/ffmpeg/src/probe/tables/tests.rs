//! Tests with files of many kinds: the tables say what all packets say, or they are not believed.

use super::*;
use crate::probe::{
    boxes,
    packets::{self, Heard},
    ranges::Ranges,
};
use domain::timeline::{Packet, Timeline};
use std::{path::Path, process::Command};

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

async fn moov(path: &Path) -> Moov {
    boxes::moov(&Ranges::of(&Source::File(path.to_owned())).await.unwrap()).await.unwrap()
}

/// Reads a file both ways; why its tables are not believed, if they are not.
async fn read_both_ways(path: &Path) -> Option<&'static str> {
    let source = Source::File(path.to_owned());
    match read_from(&config(), &source, moov(path).await, 0).await.unwrap() {
        Ok(told) => {
            let read = known(path, packets::read(&config(), &source).await.unwrap()).await;
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

const PICTURES: &str = "-f lavfi -i testsrc2=s=64x36:r=25:d=6";
const SOUND: &str = "-f lavfi -i sine=r=48000:d=6";
const H264: &str = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 37 -bf 3";

/// Makes a file in a folder; `IN/` in `words` is that folder.
fn made(folder: &Path, name: &str, words: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    let words = words.replace("PICTURES", PICTURES).replace("SOUND", SOUND).replace("H264", H264);
    let words = words.replace("IN/", &format!("{}/", folder.display()));
    program("ffmpeg", &format!("-nostdin -v error -y {words}"), &[&path]);
    path
}

#[tokio::test]
async fn tables_say_what_packets_say() {
    let folder = tempfile::tempdir().unwrap();
    let text = "1\n00:00:01,000 --> 00:00:02,500\nHello\n\n2\n00:00:04,000 --> 00:00:05,000\nBye\n";
    std::fs::write(folder.path().join("text.srt"), text).unwrap();
    let chapters = ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=3\ntitle=a\n[CHAPTER]\nTIMEBASE=1/1\nSTART=3\nEND=6\n";
    std::fs::write(folder.path().join("chapters.txt"), chapters).unwrap();
    made(folder.path(), "cover.png", "-f lavfi -i testsrc2=s=64x36 -frames:v 1");
    for (name, words) in [
        ("reordered.mp4", "PICTURES SOUND H264 -c:a aac"),
        ("index-first.mp4", "PICTURES SOUND H264 -c:a aac -movflags +faststart"),
        ("in-order.mp4", "PICTURES SOUND H264 -bf 0 -c:a aac"),
        ("variable.mp4", "PICTURES SOUND -vf select='not(eq(mod(n,5),2))' -fps_mode vfr H264 -c:a aac"),
        (
            "variable-in-order.mp4",
            "PICTURES SOUND -vf select='not(eq(mod(n,5),2))' -fps_mode vfr H264 -bf 0 -c:a aac",
        ),
        ("cut-in.mp4", "-ss 2.3 -i IN/reordered.mp4 -c copy"),
        ("cut-in-zero.mp4", "-ss 2.3 -i IN/reordered.mp4 -c copy -avoid_negative_ts make_zero"),
        ("late-sound.mp4", "PICTURES -itsoffset 1.5 SOUND -map 0:v -map 1:a H264 -c:a aac"),
        (
            "late-pictures.mp4",
            "-itsoffset 1.5 -i IN/reordered.mp4 -i IN/reordered.mp4 -map 0:v -map 1:a -c copy",
        ),
        ("short-sound.mp4", "PICTURES SOUND H264 -c:a aac -filter:a atrim=end=4"),
        (
            "several.mp4",
            "PICTURES SOUND -i IN/text.srt -map 0:v -map 1:a -map 1:a -map 2 H264 -c:a aac -c:s mov_text",
        ),
        ("two-pictures.mp4", "PICTURES SOUND -map 0:v -map 0:v -map 1:a H264 -c:a aac"),
        (
            "cover.mp4",
            "-i IN/reordered.mp4 -i IN/cover.png -map 0 -map 1 -c copy -disposition:v:1 attached_pic",
        ),
        ("chapters.mp4", "-i IN/reordered.mp4 -i IN/chapters.txt -map 0 -map_chapters 1 -c copy"),
        ("odd-clocks.mp4", "PICTURES SOUND H264 -c:a aac -video_track_timescale 12345 -movie_timescale 7777"),
        ("ntsc.mp4", "PICTURES SOUND -vf fps=30000/1001 H264 -c:a aac -video_track_timescale 90000"),
        ("pcm.mov", "PICTURES SOUND H264 -c:a pcm_s16le"),
        ("timecode.mov", "PICTURES SOUND H264 -c:a pcm_s24le -timecode 01:00:00:00"),
        ("below-zero.mp4", "PICTURES SOUND H264 -c:a aac -movflags +negative_cts_offsets"),
        ("no-edits.mp4", "PICTURES SOUND H264 -c:a aac -use_editlist 0"),
        ("open.mp4", "PICTURES SOUND H264 -x264-params open-gop=1:bframes=3 -c:a aac"),
        ("mpeg4.mp4", "PICTURES SOUND -c:v mpeg4 -bf 2 -c:a ac3"),
        ("intra.mov", "PICTURES SOUND -c:v mjpeg -c:a mp2"),
        ("sound.m4a", "SOUND -c:a aac"),
    ] {
        let path = made(folder.path(), name, words);
        assert_eq!(read_both_ways(&path).await, None, "{name}");
    }
}

#[tokio::test]
async fn tables_are_not_believed_where_packets_may_say_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let whole = made(folder.path(), "whole.mp4", "PICTURES SOUND H264 -c:a aac -movflags +faststart");
    let bytes = std::fs::read(&whole).unwrap();
    std::fs::write(path("cut.mp4"), &bytes[..bytes.len() / 10 * 7]).unwrap();
    std::fs::write(path("beheaded.mp4"), &bytes[..1000]).unwrap();
    // Without this table every picture would be a keyframe.
    let keys = bytes.windows(4).position(|four| four == b"stss").unwrap();
    std::fs::write(path("no-keys.mp4"), [&bytes[..keys], b"free", &bytes[keys + 4..]].concat()).unwrap();
    made(folder.path(), "fragments.mp4", "-i IN/whole.mp4 -c copy -movflags frag_keyframe+empty_moov");
    made(
        folder.path(),
        "late.mp4",
        "-f lavfi -i testsrc2=s=64x36:r=50:d=12 -itsoffset 10 SOUND -map 0:v -map 1:a H264 -c:a aac",
    );
    made(folder.path(), "matroska.mkv", "-i IN/whole.mp4 -c copy");
    for (name, why) in [
        ("cut.mp4", "the first or the last picture is not there"),
        ("beheaded.mp4", "it has no whole moov"),
        ("no-keys.mp4", "a keyframe is none, or the other way round"),
        ("fragments.mp4", "it is fragmented"),
        ("late.mp4", "sound begins late"),
        ("matroska.mkv", "it has no whole moov"),
    ] {
        assert_eq!(read_both_ways(&path(name)).await, Some(why), "{name}");
    }
    let read = read(&config(), &Source::File(whole.clone()), moov(&whole).await).await;
    assert_eq!(read.unwrap(), Err(Doubt("it is short")));
}
