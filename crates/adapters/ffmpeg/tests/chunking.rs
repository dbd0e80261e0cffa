//! Chunks cost no quality: a film that many jobs encode is as good as one that a single job encodes at the same settings.

use domain::{
    grid::Batches,
    media::MediaInfo,
    plan::{self, Plan},
    task::EncodeTask,
};
use ffmpeg::{Ffmpeg, FfmpegConfig};
use ports::{Encoded, Encoder, Progress, Source, Urgency};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

const SECONDS: u32 = 28;
/// The mean loss that chunks may cost, in dB.
const MEAN_LOSS: f64 = 0.05;
/// How much worse the worst picture at a border may be than the worst one elsewhere, in dB.
const STEP: f64 = 0.2;
/// So many pictures on each side of a border are at it.
const AT_BORDER: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chunks_are_as_good_as_one_encode() {
    let folder = tempfile::tempdir().unwrap();
    let film = film(folder.path());
    let encoder = Ffmpeg::new(FfmpegConfig::new(program("ffmpeg"), program("ffprobe")));
    let info = encoder.probe(&Source::File(film.clone())).await.unwrap();
    let plan = plan::for_source(&info).unwrap();
    let mut whole = plan.clone();
    whole.grid.chunks = Batches { first: u32::MAX, rest: 1 };
    assert!(plan.grid.chunk_count() >= 4 && whole.grid.chunk_count() == 1);
    let name = plan.renditions[0].name.clone();
    let chunked = encoded(&encoder, &film, &info, &plan, &name, folder.path()).await;
    let one = encoded(&encoder, &film, &info, &whole, &name, folder.path()).await;
    let borders: Vec<usize> = (1..plan.grid.chunk_count())
        .map(|chunk| plan.grid.frames_of(&plan.grid.chunk(chunk)).start as usize)
        .collect();
    for (metric, field) in [("psnr", "psnr_avg:"), ("ssim", "All:")] {
        let (chunked, one) = (measured(&chunked, &film, metric, field), measured(&one, &film, metric, field));
        assert_eq!((chunked.len(), one.len()), (plan.grid.frames as usize, plan.grid.frames as usize));
        let loss = mean(&one) - mean(&chunked);
        let is_border = |frame: usize| borders.iter().any(|border| frame.abs_diff(*border) < AT_BORDER);
        let lowest = |at_border: bool| {
            let chosen = (0..chunked.len()).filter(|frame| is_border(*frame) == at_border);
            chosen.map(|frame| chunked[frame]).fold(f64::INFINITY, f64::min)
        };
        println!(
            "{metric}: {:.3} dB in chunks, {:.3} dB in one piece; lowest {:.2} dB at borders, {:.2} dB elsewhere",
            mean(&chunked),
            mean(&one),
            lowest(true),
            lowest(false)
        );
        assert!(loss < MEAN_LOSS, "{metric}: {loss:.3} dB are lost");
        assert!(lowest(true) > lowest(false) - STEP, "{metric}: borders can be seen");
    }
}

/// Moving detail that is hard enough for the settings to show, in one scene.
fn film(folder: &Path) -> PathBuf {
    let path = folder.join("film.mp4");
    let pictures = format!(
        "mandelbrot=s=480x270:rate=25:end_scale=0.05,noise=alls=6:allf=t:all_seed=3,trim=duration={SECONDS}"
    );
    let made = Command::new(program("ffmpeg"))
        .args(["-nostdin", "-v", "error", "-f", "lavfi", "-i", &pictures])
        .args("-c:v libx264 -preset ultrafast -crf 8 -pix_fmt yuv420p".split(' '))
        .arg(&path)
        .status();
    assert!(made.unwrap().success());
    path
}

/// The file of one rendition.
async fn encoded(
    encoder: &Ffmpeg,
    film: &Path,
    info: &MediaInfo,
    plan: &Plan,
    rendition: &str,
    folder: &Path,
) -> PathBuf {
    let path = folder.join(format!("{}-chunks.mp4", plan.grid.chunk_count()));
    let mut bytes = Vec::new();
    for part in plan.parts(info).iter().filter(|part| matches!(part.task, EncodeTask::Chunk(_))) {
        let scratch = tempfile::tempdir_in(folder).unwrap();
        let (progress, _) = tokio::sync::watch::channel(Progress::default());
        let source = Source::File(film.to_owned());
        let made =
            encoder.encode(Some(&source), &part.task, Urgency::Now, scratch.path(), &progress).await.unwrap();
        let Encoded::Tracks(tracks) = made else { panic!("{made:?}") };
        let track = tracks.into_iter().find(|track| track.rendition == rendition).unwrap();
        if bytes.is_empty() {
            bytes.extend_from_slice(&track.init.unwrap());
        }
        track.segments.iter().for_each(|segment| bytes.extend_from_slice(&segment.bytes));
    }
    std::fs::write(&path, bytes).unwrap();
    path
}

/// A number for each picture against the film's, in dB.
fn measured(made: &Path, film: &Path, metric: &str, field: &str) -> Vec<f64> {
    let numbered = "settb=1/25,setpts=N";
    let graph = format!("[0:v]{numbered}[a];[1:v]scale=480:270,{numbered}[b];[a][b]{metric}=stats_file=-");
    let output = Command::new(program("ffmpeg"))
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(made)
        .arg("-i")
        .arg(film)
        .args(["-lavfi", &graph, "-f", "null", "-"])
        .output()
        .unwrap();
    let value = |line: &str| -> f64 {
        let text = line.split_whitespace().find_map(|word| word.strip_prefix(field)).unwrap();
        let value: f64 = text.parse().unwrap();
        // Likeness is a share; the rest of it, in dB, is what the eye goes by.
        if metric == "ssim" { -10.0 * (1.0 - value).log10() } else { value }
    };
    String::from_utf8_lossy(&output.stdout).lines().map(value).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").expect("a path to look for programs in");
    let mut files = std::env::split_paths(&path).map(|folder| folder.join(name));
    files.find(|file| file.is_file()).unwrap_or_else(|| PathBuf::from(name))
}
