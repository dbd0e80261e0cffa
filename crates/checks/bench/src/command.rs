//! The command line.

use crate::{ground::On, live::Offered};
use clap::{Args, Parser, Subcommand, value_parser};
use std::path::PathBuf;

/// Measures the product: from outside, and its services as libraries.
///
/// The programs under test are those beside this program, or BENCH_STANDALONE_BIN and those in the folder BENCH_PROGRAMS.
/// Settings such as TRANSCODE_SLOTS reach them from the environment. What is said to need servers needs KAFKA_BROKER,
/// MONGO_URI and MINIO_ENDPOINT (and MINIO_ROOT_USER and MINIO_ROOT_PASSWORD, unless they are the usual ones) in the
/// environment; there it makes topics, a database and buckets of its own, and removes them. Linux only: figures come from
/// /proc.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Command {
    /// Which bench.
    #[command(subcommand)]
    pub(crate) bench: Bench,
}

/// The benches.
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Upload to ready, beside one bare ffmpeg run over the same ladder.
    ///
    /// Each round measures three things, one after the other: one bare ffmpeg process that decodes once and
    /// makes the same renditions with the same settings; the same for the first segment only; and a fresh
    /// standalone process with one upload, watched by a player, until the video is ready. Medians of all
    /// rounds count.
    ///
    /// CPU is user and system time: of the ffmpeg process by getrusage; of standalone and all of its
    /// children, from its start until ready, by /proc/PID/stat.
    Vod(VodArguments),
    /// Start to ready, and memory with nothing to do.
    Idle(IdleArguments),
    /// How much faster more workers are, when encoding only waits. Servers or none.
    ///
    /// The real vod-processor and transcode-workers, as libraries with clients of their own, work off a queue that is full
    /// when they start. Their encoder waits instead of encoding, so that the machine's cores limit nothing but the
    /// coordination: what is missing from a speed-up by the number of workers is claims, leases, uploads, records and counting.
    /// Measured against one worker. The workers end their waits together, so that their uploads and claims come in bursts: a
    /// wait that is much shorter than an encode measures how fast the machine serves a burst.
    Coordination(CoordinationArguments),
    /// Real encodes by two worker processes, beside one. Needs servers.
    ///
    /// The fleet's programs, once with one transcode-worker and once with two: an upload, until the video is ready. On a
    /// machine whose cores one worker fills, two can only lose; this says how much.
    Workers(WorkersArguments),
    /// Uploads of metadata a second by many clients, and how long they wait. Servers or none.
    ///
    /// `POST /vod/upload` as JSON by clients that each send the next as soon as the last is answered, first to the fleet's
    /// api, with no other program running; then to standalone, whose workers claim nothing (MIN_FREE_BYTES) but whose
    /// vod-processor runs. The clients share the machine's cores with what they measure.
    Uploads(UploadsArguments),
    /// From a job's insertion to its claim. Servers or none.
    ///
    /// A transcode-worker as a library, with an encoder that only waits. A job is added to the catalog and the doorbell rung, as
    /// the vod-processor does it; its latency ends when the worker asks the encoder for it. First with an idle worker and an
    /// empty queue; then for what a viewer waits for while the worker is busy and jobs stand in the queue; then the worker's
    /// own pause from one encode's end to the next one's beginning, while it works the queue off.
    Latency(LatencyArguments),
    /// The fleet's programs: memory at rest and under load, start to first event handled. Needs servers.
    ///
    /// All of the fleet's programs that are there, together: api, producer, vod-processor, live-processor, transcode-worker.
    /// Memory is what is resident of them, without ffmpeg and other children; pages that several of them map count for each.
    /// The load is that of `bench uploads`, but with all programs running. Before they start, an event lies on the log; it is
    /// handled when its video is in the catalog.
    Fleet(FleetArguments),
    /// From a live segment's event to its playlist, seen over HTTP. Servers or none.
    ///
    /// Many streams at once. Their segments are stored first; then their events are published to `live-chunks`, each stream's in
    /// order and at an even pace. Those of at most 25 streams, evenly chosen, are timed from the call that publishes
    /// one until an answer of the api that lists it was read. Nobody polls: the bench follows `live-playlists` itself, asks the
    /// api when such a stream has news, and again a millisecond later until the answer has it. So a time is too long by that and
    /// one request at most. The first segments of each stream are not timed.
    ///
    /// On servers these are the programs api and live-processor, whose CPU time and memory are told. On the embedded adapters
    /// they are libraries in this process, for no other can write to their log.
    ///
    /// `--sustain`, `--hour`, `--ending` and `--watched` measure something else instead.
    Live(LiveArguments),
    /// Reads of a live playlist, and of `GET /streams/{id}/live`, by wrk. Servers or none.
    ///
    /// One stream, written to the catalog and the log before the program starts: standalone, and on servers the api. The program
    /// is bound to one core with taskset, and wrk to another. The two addresses are read with few segments of the stream in the
    /// catalog and with many. wrk is a package of that name on Debian and with Homebrew; WRK names another place for it.
    Reads(ReadsArguments),
}

/// What `bench vod` is told.
#[derive(Debug, Args)]
pub(crate) struct VodArguments {
    /// The video to encode. Without it a source is made once and kept: camera moves over fine and flat detail
    /// with film grain, a cut every six seconds, moving graphics on top; H.264 with B-frames and a keyframe
    /// every 250 frames, about 10 Mbit/s at 1080p30; stereo AAC.
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// Length of the made source, in seconds.
    #[arg(long, value_name = "S", default_value_t = 60, value_parser = value_parser!(u32).range(5..=3600))]
    pub(crate) seconds: u32,
    /// Picture size of the made source.
    #[arg(long, value_name = "SIZE", default_value = "1920x1080", value_parser = size)]
    pub(crate) size: (u32, u32),
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What `bench idle` is told.
#[derive(Debug, Args)]
pub(crate) struct IdleArguments {
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What `bench coordination` is told.
#[derive(Debug, Args)]
pub(crate) struct CoordinationArguments {
    /// How many workers share the queue, one after the other; 1 is what others are measured against.
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_values_t = [16, 4, 2, 1])]
    pub(crate) workers: Vec<usize>,
    /// Jobs in the queue, of four videos.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = value_parser!(u32).range(4..=2000))]
    pub(crate) jobs: u32,
    /// What each job waits, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 1500, value_parser = value_parser!(u64).range(1..=60_000))]
    pub(crate) wait_ms: u64,
    /// Rounds; medians count.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u32).range(1..=100))]
    pub(crate) runs: u32,
    /// On which adapters; without it on the servers, if they are named, else on the embedded ones.
    #[arg(long, value_name = "WHERE")]
    pub(crate) on: Option<On>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// What `bench workers` is told.
#[derive(Debug, Args)]
pub(crate) struct WorkersArguments {
    /// Length of the made source, in seconds.
    #[arg(long, value_name = "S", default_value_t = 16, value_parser = value_parser!(u32).range(5..=3600))]
    pub(crate) seconds: u32,
    /// Picture size of the made source.
    #[arg(long, value_name = "SIZE", default_value = "1280x720", value_parser = size)]
    pub(crate) size: (u32, u32),
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What `bench uploads` is told.
#[derive(Debug, Args)]
pub(crate) struct UploadsArguments {
    /// Clients at once.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = value_parser!(u32).range(1..=1000))]
    pub(crate) clients: u32,
    /// How long they send, in seconds.
    #[arg(long, value_name = "S", default_value_t = 8, value_parser = value_parser!(u32).range(1..=600))]
    pub(crate) seconds: u32,
    #[command(flatten)]
    pub(crate) on: Where,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What `bench latency` is told.
#[derive(Debug, Args)]
pub(crate) struct LatencyArguments {
    /// Jobs that are timed, of each kind.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = value_parser!(u32).range(1..=10_000))]
    pub(crate) samples: u32,
    /// Jobs that stand in the queue meanwhile.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = value_parser!(u32).range(1..=10_000))]
    pub(crate) queued: u32,
    #[command(flatten)]
    pub(crate) on: Where,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// What `bench fleet` is told.
#[derive(Debug, Args)]
pub(crate) struct FleetArguments {
    /// Clients at once.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = value_parser!(u32).range(1..=1000))]
    pub(crate) clients: u32,
    /// How long they send, in seconds.
    #[arg(long, value_name = "S", default_value_t = 8, value_parser = value_parser!(u32).range(1..=600))]
    pub(crate) seconds: u32,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What `bench live` is told.
#[derive(Debug, Args)]
pub(crate) struct LiveArguments {
    /// Segments a second, and over how many streams.
    #[arg(
        long,
        value_name = "RATE/STREAMS,...",
        value_delimiter = ',',
        default_value = "1/1,100/20,1000/200"
    )]
    pub(crate) loads: Vec<Offered>,
    /// How long each load lasts, in seconds.
    #[arg(long, value_name = "S", default_value_t = 20, value_parser = value_parser!(u32).range(1..=3600))]
    pub(crate) seconds: u32,
    /// The highest rate over 200 streams that is held for a minute: looked for upwards, in short runs, then held.
    #[arg(long)]
    pub(crate) sustain: bool,
    /// Memory while an hour of streams comes as fast as it is taken: real segments, sent over HTTP to the ingest listener
    /// of standalone, or on servers of the program live-processor.
    #[arg(long)]
    pub(crate) hour: bool,
    /// How many streams this hour has.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = value_parser!(u32).range(1..=100))]
    pub(crate) hour_streams: u32,
    /// How long this hour is, in segments of half a second.
    #[arg(long, value_name = "N", default_value_t = 7_200, value_parser = value_parser!(u32).range(40..=100_000))]
    pub(crate) hour_segments: u32,
    /// A long stream ends: when its recording is served, whether all its addresses answer, and what ffprobe decodes of it.
    #[arg(long)]
    pub(crate) ending: bool,
    /// How long this stream is, in segments of half a second.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = value_parser!(u32).range(10..=100_000))]
    pub(crate) ending_segments: u32,
    /// CPU time for a segment while traces are collected and metrics are scraped every second, beside that of programs that
    /// nobody watches: in turns, with segments sent over HTTP to the ingest listener.
    #[arg(long)]
    pub(crate) watched: bool,
    /// How many turns that takes.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = value_parser!(u32).range(1..=100))]
    pub(crate) watched_rounds: u32,
    #[command(flatten)]
    pub(crate) on: Where,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// What `bench reads` is told.
#[derive(Debug, Args)]
pub(crate) struct ReadsArguments {
    /// Connections of wrk.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = value_parser!(u32).range(1..=1000))]
    pub(crate) connections: u32,
    /// How long it reads each time, in seconds.
    #[arg(long, value_name = "S", default_value_t = 8, value_parser = value_parser!(u32).range(1..=600))]
    pub(crate) seconds: u32,
    /// Segments in the catalog: few.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub(crate) few: u32,
    /// Segments in the catalog: many.
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub(crate) many: u32,
    #[command(flatten)]
    pub(crate) on: Where,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What every bench with ordinary rounds is told.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Rounds; medians count.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = value_parser!(u32).range(1..=100))]
    pub(crate) runs: u32,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Which adapters are measured.
#[derive(Debug, Args)]
pub(crate) struct Where {
    /// Only on these adapters; without it on the servers, if they are named, and on the embedded ones.
    #[arg(long, value_name = "WHERE")]
    on: Option<On>,
}

impl Where {
    /// Every set of adapters to measure.
    pub(crate) fn all(&self) -> Vec<On> {
        On::of(self.on)
    }
}

/// Where the figures go.
#[derive(Debug, Args)]
pub(crate) struct Output {
    /// Writes all figures to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Ends with exit code 1 when a target is missed.
    #[arg(long)]
    pub(crate) strict: bool,
}

/// Even sides, as 4:2:0 needs them.
fn size(text: &str) -> Result<(u32, u32), String> {
    let sides = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    sides
        .filter(|(w, h)| {
            [*w, *h].iter().all(|side: &u32| side.is_multiple_of(2) && (64..=7680).contains(side))
        })
        .ok_or_else(|| {
            format!("{text:?} is not a size; write WIDTHxHEIGHT, even and 64 to 7680, such as 1280x720")
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Command::command().debug_assert();
    }

    #[test]
    fn sizes_are_even_and_of_two_sides() {
        assert_eq!(size("1280x720"), Ok((1280, 720)));
        for wrong in ["1280", "1281x720", "x", "0x0", "99999x2"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
