//! The poster and the storyboard: one pass makes all thumbnails, their brightness says which one becomes the poster.
//!
//! Stills never fail a video: where no picture can be had, there is none.

use crate::{
    Job,
    chunk::tone_mapped,
    command::{Call, seconds},
    failure,
    process::{self, Bounds, Heard},
};
use bytes::Bytes;
use domain::{
    stills::{POSTER, STORYBOARD, Size},
    task::{StillsTask, TrackKind},
};
use ports::{EncodedSegment, EncodedTrack, MediaError, Source};
use std::{ops::Range, path::Path};

/// What each thumbnail is judged by: its brightness in so many places.
const GLANCE: Size = Size { width: 32, height: 18 };
/// The mean brightness, of 255, of a picture that is neither dark nor washed out.
const WELL_LIT: std::ops::RangeInclusive<f64> = 40.0..=215.0;
/// How far the brightness of its places is from the mean in a picture that shows something.
const CONTRAST: f64 = 20.0;

/// How pictures are decoded that will be small: without those that no other one needs, and without smoothing their blocks. It
/// costs a third.
const SMALL: &str = "-skip_frame bidir -skip_loop_filter all";
/// How pictures are decoded that one looks at.
const WHOLE: &str = "";

/// Makes both.
///
/// # Errors
/// The machine is at fault, never the source.
pub(crate) async fn make(
    job: Job<'_>,
    maps_tones: bool,
    source: &Source,
    task: &StillsTask,
) -> Result<Vec<EncodedTrack>, MediaError> {
    let pass = Pass { job, maps_tones, source, task };
    let (sheets, glances) = pass.storyboard().await?;
    let poster = match best(&glances) {
        Some(thumbnail) => pass.poster(thumbnail).await?,
        None => None,
    };
    let whole = sheets.len() == task.stills.sheets() as usize;
    let sheets = if whole { sheets } else { Vec::new() };
    let every_us = u64::try_from(task.stills.every_us).unwrap_or(0);
    job.reached(i64::from(task.stills.count) * task.stills.every_us);
    Ok(vec![
        track(POSTER, poster.into_iter().collect(), |_| every_us),
        track(STORYBOARD, sheets, |sheet| u64::from(task.stills.on_sheet(sheet)) * every_us),
    ])
}

fn track(rendition: &str, pictures: Vec<Bytes>, duration_us: impl Fn(u32) -> u64) -> EncodedTrack {
    let segment = |(index, bytes)| {
        let duration_us = duration_us(index);
        EncodedSegment { index, duration_us, keyframes: Vec::new(), bytes }
    };
    let segments = (0..).zip(pictures).map(segment);
    let (rendition, segments) = (rendition.to_owned(), segments.collect());
    EncodedTrack { rendition, kind: TrackKind::Stills, init: None, segments }
}

/// One reading of the source.
struct Pass<'a> {
    job: Job<'a>,
    maps_tones: bool,
    source: &'a Source,
    task: &'a StillsTask,
}

impl Pass<'_> {
    /// The sheets, and a glance at each thumbnail.
    async fn storyboard(&self) -> Result<(Vec<Bytes>, Vec<Vec<u8>>), MediaError> {
        let stills = &self.task.stills;
        let graph = format!(
            "{};[o]split[a][b];[a]{},tile={}x{}[sheets];[b]scale={}:{}:flags=area,format=gray[glances]",
            self.picked(0..stills.count),
            scaled(stills.thumbnail),
            stills.columns,
            stills.rows,
            GLANCE.width,
            GLANCE.height,
        );
        let file = |name: &str| self.job.scratch.join(name);
        let (sheets, glances) = (file("sheets.mjpeg"), file("glances.gray"));
        let call = self.call(SMALL, &graph).words("-map [sheets] -c:v mjpeg -q:v 5").nothing_else();
        let call = call.words("-f mjpeg").file(&sheets).words("-map [glances] -c:v rawvideo");
        let call = call.nothing_else().words("-f rawvideo").file(&glances);
        self.run(&call, "making a storyboard").await?;
        let glances = tokio::fs::read(&glances).await.unwrap_or_default();
        let each = (GLANCE.width * GLANCE.height) as usize;
        Ok((pictures(&sheets).await, glances.chunks_exact(each).map(<[u8]>::to_vec).collect()))
    }

    /// The picture of a thumbnail as a poster.
    async fn poster(&self, thumbnail: u32) -> Result<Option<Bytes>, MediaError> {
        let picked = self.picked(thumbnail..thumbnail + 1);
        let graph = format!("{picked};[o]{}[poster]", scaled(self.task.stills.poster));
        let file = self.job.scratch.join("poster.mjpeg");
        let call =
            self.call(WHOLE, &graph).words("-map [poster] -frames:v 1 -c:v mjpeg -q:v 3").nothing_else();
        self.run(&call.words("-f mjpeg").file(&file), "making a poster").await?;
        Ok(pictures(&file).await.into_iter().next())
    }

    /// A reading of the source; `decoding` says what may be saved where not only keyframes are decoded.
    fn call(&self, decoding: &str, graph: &str) -> Call {
        let call = Call::ffmpeg(&self.job.config.ffmpeg).words("-copyts -reinit_filter 0 -an -sn -dn");
        let call = call.words(if self.task.keyframes_only { "-skip_frame nokey" } else { decoding });
        call.reading(self.source, &self.job.config.limits).arg("-filter_complex").arg(graph)
    }

    /// A picture from the middle of what each of these thumbnails stands for; the last one again where the source ends
    /// early.
    fn picked(&self, thumbnails: Range<u32>) -> String {
        let StillsTask { stream_index, origin_us, stills, .. } = self.task;
        let mut graph = format!("[0:{stream_index}]scale=eval=init");
        if self.task.deinterlace {
            graph.push_str(",bwdif=mode=send_frame:deint=interlaced");
        }
        // Times are rounded to the nearest place, and of the pictures of a place the last one stays. `fps` drops the last picture
        // of all unless it lasts until the next place, which a keyframe does not that stands for many pictures.
        graph.push_str(&format!(
            ",tpad=stop_mode=clone:stop_duration={},settb=AVTB,fps=fps=1000000/{}:start_time={}:round=near,\
             tpad=stop_mode=clone:stop=-1,trim=start_frame={}:end_frame={},setpts=N",
            seconds(stills.every_us),
            stills.every_us,
            seconds(*origin_us),
            thumbnails.start,
            thumbnails.end,
        ));
        if self.maps_tones {
            graph.push_str(&tone_mapped(stills.poster.width, stills.poster.height));
        }
        graph + "[o]"
    }

    async fn run(&self, call: &Call, what: &str) -> Result<(), MediaError> {
        let limits = &self.job.config.limits;
        let bounds = Bounds {
            wall: limits.encode,
            stall: limits.encode,
            memory: limits.encode_memory,
            urgency: self.job.urgency,
        };
        let ended = process::run(self.job.config, call, bounds, |_| Heard::Nothing).await?;
        if ended.success() { Ok(()) } else { failure::tolerated(ended, what) }
    }
}

fn scaled(size: Size) -> String {
    let Size { width, height } = size;
    format!("scale={width}:{height}:flags=bicubic:out_range=pc,setsar=1,format=yuvj420p")
}

/// The pictures of a file of JPEGs; none where it is not there.
async fn pictures(file: &Path) -> Vec<Bytes> {
    let file = Bytes::from(tokio::fs::read(file).await.unwrap_or_default());
    // Within a picture a byte 0xFF is followed by 0x00, so that its end is where its end mark is (ITU-T T.81 B.1.1.5).
    let ends = file.windows(2).enumerate().filter(|(_, bytes)| *bytes == b"\xff\xd9").map(|(at, _)| at + 2);
    let mut begin = 0;
    ends.map(|end| file.slice(std::mem::replace(&mut begin, end)..end)).collect()
}

/// The first thumbnail that shows something and is well lit, some way into the video if there is one; else the one that
/// shows most.
fn best(glances: &[Vec<u8>]) -> Option<u32> {
    let light: Vec<(f64, f64)> = glances.iter().map(|glance| mean_and_spread(glance)).collect();
    let good = |(mean, spread): &(f64, f64)| WELL_LIT.contains(mean) && *spread >= CONTRAST;
    let from = light.len() / 10;
    let later = light.iter().skip(from).position(good).map(|at| from + at);
    let most = || (0..light.len()).max_by(|a, b| light[*a].1.total_cmp(&light[*b].1));
    let chosen = later.or_else(|| light.iter().position(good)).or_else(most)?;
    u32::try_from(chosen).ok()
}

fn mean_and_spread(glance: &[u8]) -> (f64, f64) {
    let count = glance.len().max(1) as f64;
    let mean = glance.iter().map(|byte| f64::from(*byte)).sum::<f64>() / count;
    let variance = glance.iter().map(|byte| (f64::from(*byte) - mean).powi(2)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poster_is_not_black_where_anything_else_is() {
        let (black, white) = (vec![16; 8], vec![235; 8]);
        let dim = vec![16, 16, 16, 16, 16, 16, 16, 30];
        let good = vec![20, 200, 90, 120, 30, 180, 90, 60];
        let all = |glances: &[&Vec<u8>]| best(&glances.iter().map(|it| (*it).clone()).collect::<Vec<_>>());
        assert_eq!(all(&[&black, &white, &good, &good]), Some(2));
        assert_eq!(all(&[&black, &dim, &black]), Some(1));
        assert_eq!(all(&[]), None);
    }

    #[tokio::test]
    async fn a_file_of_jpegs_is_taken_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, b"\xff\xd8a\xff\x00\xff\xd9\xff\xd8bc\xff\xd9").unwrap();
        let lengths: Vec<usize> = pictures(&path).await.iter().map(Bytes::len).collect();
        assert_eq!(lengths, [7, 6]);
        assert!(pictures(&folder.path().join("none")).await.is_empty());
    }
}
