//! The made source: what a camera and an editor would hand over, as far as an encoder can tell.

use crate::{child::Process, place, screen};
use anyhow::Context;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Part of the file's name: a changed recipe makes a new file.
const RECIPE: u32 = 1;

/// The made source of this size and length: from an earlier run, or made now.
pub(crate) async fn source(work: &Path, size: (u32, u32), seconds: u32) -> anyhow::Result<PathBuf> {
    let (width, height) = size;
    let file = work.join(format!("source-{RECIPE}-{width}x{height}-{seconds}s.mp4"));
    if file.is_file() {
        return Ok(file);
    }
    screen::note(&format!("Making a {seconds} s source of {width}x{height} once (about {} s)", seconds * 3));
    let making =
        tempfile::Builder::new().prefix("making-").tempdir_in(work).context("cannot make a folder")?;
    let partial = making.path().join("source.mp4");
    let mut command = Command::new(place::program("FFMPEG", "ffmpeg")?);
    command
        .args(["-hide_banner", "-nostdin", "-nostats", "-v", "error", "-filter_complex"])
        .arg(graph(width, height))
        .args(["-map", "[v]", "-map", "[a]", "-t"])
        .arg(seconds.to_string())
        .args("-c:v libx264 -preset fast -crf 20 -bf 3 -g 250 -c:a aac -b:a 160k".split(' '))
        .args(["-movflags", "+faststart"])
        .arg(&partial)
        .stdin(Stdio::null());
    let status = Process::start(&mut command)?.ended().await?;
    anyhow::ensure!(status.success(), "ffmpeg could not make a source ({status})");
    std::fs::rename(&partial, &file).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

/// A still with fine and flat parts, larger than the picture, over which the camera moves; a cut every six
/// seconds; grain; a card with moving graphics on top. Sound that differs between the channels.
fn graph(width: u32, height: u32) -> String {
    let (still_width, still_height) = (width * 2, height * 2);
    let (card_width, card_height) = (width / 6 * 2, height / 6 * 2);
    format!(
        "mandelbrot=size={width}x{height}:rate=30:start_scale=0.006:start_x=-0.743643:start_y=0.131825\
         :maxiter=400,trim=end_frame=1,scale={still_width}:{still_height}:flags=bicubic,format=yuv420p,\
         gblur=sigma=2,loop=loop=-1:size=1:start=0,setpts=N/30/TB,\
         crop={width}:{height}:x='(iw-ow)/2*(1+sin(t*0.37+floor(t/6)*2))'\
         :y='(ih-oh)/2*(1+cos(t*0.23+floor(t/6)*3))',\
         noise=alls=5:allf=t:all_seed=1[scene];\
         testsrc2=size={card_width}x{card_height}:rate=30[card];\
         [scene][card]overlay=x='(W-w)/2*(1+sin(t/3))':y='(H-h)/2*(1+cos(t/5))',format=yuv420p[v];\
         sine=frequency=220:sample_rate=48000,tremolo=f=3:d=0.7[left];\
         anoisesrc=color=pink:amplitude=0.1:sample_rate=48000:seed=1[right];\
         [left][right]join=inputs=2:channel_layout=stereo[a]"
    )
}
