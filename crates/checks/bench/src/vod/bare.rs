//! Bare ffmpeg: one process, one decode, the ladder's renditions and the sound, nothing around it.
//!
//! Its settings are those of the product's encoder; what the product adds to keep its promises (a grid that
//! goes on where pictures are missing, limits, lists of allowed decoders) is left out, since its cost is what
//! is measured.

use super::subject::Subject;
use crate::{child::Process, clock::Stopwatch, machine, usage};
use anyhow::Context;
use domain::{audio::SAMPLE_RATE, ladder::Rendition};
use serde::Serialize;
use std::{
    path::Path,
    process::{Command, Stdio},
};

/// How much of the source is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// All of it.
    Whole,
    /// What the first segment of every rendition holds.
    FirstSegment,
}

/// One run of bare ffmpeg.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct BareRun {
    /// From the start of the process to its end, in seconds.
    pub(crate) wall_s: f64,
    /// User and system time, in seconds.
    pub(crate) cpu_s: f64,
    /// The most that was resident, in MiB.
    pub(crate) peak_rss_mb: f64,
    /// What it wrote, in MiB.
    pub(crate) output_mb: f64,
    /// CPU time of everything else on the machine meanwhile, in seconds.
    pub(crate) others_cpu_s: f64,
}

/// Runs it once, writing below `work`.
pub(crate) async fn run(subject: &Subject, work: &Path, length: Length) -> anyhow::Result<BareRun> {
    let folder = tempfile::Builder::new().prefix("bare-").tempdir_in(work).context("cannot make a folder")?;
    let (cpu_before, busy_before) = (usage::children_cpu_seconds()?, machine::others_seconds()?);
    let began = Stopwatch::start();
    let mut process = Process::start(&mut command(subject, folder.path(), length))?;
    let memory = usage::MemoryWatch::begin(process.id());
    let status = process.ended().await?;
    let wall_s = began.seconds();
    let cpu_s = usage::children_cpu_seconds()? - cpu_before;
    let others_cpu_s = machine::others_seconds()? - busy_before - cpu_s;
    anyhow::ensure!(status.success(), "bare ffmpeg failed ({status})");
    let output_mb = usage::size_mib(folder.path())?;
    Ok(BareRun { wall_s, cpu_s, peak_rss_mb: memory.peak_mib(), output_mb, others_cpu_s })
}

fn command(subject: &Subject, folder: &Path, length: Length) -> Command {
    let mut command = Command::new(&subject.ffmpeg);
    command.args(["-hide_banner", "-nostdin", "-nostats", "-y", "-v", "error"]).stdin(Stdio::null());
    if length == Length::FirstSegment {
        let end = subject.plan.grid.micros_at(subject.plan.grid.segment(0).end);
        // Before the input: behind it, the limit would hold for the next output only.
        command.args(["-t", &format!("{end}us")]);
    }
    command.arg("-i").arg(&subject.file).args(["-filter_complex", &graph(subject)]);
    for (number, rendition) in subject.plan.renditions.iter().enumerate() {
        command.args(["-map", &format!("[v{number}]")]).args(video(subject, rendition));
        command.arg(folder.join(format!("{}.mp4", rendition.name)));
    }
    for audio in &subject.plan.audio {
        command.args(["-map", &format!("0:{}", audio.stream_index)]);
        command.args(["-c:a", "aac", "-ac", "2", "-b:a", &format!("{}k", audio.kbps)]);
        command.args(["-ar", &SAMPLE_RATE.to_string()]).args(CONTAINER);
        command.arg(folder.join(format!("{}.mp4", audio.name)));
    }
    command
}

const CONTAINER: [&str; 4] = ["-f", "mp4", "-movflags", "+cmaf+frag_keyframe+frag_discont"];

fn graph(subject: &Subject) -> String {
    let (rate, count) = (subject.plan.grid.rate, subject.plan.renditions.len());
    let deinterlace = if subject.interlaced { "bwdif=mode=send_frame:deint=interlaced," } else { "" };
    let mut graph =
        format!("[0:{}]{deinterlace}fps={}/{},split={count}", subject.video_stream, rate.num, rate.den);
    graph.extend((0..count).map(|number| format!("[s{number}]")));
    for (number, rendition) in subject.plan.renditions.iter().enumerate() {
        let (width, height) = (rendition.width, rendition.height);
        let step =
            if rendition.divisor > 1 { format!("framestep={},", rendition.divisor) } else { String::new() };
        graph.push_str(&format!(
            ";[s{number}]{step}scale={width}:{height}:flags=bicubic,setsar=1,format=yuv420p[v{number}]"
        ));
    }
    graph
}

fn video(subject: &Subject, rendition: &Rendition) -> Vec<String> {
    let gop = subject.plan.grid.gop_frames / rendition.divisor;
    let (crf, kbps) = (rendition.crf, rendition.max_kbps);
    let level = format!("{}.{}", rendition.level / 10, rendition.level % 10);
    let words = format!(
        "-c:v libx264 -preset veryfast -profile:v high -level:v {level} -g {gop} -keyint_min {gop} \
         -sc_threshold 0 -x264-params scenecut=0:open_gop=0 -crf {crf} -maxrate {kbps}k -bufsize {kbps}k"
    );
    words.split(' ').chain(CONTAINER).map(str::to_owned).collect()
}
