//! Programmes: every frame, each caption at its time, and an end that its beginning can follow.

use super::source::{Sources, run};
use domain::{
    audio::FRAME_SAMPLES,
    programme::{Programme, SAMPLE_RATE},
};
use ports::{EncodedFrames, Encoder, Source};
use std::process::Command;

const WIDTH: usize = 160;
const HEIGHT: usize = 90;
const CAPTION_HEIGHT: usize = 32;

const PROGRAMME: Programme = Programme {
    width: WIDTH as u32,
    height: HEIGHT as u32,
    colour: 0x10_4010,
    rate: 30,
    gop_frames: 3,
    seconds: 8,
    caption_height: CAPTION_HEIGHT as u32,
    captions_per_second: 10,
};

/// Caption `number` of a programme: as bright as its number says.
fn brightness(number: usize) -> u8 {
    (30 + number * 2) as u8
}

async fn made(encoder: &dyn Encoder, sources: &Sources) -> EncodedFrames {
    let captions: Vec<u8> = (0..80).flat_map(|n| vec![brightness(n); WIDTH * CAPTION_HEIGHT]).collect();
    let captions = Source::File(sources.written("captions.gray", &captions));
    let scratch = sources.scratch();
    encoder.make(&PROGRAMME, &captions, scratch.path()).await.expect("a programme is made")
}

/// Each picture shows the caption of its time, and one in a GOP is a keyframe: decoding can begin at each of them.
pub async fn a_programme_shows_each_caption_at_its_time(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let frames = made(encoder, &sources).await;
    assert_eq!(frames.pictures.len(), 240);
    // Not from the beginning: what follows a keyframe needs nothing before it.
    let path = sources.written("pictures.h264", &frames.pictures[33..].concat());
    let mut decode = Command::new("ffmpeg");
    decode
        .args(["-v", "error", "-f", "h264", "-i"])
        .arg(path)
        .args(["-f", "rawvideo", "-pix_fmt", "gray", "-"]);
    let pictures = run(&mut decode).stdout;
    assert_eq!(pictures.len(), (240 - 33) * WIDTH * HEIGHT);
    for (picture, number) in pictures.chunks(WIDTH * HEIGHT).zip(33..) {
        let (shown, expected) = (picture[WIDTH * CAPTION_HEIGHT / 2], brightness(number / 3));
        assert!(shown.abs_diff(expected) <= 4, "picture {number} shows {shown}, not {expected}");
    }
}

/// Played twice in a row it sounds like one of twice the length: no click, and each beep on its second.
pub async fn a_programme_sounds_on_when_it_begins_again(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let frames = made(encoder, &sources).await;
    assert_eq!(frames.sound.len() * FRAME_SAMPLES as usize, 8 * SAMPLE_RATE as usize);
    let once = frames.sound.concat();
    let path = sources.written("sound.aac", &[once.clone(), once].concat());
    let mut decode = Command::new("ffmpeg");
    decode.args(["-v", "error", "-i"]).arg(path).args(["-f", "s16le", "-"]);
    let pcm = run(&mut decode).stdout;
    let samples: Vec<i32> =
        pcm.chunks(2).map(|pair| i32::from(i16::from_le_bytes([pair[0], pair[1]]))).collect();
    let whole = 8 * SAMPLE_RATE as usize;
    assert_eq!(samples.len(), 2 * whole);
    // What the first frame after a join sounds like, beside the same sound in the middle: at the very beginning there is no
    // frame before it, and the difference is a click.
    let second = SAMPLE_RATE as usize;
    let difference = |a: usize, b: usize| {
        let frame = FRAME_SAMPLES as usize;
        let pairs = samples[a..a + frame].iter().zip(&samples[b..b + frame]);
        pairs.map(|(a, b)| i64::from(a - b).pow(2)).sum::<i64>()
    };
    let (beginning, join) = (difference(0, 4 * second), difference(whole, 4 * second));
    assert!(join < beginning / 10, "the join differs by {join}, the beginning by {beginning}");
    for at in 1..16 {
        let loudest = |from: usize| samples[from..from + 640].iter().map(|s| s.abs()).max().expect("samples");
        let (before, after) = (loudest(at * second - 960), loudest(at * second + 160));
        assert!(after > before + before / 2, "second {at}: {before} before, {after} after");
    }
}
