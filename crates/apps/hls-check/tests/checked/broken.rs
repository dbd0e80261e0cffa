//! Streams that are broken on purpose, one for each rule about what is inside segments, and the whole ones they are made of.

use super::{report, rules};
use serde_json::Value;
use std::{fs, path::Path, process::Command};
use tempfile::TempDir;

/// Pictures in two sizes and sound of their own, six seconds in segments of two, packaged by ffmpeg.
const STREAM: &str = "-f lavfi -i testsrc2=s=640x360:r=25 -f lavfi -i sine=r=48000 -t 6 \
    -filter_complex [0:v]split[a][b];[b]scale=320:180[c] -map [a] -map [c] -map 1:a \
    -c:v libx264 -preset ultrafast -pix_fmt yuv420p -bf 0 -g 50 -sc_threshold 0 -c:a aac -b:a 96k \
    -b:v:0 800k -b:v:1 300k -f hls -hls_time 2 -hls_playlist_type vod -hls_segment_type fmp4 \
    -hls_flags independent_segments -hls_fmp4_init_filename init%v.mp4 -hls_segment_filename %v_%d.m4s \
    -master_pl_name master.m3u8";
const RENDITIONS: &str = "v:0,agroup:s,name:big v:1,agroup:s,name:small a:0,agroup:s,name:sound,language:en";

/// What is looked for: the rest is about ffmpeg's playlists.
const INSIDE: &[&str] = &[
    "segment-undecodable",
    "duration-untrue",
    "durations-drift",
    "keyframe-missing",
    "keyframe-untrue",
    "timestamps-jump",
    "timestamps-differ",
    "codecs-untrue",
    "resolution-untrue",
    "frame-rate-untrue",
    "text-unreadable",
    "cue-outside",
];

const TEXT: &str = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:6\n#EXT-X-PLAYLIST-TYPE:VOD\n\
    #EXTINF:6.000000,\ntext.vtt\n#EXT-X-ENDLIST\n";

fn stream() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let made = Command::new("ffmpeg")
        .args(["-v", "error"])
        .args(STREAM.split_whitespace())
        .args(["-var_stream_map", RENDITIONS, "%v.m3u8"])
        .current_dir(folder.path())
        .status()
        .expect("ffmpeg runs");
    assert!(made.success());
    let path = folder.path();
    fs::write(path.join("text.m3u8"), TEXT).expect("written");
    fs::write(path.join("text.vtt"), "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n").expect("written");
    edit(path, "master.m3u8", |text| {
        let media =
            "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"t\",NAME=\"t\",LANGUAGE=\"en\",URI=\"text.m3u8\"\n";
        text.replacen("#EXT-X-STREAM-INF", &format!("{media}#EXT-X-STREAM-INF"), 1)
    });
    folder
}

fn edit(folder: &Path, name: &str, change: impl Fn(String) -> String) {
    let path = folder.join(name);
    let text = fs::read_to_string(&path).expect("read");
    let changed = change(text.clone());
    assert_ne!(changed, text, "{name} is changed");
    fs::write(path, changed).expect("written");
}

/// Changes what follows the first place of a mark.
fn patch(folder: &Path, name: &str, mark: &[u8], change: impl Fn(&mut [u8])) {
    let path = folder.join(name);
    let mut bytes = fs::read(&path).expect("read");
    let at = bytes.windows(mark.len()).position(|window| window == mark).expect("the mark is there");
    change(&mut bytes[at..]);
    fs::write(path, bytes).expect("written");
}

async fn found(folder: &TempDir) -> (Vec<String>, Value) {
    let master = folder.path().join("master.m3u8");
    let (_, report) = report(&["--media", "--ffprobe", master.to_str().expect("plain")]).await;
    let mut found: Vec<String> =
        rules(&report).into_iter().filter(|rule| INSIDE.contains(rule)).map(str::to_owned).collect();
    found.sort();
    found.dedup();
    (found, report)
}

type Break = fn(&Path);

/// A rule, and what breaks it and nothing else but what follows from it.
const BROKEN: &[(&[&str], Break)] = &[
    (&["segment-undecodable"], |it| {
        let bytes = fs::read(it.join("big_1.m4s")).expect("read");
        fs::write(it.join("big_1.m4s"), &bytes[..bytes.len() - 900]).expect("written");
    }),
    (&["duration-untrue", "durations-drift"], |it| {
        edit(it, "small.m3u8", |text| text.replacen("EXTINF:2.000000", "EXTINF:1.900000", 1));
    }),
    // The last byte but one of the decode time: a third of a second later.
    (&["timestamps-differ", "timestamps-jump"], |it| {
        patch(it, "sound_1.m4s", b"tfdt", |tfdt| tfdt[14] += 64);
    }),
    (&["keyframe-untrue"], |it| {
        patch(it, "big_2.m4s", &[0x65, 0x88], |slice| slice[..2].copy_from_slice(&[0x41, 0xe0]));
    }),
    (&["keyframe-missing"], |it| {
        // The flags of the first sample: it depends on others, and decoding may not begin with it.
        patch(it, "big_2.m4s", b"trun", |trun| trun[16..20].copy_from_slice(&[1, 1, 0, 0]));
    }),
    (&["codecs-untrue"], |it| edit(it, "master.m3u8", |text| text.replacen("avc1.42c0", "avc1.6400", 1))),
    (&["codecs-untrue"], |it| edit(it, "master.m3u8", |text| text.replacen(",mp4a.40.2", "", 1))),
    (&["resolution-untrue"], |it| edit(it, "master.m3u8", |text| text.replacen("640x360", "1280x720", 1))),
    (&["text-unreadable"], |it| edit(it, "text.vtt", |text| text.replace("WEBVTT", "1"))),
    (&["text-unreadable"], |it| edit(it, "text.vtt", |text| text.replace("00:02.000", "00:00.500"))),
    (&["cue-outside"], |it| edit(it, "text.vtt", |text| text.replace("00:0", "00:1"))),
    (&["cue-outside"], |it| {
        edit(it, "text.vtt", |text| {
            text.replacen('\n', "\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n", 1)
        });
    }),
];

#[tokio::test]
async fn a_whole_stream_of_another_packager_passes_and_each_fault_is_found() {
    let whole = stream();
    let (rules, report) = found(&whole).await;
    assert_eq!(rules, Vec::<String>::new(), "{report:#}");
    assert!(!report["notes"].to_string().contains("otherwise"), "ffprobe agrees: {}", report["notes"]);
    for (number, (expected, break_it)) in BROKEN.iter().enumerate() {
        let broken = TempDir::new().expect("a folder");
        for entry in fs::read_dir(whole.path()).expect("a folder") {
            let entry = entry.expect("an entry");
            fs::copy(entry.path(), broken.path().join(entry.file_name())).expect("copied");
        }
        break_it(broken.path());
        let (rules, report) = found(&broken).await;
        assert_eq!(rules, *expected, "fault {number}: {:#}", report["findings"]);
    }
}
