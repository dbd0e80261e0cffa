//! Subtitles: the text that was there, when it was there, and never at the cost of the pictures.

use super::{
    media::{Presentation, planned},
    source::{Sources, ffmpeg},
};
use ports::Encoder;
use std::path::PathBuf;

/// Two cues, one of which is shown over the border of two segments of a minute.
const FILM: &str = "1\n00:00:01,500 --> 00:00:02,500\nHello <i>there</i>\n\n\
                    2\n00:00:58,000 --> 00:01:04,000\nOne line\nand another\n";

/// A minute and a bit of few, small pictures with the text `srt` as a track of kind `codec`.
fn subtitled(sources: &Sources, name: &str, srt: &str, outputs: &str) -> PathBuf {
    let text = sources.written("text.srt", srt.as_bytes());
    let path = sources.path(name);
    let text = text.to_str().expect("a plain path");
    let inputs = ["-f", "lavfi", "-i", "testsrc2=s=160x90:r=5:d=66", "-i", text];
    let fixed = "-map 0 -map 1 -c:v libx264 -preset ultrafast -pix_fmt yuv420p";
    ffmpeg(inputs.into_iter().chain(fixed.split(' ')).chain(outputs.split(' ')), &path);
    path
}

/// Text of every kind comes at its time, in every segment during which it is shown.
pub async fn text_is_shown_when_it_was(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let described =
        "-metadata:s:s:0 language=eng -metadata:s:s:0 title=Signs -disposition:s:0 default+forced";
    for (name, codec) in [("t.mp4", "mov_text"), ("t.mkv", "subrip"), ("a.mkv", "ass"), ("w.webm", "webvtt")]
    {
        let more = if name.ends_with("webm") { "-c:v libvpx -deadline realtime -b:v 100k" } else { "-bf 2" };
        let source = subtitled(&sources, name, FILM, &format!("{more} -c:s {codec} {described}"));
        let (info, plan) = planned(encoder, &source).await;
        let track = &info.subtitles[0];
        assert_eq!((track.codec.as_str(), track.language.as_deref()), (codec, Some("eng")), "{name}");
        assert!(track.forced && track.default, "{name}: {track:?}");
        let delay = plan.delay_us() * 9 / 100;
        let presentation = Presentation::by(encoder, &sources, &source, info, plan).await;
        let head = format!("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{delay},LOCAL:00:00:00.000\n");
        let last = "\n00:00:58.000 --> 00:01:04.000\nOne line\nand another\n";
        let first = "\n00:00:01.500 --> 00:00:02.500\nHello <i>there</i>\n";
        let expected = [format!("{head}{first}{last}"), format!("{head}{last}")];
        assert_eq!(presentation.texts("subtitles-0"), expected, "{name}");
    }
}

/// Text that is no text is left out; what is beside it comes, and so does everything else.
pub async fn damaged_text_costs_nothing_but_itself(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let source = subtitled(&sources, "t.mkv", FILM, "-map 1 -c:s:0 subrip -c:s:1 ass");
    let mut bytes = std::fs::read(&source).expect("the source is read");
    let places: Vec<usize> = (0..bytes.len() - 5).filter(|at| bytes[*at..].starts_with(b"Hello")).collect();
    assert_eq!(places.len(), 2, "the text is found in both tracks");
    for at in places {
        bytes[at..at + 5].copy_from_slice(&[0xff, 0xfe, 0x80, 0xc0, 0xff]);
    }
    let source = sources.written("damaged.mkv", &bytes);
    let presentation = Presentation::of(encoder, &sources, &source).await;
    for rendition in ["subtitles-0", "subtitles-1"] {
        let texts = presentation.texts(rendition);
        assert!(!texts[0].contains("there") && texts[0].contains("One line"), "{rendition}: {}", texts[0]);
        assert_eq!(texts.len(), 2, "{rendition}");
    }
}
