//! A programme: a ball over a field with captions and beeps, as frames without a container.
//!
//! The captions are pictures, so that neither fonts nor a text filter have to be part of the installed ffmpeg.

use crate::{
    adts, annexb,
    command::Call,
    config::FfmpegConfig,
    failure,
    process::{self, Bounds, Ended, Heard},
    refused,
};
use bytes::Bytes;
use domain::programme::{Programme, SAMPLE_RATE, SECONDS_STEP};
use ports::{EncodedFrames, MediaError, Urgency};
use std::path::{Path, PathBuf};

/// Width and height of the ball in pixels.
const BALL: u32 = 12;
/// Where the ball is at `t`: its ways across and down repeat after 4 and 6 s, both divisors of a minute.
const FLIGHT: &str = "x='(W-w)*abs(mod(t,4)/2-1)'";
/// The tone in Hz. A beep lasts a 25th of a second and is four times as high: it takes whole cycles, as each second does, so
/// that one second sounds like another.
const TONE: u32 = 500;
/// The rate of the sound in kbit/s, mono.
const KBPS: u32 = 48;
/// AAC transforms overlapping windows, and looks back: the sound of a programme follows after a step of the same sound, as
/// it does when a loop begins again.
const LEAD_SECONDS: u32 = SECONDS_STEP;
/// What the encoder puts out before the first frame of its input.
const PRIMING_FRAMES: u64 = 1;

/// Makes the frames.
pub(crate) async fn make(
    config: &FfmpegConfig,
    captions: &Path,
    programme: &Programme,
    scratch: &Path,
) -> Result<EncodedFrames, MediaError> {
    let pixels = u64::from(programme.width) * u64::from(programme.height);
    if !programme.is_possible() || pixels > config.limits.pixels {
        return Err(refused(&format!("a programme that cannot be made was ordered: {programme:?}")));
    }
    let (pictures, sound) = (scratch.join("pictures.h264"), scratch.join("sound.aac"));
    let ended = run(config, call(config, captions, programme, &pictures, &sound)).await?;
    let (pictures, sound) = (read(pictures).await?, read(sound).await?);
    cut(ended, programme, &pictures, &sound)
}

fn call(
    config: &FfmpegConfig,
    captions: &Path,
    programme: &Programme,
    pictures: &Path,
    sound: &Path,
) -> Call {
    let Programme { width, height, colour, rate, gop_frames, caption_height, .. } = programme;
    let field = format!("color=c=0x{colour:06X}:size={width}x{height}:rate={rate}");
    let ball = format!("color=c=white:size={BALL}x{BALL}:rate={rate}");
    let room = height - caption_height;
    let flight = format!("{FLIGHT}:y='{caption_height}+({room}-h)*(0.5+0.4*sin(2*PI*t/6))'");
    let graph = format!("[0:v][1:v]overlay={flight}[field];[field][2:v]overlay,format=yuv420p[v]");
    Call::ffmpeg(&config.ffmpeg)
        .words("-progress pipe:1 -f lavfi -i")
        .arg(field)
        .words("-f lavfi -i")
        .arg(ball)
        .words("-protocol_whitelist file -format_whitelist rawvideo -f rawvideo -pixel_format gray -video_size")
        .arg(format!("{width}x{caption_height}"))
        .arg("-framerate")
        .arg(programme.captions_per_second.to_string())
        .arg("-i")
        .file(captions)
        .words("-f lavfi -i")
        .arg(format!("sine=frequency={TONE}:beep_factor=4:sample_rate={SAMPLE_RATE}"))
        .arg("-filter_complex")
        .arg(graph)
        .words("-map [v] -c:v libx264 -preset veryfast -crf 26 -bf 0 -sc_threshold 0 -x264-params aud=1:open_gop=0")
        .words("-g")
        .arg(gop_frames.to_string())
        .arg("-keyint_min")
        .arg(gop_frames.to_string())
        .arg("-frames:v")
        .arg(programme.frames().to_string())
        .nothing_else()
        .words("-f h264")
        .file(pictures)
        // Without noise that a decoder would make up, and that no two passes have in common.
        .words("-map 3:a -c:a aac -aac_pns 0 -ac 1 -b:a")
        .arg(format!("{KBPS}k"))
        .arg("-t")
        .arg((LEAD_SECONDS + programme.seconds + 1).to_string())
        .nothing_else()
        .words("-f adts")
        .file(sound)
}

async fn run(config: &FfmpegConfig, call: Call) -> Result<Ended, MediaError> {
    let limits = &config.limits;
    let bounds = Bounds {
        wall: limits.encode,
        stall: limits.stall,
        memory: limits.encode_memory,
        urgency: Urgency::Background,
    };
    let mut frames = 0;
    let ended = process::run(config, &call, bounds, |line| {
        let now = line.strip_prefix("frame=").and_then(|text| text.trim().parse::<u64>().ok());
        if now.is_none_or(|now| now <= frames) {
            return Heard::Nothing;
        }
        frames = now.unwrap_or(frames);
        Heard::Progress
    })
    .await?;
    if ended.success() { Ok(ended) } else { Err(failure::of(ended, "making a programme")) }
}

async fn read(path: PathBuf) -> Result<Vec<u8>, MediaError> {
    tokio::fs::read(&path).await.map_err(|error| failure::of_file(&error, &path))
}

/// The programme's own frames, counted: exit code 0 proves nothing.
fn cut(
    ended: Ended,
    programme: &Programme,
    pictures: &[u8],
    sound: &[u8],
) -> Result<EncodedFrames, MediaError> {
    let units = annexb::access_units(pictures);
    if units.len() as u64 != programme.frames() {
        let text = format!("the programme has {} pictures, not {}", units.len(), programme.frames());
        return Err(failure::broken_promise(ended, text));
    }
    let gop = programme.gop_frames as usize;
    if let Some(at) = units.iter().enumerate().position(|(at, unit)| unit.keyframe != at.is_multiple_of(gop))
    {
        let text = format!("picture {at} of the programme is not what its place in a GOP of {gop} wants");
        return Err(failure::broken_promise(ended, text));
    }
    let frames = match adts::frames(sound, adts::Form::MONO_32_KHZ) {
        Ok(frames) => frames,
        Err(malformed) => return Err(failure::broken_promise(ended, malformed.to_string())),
    };
    let lead = u64::from(LEAD_SECONDS) * u64::from(SAMPLE_RATE) / u64::from(domain::audio::FRAME_SAMPLES);
    let first = (PRIMING_FRAMES + lead) as usize;
    let Some(own) = frames.get(first..first + programme.sound_frames() as usize) else {
        let text = format!("the programme has {} frames of sound, too few", frames.len());
        return Err(failure::broken_promise(ended, text));
    };
    Ok(EncodedFrames {
        pictures: units.iter().map(|unit| Bytes::copy_from_slice(unit.bytes)).collect(),
        sound: own.iter().map(|frame| Bytes::copy_from_slice(frame.whole)).collect(),
    })
}
