//! Still pictures: a poster that shows something, thumbnails of what is shown when.

use super::{
    media::{encoded, planned},
    source::{Sources, run},
};
use domain::{
    stills::{POSTER, Stills},
    task::EncodeTask,
};
use ports::{EncodedTrack, Encoder};
use std::{path::Path, process::Command};

/// Ten seconds of black, then a grey that becomes lighter by the second beside a white bar; few keyframes, or many.
const FADE: &str = "color=black:s=320x180:r=25:d=40,geq=\
    lum='if(lt(T\\,10)\\,16\\,if(lt(X\\,W/2)\\,235\\,50+3*floor(T-10)))':cb=128:cr=128";

/// The poster is not black where the source is not, and each thumbnail shows its stretch of the video.
pub async fn a_poster_is_not_black_and_thumbnails_are_in_order(encoder: &dyn Encoder) {
    let sources = Sources::new();
    // A picture is from the middle of its stretch, or one before that is so old at most: a keyframe, where there are many.
    for (name, keyframe_each, oldest) in
        [("few.mp4", 1000, 1.01), ("some.mp4", 200, 8.01), ("many.ts", 25, 1.01)]
    {
        let form = "-c:v libx264 -preset ultrafast -sc_threshold 0 -pix_fmt yuv420p";
        let outputs = format!("{form} -g {keyframe_each} -keyint_min {keyframe_each}");
        let source = sources.made(name, &[FADE], &outputs);
        let Made { stills, poster, sheet } = made(encoder, &sources, &source).await;
        // The darkest grey is 40 of 255.
        assert!(poster[poster.len() - 1] > 30, "{name}: the poster is dark");
        let (width, height) = (stills.thumbnail.width, stills.thumbnail.height);
        for index in 0..stills.count.min(stills.columns * stills.rows) {
            let place = stills.place(index);
            let (x, y) = (place.x + width * 3 / 4, place.y + height / 2);
            let shown = f64::from(sheet[(y * width * stills.columns + x) as usize]);
            // JPEG is of full range.
            let middle = (f64::from(index) + 0.5) * stills.every_us as f64 / 1e6;
            let grey = |second: f64| {
                if second < 10.0 { 0.0 } else { (34.0 + 3.0 * (second - 10.0).floor()) * 255.0 / 219.0 }
            };
            let fits = [middle - oldest, middle].map(grey);
            let near = shown > fits[0] - 5.0 && shown < fits[1] + 5.0;
            assert!(near, "{name}: thumbnail {index} is {shown}, not {fits:?}");
        }
    }
}

/// A clip that has one keyframe, or one picture, shows it everywhere.
pub async fn one_keyframe_is_enough_for_stills(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let grey = "color=0x787878:s=320x180:r=25:d=7,drawbox=w=iw/2:color=white:t=fill";
    let form = "-c:v libx264 -preset ultrafast -bf 2 -g 1000 -pix_fmt yuv420p";
    for (name, pictures) in [("keyframe.mp4", 175), ("picture.mp4", 1)] {
        let source = sources.made(name, &[grey], &format!("-frames:v {pictures} {form}"));
        let Made { stills, poster, sheet } = made(encoder, &sources, &source).await;
        let is_grey = |shown: u8| shown.abs_diff(0x78) < 5;
        assert!(is_grey(poster[poster.len() - 1]), "{name}: the poster is {}", poster[poster.len() - 1]);
        let (width, height) = (stills.thumbnail.width, stills.thumbnail.height);
        for index in 0..stills.count {
            let place = stills.place(index);
            let (x, y) = (place.x + width * 3 / 4, place.y + height / 2);
            let shown = sheet[(y * width * stills.columns + x) as usize];
            assert!(is_grey(shown), "{name}: thumbnail {index} is {shown}");
        }
    }
}

/// The stills of a source.
struct Made {
    stills: Stills,
    /// The brightness of each place of the poster.
    poster: Vec<u8>,
    /// The brightness of each place of the first sheet.
    sheet: Vec<u8>,
}

async fn made(encoder: &dyn Encoder, sources: &Sources, source: &Path) -> Made {
    let (info, plan) = planned(encoder, source).await;
    let stills = plan.stills.clone().expect("a video has stills");
    let part = plan.parts(&info).into_iter().find(|part| matches!(part.task, EncodeTask::Stills(_)));
    let tracks = encoded(encoder, sources, source, &part.expect("a part makes them").task).await;
    let of = |is_poster: bool| tracks.iter().find(|track| (track.rendition == POSTER) == is_poster);
    let poster = greys(of(true).expect("a poster"), 0, stills.poster.width, stills.poster.height);
    let storyboard = of(false).expect("a storyboard");
    assert_eq!(storyboard.segments.len() as u32, stills.sheets(), "{}", source.display());
    let (width, height) = (stills.thumbnail.width, stills.thumbnail.height);
    let sheet = greys(storyboard, 0, width * stills.columns, height * stills.rows);
    Made { stills, poster, sheet }
}

/// The brightness of each place of a JPEG.
fn greys(track: &EncodedTrack, index: usize, width: u32, height: u32) -> Vec<u8> {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("still.jpg");
    std::fs::write(&path, &track.segments[index].bytes).expect("the file is written");
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-v", "error", "-f", "mjpeg", "-i"]).arg(path);
    let raw = run(command.args(["-pix_fmt", "gray", "-f", "rawvideo", "-"])).stdout;
    assert_eq!(raw.len() as u32, width * height, "the size of {}", track.rendition);
    raw
}
