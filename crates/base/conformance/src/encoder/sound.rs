//! Sound: the samples that were there, when they were there, without a seam.

use super::{
    media::{Presentation, floats, planned},
    source::{Sources, run},
};
use domain::{
    audio::{FRAME_SAMPLES, SAMPLE_RATE},
    grid::Batches,
};
use ports::Encoder;
use std::{path::Path, process::Command};

/// A tone that wanders from 200 Hz upwards by 800 Hz per second, with another one beside it.
const SWEEP: &str = "aevalsrc=0.4*sin(2*PI*(200*t+400*t*t))+0.2*sin(2*PI*330*t)";

/// A span that is encoded by itself is as good at its ends as inside, and its frames are at their places.
pub async fn spans_tile_and_sound_like_one(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let source = sources.made("sweep.wav", &[&format!("{SWEEP}:s=48000:d=13")], "-ac 2 -c:a pcm_s16le");
    let original = samples_of(&source);
    let (info, mut plan) = planned(encoder, &source).await;
    plan.grid.spans = Batches { first: 1, rest: 1 };
    let presentation = Presentation::by(encoder, &sources, &source, info, plan).await;
    let samples = presentation.samples("audio-0");
    let frame = |number: u64| usize::try_from(number).expect("it fits") * FRAME_SAMPLES as usize;
    let grid = &presentation.plan.grid;
    for segment in 1..grid.segments() {
        let join = grid.segment(segment).start;
        let clear = |from: u64| noise_db(&original, &samples, frame(from)..frame(from + 2));
        // A rate control that begins anew may cost the whole span a little, but not its first frames more
        // than others.
        let (at_join, inside) = (clear(join - 1).min(clear(join)), clear(join + 8));
        assert!(
            at_join > 30.0 && at_join > inside - 3.0,
            "segment {segment}: {at_join} dB, {inside} dB inside"
        );
    }
}

/// A beep comes within a millisecond of when it did, in every span.
pub async fn a_beep_sounds_when_it_did(encoder: &dyn Encoder) {
    let sources = Sources::new();
    // A burst of 50 ms, once a second, beginning at half seconds.
    let beep = "aevalsrc=if(between(mod(t\\,1)\\,0.5\\,0.55)\\,0.7*sin(2*PI*1000*t)\\,0):s=44100:d=10";
    for (name, codecs) in [("beep.mp4", "-c:a aac -b:a 192k"), ("beep.ts", "-c:a mp2 -b:a 192k")] {
        let outputs = format!("-c:v libx264 -preset ultrafast -pix_fmt yuv420p {codecs}");
        let source = sources.made(name, &["testsrc2=s=320x180:r=30:d=10", beep], &outputs);
        let presentation = Presentation::of(encoder, &sources, &source).await;
        // Sound begins when the first picture shows, as the muxer had it.
        let starts = bursts(&presentation.samples("audio-0"));
        assert_eq!(starts.len(), 10, "{name}: {starts:?}");
        for (second, start) in starts.iter().enumerate() {
            let late = start - (second as f64 + 0.5);
            assert!(late.abs() < 0.001, "{name}: burst {second} is {late} s late");
        }
    }
}

/// Where the pictures go on without sound, there is silence, and all of the planned frames.
pub async fn sound_that_begins_late_and_ends_early_is_silence_there(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let sound = "sine=frequency=1000:sample_rate=48000:d=3,asetpts=PTS+2/TB";
    let outputs = "-copyts -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac";
    let source = sources.made("part.mkv", &["testsrc2=s=320x180:r=30:d=10", sound], outputs);
    let presentation = Presentation::of(encoder, &sources, &source).await;
    let samples = presentation.samples("audio-0");
    let loud = |from: f64, to: f64| power(&samples[at(from)..at(to)]) > 1e-4;
    assert!(!loud(0.0, 1.9) && loud(2.1, 4.9) && !loud(5.1, 9.9));
}

/// Surround keeps its loudness within reason, mono is on both sides.
pub async fn surround_and_mono_become_stereo(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let tone = "sine=frequency=1000:sample_rate=48000:d=3,volume=4";
    for (name, filter) in [
        ("mono.wav", "anull"),
        ("surround.flac", "pan=5.1|FL=0.2*c0|FR=0.2*c0|FC=0.8*c0|BL=0.1*c0|BR=0.1*c0"),
    ] {
        let source = sources.made(name, &[&format!("{tone},{filter}")], "-ar 48000");
        let presentation = Presentation::of(encoder, &sources, &source).await;
        let samples = presentation.samples("audio-0");
        let level = 10.0 * power(&samples[at(0.5)..at(2.5)]).log10();
        // The tone is at -9.1 dB with its peak at -6.
        assert!((-16.0..-8.0).contains(&level), "{name}: {level} dB");
    }
}

/// Rate and channels change in the middle: what follows stays at its time.
pub async fn sound_that_changes_its_form_keeps_its_place(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let part = |name: &str, form: &str, from: u32| {
        let sound =
            format!("sine=frequency=1000:sample_rate=48000:d=2,volume=4,{form},asetpts=PTS+{from}/TB");
        sources.made(name, &[&sound], "-c:a mp2 -muxdelay 0 -muxpreload 0 -copyts")
    };
    let parts = [
        part("first.ts", "aformat=sample_rates=48000:channel_layouts=mono", 0),
        part("second.ts", "aformat=sample_rates=44100:channel_layouts=stereo", 2),
    ];
    let joined = parts.map(|path| std::fs::read(path).expect("a part is read")).concat();
    let source = sources.written("joined.ts", &joined);
    let presentation = Presentation::of(encoder, &sources, &source).await;
    let samples = presentation.samples("audio-0");
    assert!(
        (3.9..4.2).contains(&(samples.len() as f64 / f64::from(SAMPLE_RATE))),
        "{} samples",
        samples.len()
    );
    for tenth in 1..38 {
        let from = f64::from(tenth) / 10.0;
        assert!(power(&samples[at(from)..at(from + 0.1)]) > 1e-3, "it is silent at {from} s");
    }
}

fn at(seconds: f64) -> usize {
    (seconds * f64::from(SAMPLE_RATE)) as usize
}

fn power(samples: &[f32]) -> f64 {
    samples.iter().map(|sample| f64::from(sample * sample)).sum::<f64>() / samples.len().max(1) as f64
}

/// How far the difference lies below the original, in dB.
fn noise_db(original: &[f32], made: &[f32], range: std::ops::Range<usize>) -> f64 {
    let difference: Vec<f32> = range.clone().map(|at| original[at] - made[at]).collect();
    10.0 * (power(&original[range]) / power(&difference).max(1e-12)).log10()
}

/// When sound begins after silence, in seconds. A codec smears a beginning, half of the height is where it
/// was.
fn bursts(samples: &[f32]) -> Vec<f64> {
    let mut starts = Vec::new();
    let mut quiet_since = 0;
    for (at, sample) in samples.iter().enumerate() {
        if sample.abs() < 0.35 {
            continue;
        }
        if at - quiet_since > SAMPLE_RATE as usize / 10 {
            // The first crest of 1 kHz comes a quarter of a millisecond after the beginning.
            starts.push(at as f64 / f64::from(SAMPLE_RATE));
        }
        quiet_since = at;
    }
    starts
}

fn samples_of(path: &Path) -> Vec<f32> {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-v", "error", "-i"]).arg(path).args(["-f", "f32le", "-"]);
    floats(&run(&mut command).stdout).into_iter().step_by(2).collect()
}
