//! What came out of all rounds: medians, ratios and targets.

use super::{bare::BareRun, pipeline::PipelineRun, subject::Facts};
use crate::{machine::Machine, spread::Spread, target::Target};
use serde::Serialize;

/// The most CPU and wall time beside bare ffmpeg's.
const MOST_RATIO: f64 = 1.10;
/// The most seconds from when bare ffmpeg has the first segments until a player has them.
const MOST_DELAY_S: f64 = 1.0;

/// What was measured one after the other.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Round {
    /// All of the source by bare ffmpeg.
    pub(crate) bare: BareRun,
    /// What the first segments hold, by bare ffmpeg.
    pub(crate) bare_first_segment: BareRun,
    /// All of it by the product.
    pub(crate) pipeline: PipelineRun,
}

/// Everything that the JSON holds. Ratios are of medians.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figures {
    /// `vod`.
    pub(crate) bench: &'static str,
    /// CPU time of the product over that of bare ffmpeg.
    pub(crate) cpu_ratio: f64,
    /// Wall time likewise.
    pub(crate) wall_ratio: f64,
    /// From when bare ffmpeg has the first segment of every rendition until a player has them from the
    /// product.
    pub(crate) first_playable_delay_s: f64,
    /// The most that was resident of the product and its children together, in MiB.
    pub(crate) peak_rss_mb: f64,
    /// What is held against a limit.
    pub(crate) targets: Vec<Target>,
    /// Bare ffmpeg over all rounds.
    pub(crate) bare: Side,
    /// The product over all rounds.
    pub(crate) pipeline: Side,
    /// When the product had done what.
    pub(crate) milestones: Milestones,
    /// The largest share of the machine's CPU time that something else used during a run.
    pub(crate) others_share: f64,
    /// Where it was measured.
    pub(crate) machine: Machine,
    /// What was encoded.
    pub(crate) source: Facts,
    /// `TRANSCODE_SLOTS` as the product got it; none: its default.
    pub(crate) transcode_slots: Option<String>,
    /// Each round's own figures.
    pub(crate) rounds: Vec<Round>,
}

/// What both sides have.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Side {
    /// User and system time, in seconds.
    pub(crate) cpu_s: Spread,
    /// From the beginning to the end: of the process, or of upload to ready; in seconds.
    pub(crate) wall_s: Spread,
    /// Until the first segment of every rendition is there, in seconds.
    pub(crate) first_playable_s: Spread,
    /// The most that was resident, in MiB.
    pub(crate) peak_rss_mb: Spread,
    /// What was written, in MiB.
    pub(crate) output_mb: Spread,
}

/// What only the product has.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Milestones {
    /// From the start of the process until it is ready for uploads, in seconds.
    pub(crate) start_s: Spread,
    /// From the upload's beginning until it is acknowledged, in seconds.
    pub(crate) uploaded_s: Spread,
    /// From the upload's beginning until the manifest is there, in seconds.
    pub(crate) planned_s: Spread,
    /// The most that was ever resident of the process without its children, in MiB.
    pub(crate) process_peak_rss_mb: Spread,
}

impl Figures {
    /// Sums the rounds up.
    pub(crate) fn new(machine: Machine, source: Facts, rounds: Vec<Round>) -> Self {
        let (bare, pipeline) = (bare_side(&rounds), pipeline_side(&rounds));
        let cpu_ratio = pipeline.cpu_s.median / bare.cpu_s.median;
        let wall_ratio = pipeline.wall_s.median / bare.wall_s.median;
        let delay = pipeline.first_playable_s.median - bare.first_playable_s.median;
        let targets = vec![
            Target::at_most("cpu_ratio", cpu_ratio, MOST_RATIO, "x"),
            Target::at_most("wall_ratio", wall_ratio, MOST_RATIO, "x"),
            Target::at_most("first_playable_delay_s", delay, MOST_DELAY_S, " s"),
        ];
        Self {
            bench: "vod",
            cpu_ratio,
            wall_ratio,
            first_playable_delay_s: delay,
            peak_rss_mb: pipeline.peak_rss_mb.median,
            targets,
            bare,
            pipeline,
            milestones: milestones(&rounds),
            others_share: others_share(&rounds, machine.cores),
            machine,
            source,
            transcode_slots: std::env::var("TRANSCODE_SLOTS").ok(),
            rounds,
        }
    }
}

fn bare_side(rounds: &[Round]) -> Side {
    let spread = |value: fn(&BareRun) -> f64| Spread::of(rounds.iter().map(|round| value(&round.bare)));
    Side {
        cpu_s: spread(|run| run.cpu_s),
        wall_s: spread(|run| run.wall_s),
        first_playable_s: Spread::of(rounds.iter().map(|round| round.bare_first_segment.wall_s)),
        peak_rss_mb: spread(|run| run.peak_rss_mb),
        output_mb: spread(|run| run.output_mb),
    }
}

fn pipeline_side(rounds: &[Round]) -> Side {
    let spread = |value: fn(&PipelineRun) -> f64| of_pipeline(rounds, value);
    Side {
        cpu_s: spread(|run| run.cpu_s),
        wall_s: spread(|run| run.wall_s),
        first_playable_s: spread(|run| run.first_playable_s),
        peak_rss_mb: spread(|run| run.peak_rss_mb),
        output_mb: spread(|run| run.output_mb),
    }
}

fn milestones(rounds: &[Round]) -> Milestones {
    Milestones {
        start_s: of_pipeline(rounds, |run| run.start_s),
        uploaded_s: of_pipeline(rounds, |run| run.uploaded_s),
        planned_s: of_pipeline(rounds, |run| run.planned_s),
        process_peak_rss_mb: of_pipeline(rounds, |run| run.process_peak_rss_mb),
    }
}

fn of_pipeline(rounds: &[Round], value: fn(&PipelineRun) -> f64) -> Spread {
    Spread::of(rounds.iter().map(|round| value(&round.pipeline)))
}

fn others_share(rounds: &[Round], cores: usize) -> f64 {
    let share = |others: f64, wall: f64| others / (wall * cores as f64);
    let shares = rounds.iter().flat_map(|round| {
        [
            share(round.bare.others_cpu_s, round.bare.wall_s),
            share(round.pipeline.others_cpu_s, round.pipeline.wall_s),
        ]
    });
    shares.fold(0.0, f64::max)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Figures of one round in which the product takes `factor` times what bare ffmpeg takes.
    pub(in crate::vod) fn example(factor: f64) -> Figures {
        let bare = BareRun {
            wall_s: 1000.0,
            cpu_s: 2000.0,
            peak_rss_mb: 2000.0,
            output_mb: 400.0,
            others_cpu_s: 300.0,
        };
        let first = BareRun { wall_s: 80.0, ..bare.clone() };
        let pipeline = PipelineRun {
            start_s: 0.25,
            uploaded_s: 10.5,
            planned_s: 11.25,
            first_playable_s: 80.0 * factor,
            wall_s: 1000.0 * factor,
            cpu_s: 2000.0 * factor,
            start_cpu_s: 0.25,
            peak_rss_mb: 4000.0,
            process_peak_rss_mb: 90.0,
            output_mb: 400.0,
            others_cpu_s: 0.0,
        };
        let machine = Machine { cores: 2, processor: "x".to_owned(), load_before: 0.0 };
        let source = Facts {
            file: "film.mp4".to_owned(),
            bytes: 75_000_000,
            seconds: 60.0,
            frames: 1800,
            codec: "h264".to_owned(),
            width: 1920,
            height: 1080,
            frames_per_second: 30.0,
            audio_tracks: 1,
            renditions: vec!["1080p 1920x1080".to_owned()],
            ffmpeg: "5.1".to_owned(),
        };
        Figures::new(machine, source, vec![Round { bare, bare_first_segment: first, pipeline }])
    }

    #[test]
    fn ratios_and_targets_follow_the_medians() {
        let figures = example(1.05);
        assert!((figures.cpu_ratio - 1.05).abs() < 1e-9 && (figures.wall_ratio - 1.05).abs() < 1e-9);
        assert!((figures.first_playable_delay_s - 4.0).abs() < 1e-9);
        let met: Vec<bool> = figures.targets.iter().map(|target| target.met).collect();
        assert_eq!(met, [true, true, false]);
        assert!((figures.others_share - 0.15).abs() < 1e-9);
    }

    #[test]
    fn the_json_has_the_names_that_scripts_read() {
        let json = serde_json::to_value(example(1.0)).unwrap();
        for name in ["cpu_ratio", "wall_ratio", "first_playable_delay_s", "peak_rss_mb"] {
            assert!(json[name].is_f64(), "{name}");
        }
    }
}
