//! The pictures of a chunk: one process, one decode, all renditions.
//!
//! Everything goes by the source's own clock (`-copyts`, `-seek_timestamp`), so that a container's start offset has no say
//! in where a picture lands. The demuxer is sent to before the chunk and all is decoded from there; `fps` then puts onto each
//! place of the grid the picture that shows at that time, `tpad` repeats the last one for as long as the grid goes on, `trim`
//! counts. Measured on 8 s of 1080p30 in four renditions: 9.6 s of CPU, and 9.5 s with a plain ffmpeg command.

use crate::{
    Job,
    command::{Call, seconds},
    failure, mp4,
    process::{self, Bounds, Ended, Heard},
    refused,
};
use domain::{
    ladder::Rendition,
    rejection::{Rejection, RejectionCode},
    task::ChunkTask,
    timeline::Untimed,
};
use ports::{EncodedTrack, MediaError, Source};
use std::path::{Path, PathBuf};

/// How much earlier the search begins when nothing decodes where the plan said.
const EARLIER_US: [i64; 2] = [10_000_000, 120_000_000];

/// Encodes a chunk.
pub(crate) async fn encode(
    job: Job<'_>,
    maps_tones: bool,
    source: &Source,
    task: &ChunkTask,
) -> Result<Vec<EncodedTrack>, MediaError> {
    if !makes_sense(task) {
        return Err(refused(
            "a chunk of no frames, or of GOPs that are no whole numbers of pictures, was ordered",
        ));
    }
    let mut last = None;
    for (attempt, start) in starts(task).into_iter().enumerate() {
        if attempt > 0 {
            tracing::warn!(
                first_frame = task.first_frame,
                "nothing decodes in a chunk: an earlier picture is held"
            );
        }
        let ended = run(job, maps_tones, source, task, start).await?;
        match collect(job, task, ended).await? {
            Collected::Tracks(tracks) => {
                job.reached(
                    task.rate.micros_at(task.first_frame + u64::from(task.frames))
                        - task.rate.micros_at(task.first_frame),
                );
                return Ok(tracks);
            }
            Collected::Nothing(ended) => last = Some(ended),
        }
    }
    match last {
        // Some versions call it an error that an encoder gets no picture, and so do broken installations.
        Some(ended) if !ended.success() => Err(failure::of(ended, "encoding a chunk")),
        _ => Err(MediaError::Rejected(Rejection::new(
            RejectionCode::EncodeFailed,
            "Not one picture can be decoded up to a part of the file. Export it again and upload the new file.",
        ))),
    }
}

/// Where the demuxer is sent, and how many frames of the grid are made before the chunk, and dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Start {
    seek_us: Option<i64>,
    lead: u64,
}

/// The planned start, then earlier ones.
fn starts(task: &ChunkTask) -> Vec<Start> {
    let mut starts = vec![Start { seek_us: task.seek_us, lead: 0 }];
    for earlier_us in EARLIER_US {
        let lead = task.rate.units_in(earlier_us);
        if task.seek_us.is_some() && lead < task.first_frame {
            starts.push(Start { seek_us: Some(task.start_us - earlier_us), lead });
        }
    }
    if task.first_frame > 0 {
        starts.push(Start { seek_us: None, lead: task.first_frame });
    }
    starts
}

fn makes_sense(task: &ChunkTask) -> bool {
    let whole = |rendition: &Rendition| {
        let divisor = u64::from(rendition.divisor);
        divisor > 0
            && u64::from(task.gop_frames).is_multiple_of(divisor)
            && task.first_frame.is_multiple_of(divisor)
    };
    let counted = task.frames > 0 && task.gop_frames > 0 && task.segment_frames > 0;
    counted && task.segment_frames.is_multiple_of(task.gop_frames) && task.renditions.iter().all(whole)
}

async fn run(
    job: Job<'_>,
    maps_tones: bool,
    source: &Source,
    task: &ChunkTask,
    start: Start,
) -> Result<Ended, MediaError> {
    let limits = &job.config.limits;
    // Until the first frame of the chunk there is nothing to hear from a start far before it.
    let stall = if start.lead > 0 { limits.encode } else { limits.stall };
    let bounds = Bounds { wall: limits.encode, stall, memory: limits.encode_memory, urgency: job.urgency };
    let call = call(job, maps_tones, source, task, start);
    let mut frames = 0;
    process::run(job.config, &call, bounds, |line| {
        // `-progress` writes key=value lines; `frame` counts the first output's.
        let now = line.strip_prefix("frame=").and_then(|text| text.trim().parse::<u64>().ok());
        if now.is_none_or(|now| now <= frames) {
            return Heard::Nothing;
        }
        frames = now.unwrap_or(frames);
        job.reached(task.rate.micros_at(frames.min(u64::from(task.frames))));
        Heard::Progress
    })
    .await
}

fn call(job: Job<'_>, maps_tones: bool, source: &Source, task: &ChunkTask, start: Start) -> Call {
    let limits = &job.config.limits;
    // A change of size in the middle is scaled away by the graph; a new graph would begin to count again.
    let mut call =
        Call::ffmpeg(&job.config.ffmpeg).words("-progress pipe:1 -copyts -reinit_filter 0 -an -sn -dn");
    if let Some(seek_us) = start.seek_us {
        call = call.words("-seek_timestamp 1 -noaccurate_seek -ss").arg(seconds(seek_us));
    }
    call = call.reading(source, limits).arg("-filter_complex").arg(graph(maps_tones, task, start));
    for (number, rendition) in task.renditions.iter().enumerate() {
        call = output(call, job, task, rendition, number);
    }
    call
}

fn graph(maps_tones: bool, task: &ChunkTask, start: Start) -> String {
    let (num, den, first) = (task.rate.num, task.rate.den, task.first_frame);
    let begin = seconds(task.start_us - task.rate.micros_at(start.lead));
    let (from, to) = (start.lead, start.lead + u64::from(task.frames));
    let mut graph = format!("[0:{}]", task.stream_index);
    if let (None, Some(untimed)) = (start.seek_us, &task.untimed) {
        graph.push_str(&timed(untimed));
    }
    // The first scaler keeps the first picture's size and costs nothing while it lasts.
    graph.push_str("scale=eval=init");
    if task.deinterlace {
        graph.push_str(",bwdif=mode=send_frame:deint=interlaced");
    }
    graph.push_str(&format!(
        ",settb=AVTB,fps=fps={num}/{den}:start_time={begin}:round=near,tpad=stop_mode=clone:stop=-1,\
         trim=start_frame={from}:end_frame={to},setpts=N+{first}"
    ));
    if maps_tones && let Some(largest) = task.renditions.first() {
        // At the size of the largest rendition: floating-point pictures are dear.
        graph.push_str(&tone_mapped(largest.width, largest.height));
    }
    graph.push_str(&format!(",split={}", task.renditions.len()));
    let pads = |name: char| (0..task.renditions.len()).map(move |number| format!("[{name}{number}]"));
    graph.extend(pads('s'));
    for (rendition, (from, to)) in task.renditions.iter().zip(pads('s').zip(pads('v'))) {
        let (width, height) = (rendition.width, rendition.height);
        let step =
            if rendition.divisor > 1 { format!("framestep={},", rendition.divisor) } else { String::new() };
        graph.push_str(&format!(
            ";{from}{step}scale={width}:{height}:flags=bicubic,setsar=1,format=yuv420p{to}"
        ));
    }
    graph
}

/// A filter, before a comma, that gives the first pictures their times: ffmpeg would count from 0, and then jump back.
fn timed(untimed: &Untimed) -> String {
    let Untimed { pictures, start_us, every_us } = *untimed;
    let (start, every) = (seconds(start_us), seconds(every_us));
    format!("setpts='if(lt(N,{pictures}),({start}+N*{every})/TB,PTS)',")
}

/// Filters, after a comma, from HDR to SDR of this size.
pub(crate) fn tone_mapped(width: u32, height: u32) -> String {
    format!(
        ",zscale=w={width}:h={height}:t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,\
         tonemap=tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
    )
}

fn output(call: Call, job: Job<'_>, task: &ChunkTask, rendition: &Rendition, number: usize) -> Call {
    let gop = task.gop_frames / rendition.divisor;
    let level = format!("{}.{}", rendition.level / 10, rendition.level % 10);
    let timescale = task.rate.divided(rendition.divisor).num;
    let (crf, kbps) = (rendition.crf, rendition.max_kbps);
    let keyframes = match gop {
        // x264 would call it an intra-only profile, which is not the promised one.
        1 => "-g 2 -keyint_min 1 -force_key_frames expr:1 -forced-idr 1".to_owned(),
        gop => format!("-g {gop} -keyint_min {gop}"),
    };
    let call = call
        .arg("-map")
        .arg(format!("[v{number}]"))
        .words("-fps_mode passthrough -c:v libx264 -preset veryfast -profile:v high")
        .words(&format!("-level:v {level} {keyframes} -sc_threshold 0"))
        .words("-bf 3 -x264-params scenecut=0:open_gop=0:b-pyramid=normal")
        .words(&format!("-crf {crf} -maxrate {kbps}k -bufsize {kbps}k"));
    let call = match job.config.threads {
        Some(threads) => call.words(&format!("-threads {threads}")),
        None => call,
    };
    call.nothing_else()
        .words(&format!("-video_track_timescale {timescale}"))
        .words("-f mp4 -movflags +cmaf+frag_keyframe+frag_discont")
        .file(&file(job.scratch, number))
}

fn file(scratch: &Path, number: usize) -> PathBuf {
    scratch.join(format!("rendition-{number}.mp4"))
}

enum Collected {
    Tracks(Vec<EncodedTrack>),
    /// No picture was decoded, or not those of the chunk.
    Nothing(Ended),
}

/// Reads what was written, and believes none of it.
async fn collect(job: Job<'_>, task: &ChunkTask, ended: Ended) -> Result<Collected, MediaError> {
    if failure::lost_its_place(&ended) {
        return Ok(Collected::Nothing(ended));
    }
    let mut tracks = Vec::with_capacity(task.renditions.len());
    let mut empty = 0;
    for (number, rendition) in task.renditions.iter().enumerate() {
        let bytes = match tokio::fs::read(file(job.scratch, number)).await {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failure::of_file(&error, job.scratch)),
        };
        match mp4::video_track(bytes, task, rendition) {
            Err(mp4::Broken::Empty) => empty += 1,
            Ok(track) if ended.success() => tracks.push(track),
            _ if !ended.success() => return Err(failure::of(ended, "encoding a chunk")),
            Err(broken) => {
                return Err(failure::broken_promise(ended, format!("{}: {broken}", rendition.name)));
            }
            Ok(_) => {}
        }
    }
    if tracks.len() == task.renditions.len() {
        return Ok(Collected::Tracks(tracks));
    }
    if empty == task.renditions.len()
        && matches!(&ended.end, process::End::Exited(status) if status.code().is_some())
    {
        return Ok(Collected::Nothing(ended));
    }
    Err(failure::of(ended, "encoding a chunk"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::rate::Rate;

    fn task(first_frame: u64, seek_us: Option<i64>) -> ChunkTask {
        ChunkTask {
            stream_index: 0,
            start_us: 4_000_000 + i64::try_from(first_frame).unwrap() * 40_000,
            seek_us,
            untimed: None,
            rate: Rate::new(25, 1).unwrap(),
            first_frame,
            frames: 100,
            gop_frames: 50,
            delay_frames: 2,
            first_segment: 0,
            segment_frames: 100,
            deinterlace: false,
            tone_map: false,
            mended: Vec::new(),
            renditions: domain::ladder::renditions(640, 360, Rate::new(25, 1).unwrap()),
        }
    }

    #[test]
    fn the_search_goes_back_to_the_beginning() {
        assert_eq!(starts(&task(0, None)), [Start { seek_us: None, lead: 0 }]);
        let late = task(1000, Some(43_000_000));
        assert_eq!(
            starts(&late),
            [
                Start { seek_us: Some(43_000_000), lead: 0 },
                Start { seek_us: Some(34_000_000), lead: 250 },
                Start { seek_us: None, lead: 1000 },
            ]
        );
    }

    #[test]
    fn the_grid_begins_before_the_chunk_by_whole_frames() {
        let graph = graph(false, &task(1000, None), Start { seek_us: None, lead: 1000 });
        assert!(graph.contains("start_time=4.000000:"), "{graph}");
        assert!(graph.contains("trim=start_frame=1000:end_frame=1100,setpts=N+1000"), "{graph}");
    }

    #[test]
    fn pictures_without_times_get_theirs_where_reading_starts_with_them() {
        let untimed = Some(Untimed { pictures: 13, start_us: -500_000, every_us: 40_000 });
        let task = ChunkTask { untimed, ..task(100, Some(7_000_000)) };
        let expected = "[0:0]setpts='if(lt(N,13),(-0.500000+N*0.040000)/TB,PTS)',scale=";
        for (seek_us, given) in [(None, true), (Some(7_000_000), false)] {
            let graph = graph(false, &task, Start { seek_us, lead: 0 });
            assert_eq!(graph.starts_with(expected), given, "{graph}");
        }
    }

    #[test]
    fn orders_that_cannot_be_kept_are_refused() {
        assert!(makes_sense(&task(0, None)));
        assert!(!makes_sense(&ChunkTask { frames: 0, ..task(0, None) }));
        assert!(!makes_sense(&ChunkTask { gop_frames: 33, ..task(0, None) }));
    }
}
