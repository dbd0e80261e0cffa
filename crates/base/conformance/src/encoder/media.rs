//! What came out, taken apart and decoded.

use super::source::{BITS, Sources, run};
use bytes::Bytes;
use domain::{
    audio,
    media::MediaInfo,
    plan::{self, Plan},
    task::EncodeTask,
};
use mp4_atom::{Any, DecodeMaybe, Moof, Moov};
use ports::{Encoded, EncodedTrack, Encoder, Progress, Source, Urgency};
use std::{collections::BTreeMap, path::Path, process::Command};

/// A presentation, put together from what all parts of a plan gave.
pub(super) struct Presentation {
    pub(super) plan: Plan,
    tracks: BTreeMap<String, Track>,
}

struct Track {
    init: Bytes,
    segments: Vec<Bytes>,
}

/// Probes and plans a source.
pub(super) async fn planned(encoder: &dyn Encoder, path: &Path) -> (MediaInfo, Plan) {
    let info = encoder.probe(&Source::File(path.to_owned())).await.expect("the source is accepted");
    let plan = plan::for_source(&info).expect("the source has a plan");
    (info, plan)
}

/// Does one task.
pub(super) async fn encoded(
    encoder: &dyn Encoder,
    sources: &Sources,
    path: &Path,
    task: &EncodeTask,
) -> Vec<EncodedTrack> {
    let scratch = sources.scratch();
    let (progress, _) = tokio::sync::watch::channel(Progress::default());
    let source = Source::File(path.to_owned());
    match encoder.encode(Some(&source), task, Urgency::Now, scratch.path(), &progress).await {
        Ok(Encoded::Tracks(tracks)) => tracks,
        other => panic!("{task:?} gave {other:?}"),
    }
}

impl Presentation {
    /// Encodes a source as a whole.
    pub(super) async fn of(encoder: &dyn Encoder, sources: &Sources, path: &Path) -> Self {
        let (info, plan) = planned(encoder, path).await;
        Self::by(encoder, sources, path, info, plan).await
    }

    /// Encodes a source by a plan; every promise about the shape of the parts is verified on the way.
    pub(super) async fn by(
        encoder: &dyn Encoder,
        sources: &Sources,
        path: &Path,
        info: MediaInfo,
        plan: Plan,
    ) -> Self {
        let mut tracks: BTreeMap<String, Track> = BTreeMap::new();
        for part in plan.parts(&info) {
            for track in encoded(encoder, sources, path, &part.task).await {
                let init = track.init.unwrap_or_default();
                let whole = tracks
                    .entry(track.rendition.clone())
                    .or_insert(Track { init: init.clone(), segments: Vec::new() });
                assert_eq!(whole.init, init, "{} begins otherwise in {}", track.rendition, part.name);
                for segment in track.segments {
                    assert_eq!(segment.index as usize, whole.segments.len(), "{}", part.name);
                    whole.segments.push(segment.bytes);
                }
            }
        }
        let presentation = Self { plan, tracks };
        presentation.verify();
        presentation
    }

    fn verify(&self) {
        let grid = &self.plan.grid;
        let delay_us = self.plan.delay_us();
        let delay = domain::rate::Rate { num: audio::SAMPLE_RATE, den: 1 }.units_in(delay_us);
        for rendition in &self.plan.renditions {
            let rate = grid.rate.divided(rendition.divisor);
            let frames = |segment: u32| {
                let range = grid.segment(segment);
                (range.end - range.start).div_ceil(u64::from(rendition.divisor))
            };
            let ticks = u64::from(rate.den);
            self.tracks[&rendition.name].verify(rate.num, ticks, rate.units_in(delay_us) * ticks, frames);
        }
        for rendition in &self.plan.audio {
            let frames = |segment: u32| {
                let range = audio::frames_of(grid, &(segment..segment + 1));
                range.end - range.start
            };
            let ticks = u64::from(audio::FRAME_SAMPLES);
            self.tracks[&rendition.name].verify(audio::SAMPLE_RATE, ticks, delay, frames);
        }
    }

    /// The numbers of a rendition's pictures, in order.
    pub(super) fn numbers(&self, rendition: &str) -> Vec<u64> {
        let filter = format!("crop=iw:2:0:ih/2,scale={BITS}:1:flags=area,setsar=1,format=gray");
        let raw = self.decoded(rendition, &["-fps_mode", "passthrough", "-vf", &filter, "-f", "rawvideo"]);
        raw.chunks_exact(BITS)
            .map(|bars| bars.iter().rev().fold(0, |number, bar| number << 1 | u64::from(*bar > 128)))
            .collect()
    }

    /// The segments of a rendition of subtitles.
    pub(super) fn texts(&self, rendition: &str) -> Vec<String> {
        let text = |segment: &Bytes| String::from_utf8(segment.to_vec()).expect("text is UTF-8");
        self.tracks[rendition].segments.iter().map(text).collect()
    }

    /// A sound rendition as samples of its left channel, from -1 to 1.
    pub(super) fn samples(&self, rendition: &str) -> Vec<f32> {
        floats(&self.decoded(rendition, &["-f", "f32le"])).into_iter().step_by(2).collect()
    }

    /// Decodes a rendition; the decoder may not say a word.
    fn decoded(&self, rendition: &str, output: &[&str]) -> Vec<u8> {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("whole.mp4");
        std::fs::write(&path, self.tracks[rendition].whole()).expect("the file is written");
        let mut command = Command::new("ffmpeg");
        command
            .args(["-hide_banner", "-nostdin", "-v", "error", "-xerror", "-i"])
            .arg(path)
            .args(output)
            .arg("-");
        run(&mut command).stdout
    }
}

impl Track {
    fn whole(&self) -> Vec<u8> {
        self.segments.iter().fold(self.init.to_vec(), |mut whole, segment| {
            whole.extend_from_slice(segment);
            whole
        })
    }

    /// Segments have their frames, each of the same length, without gaps from `delay` on, and begin with a keyframe.
    fn verify(&self, timescale: u32, ticks: u64, delay: u64, frames: impl Fn(u32) -> u64) {
        let moov = self.moov();
        assert_eq!(moov.trak[0].mdia.mdhd.timescale, timescale);
        let (mut at, mut sequence) = (0, 0);
        for (index, segment) in (0..).zip(&self.segments) {
            let mut found = 0;
            for moof in moofs(segment) {
                let traf = &moof.traf[0];
                let decoded = traf.tfdt.as_ref().map_or(0, |t| t.base_media_decode_time);
                let offsets: Vec<i64> =
                    traf.trun.iter().flat_map(|run| run.samples.iter()).map(|s| s.cts.unwrap_or(0)).collect();
                let shown = i64::try_from(decoded).expect("a time") + offsets[0];
                assert_eq!(shown, i64::try_from(at * ticks + delay).expect("a time"), "segment {index}");
                assert!(offsets.iter().all(|offset| *offset >= 0), "segment {index} shows before it decodes");
                assert!(moof.mfhd.sequence_number > sequence, "segment {index}");
                sequence = moof.mfhd.sequence_number;
                let samples: Vec<_> = traf.trun.iter().flat_map(|run| run.samples.iter()).collect();
                let duration = |own: Option<u32>| own.or(traf.tfhd.default_sample_duration).map(u64::from);
                assert!(
                    samples.iter().all(|sample| duration(sample.duration) == Some(ticks)),
                    "segment {index}"
                );
                let flags = samples[0].flags.or(traf.tfhd.default_sample_flags).unwrap_or(0);
                assert_eq!(flags & 0x1_0000, 0, "segment {index} begins with no keyframe");
                found += samples.len() as u64;
                at += samples.len() as u64;
            }
            assert_eq!(found, frames(index), "frames of segment {index}");
        }
    }

    fn moov(&self) -> Moov {
        let found = atoms(&self.init)
            .into_iter()
            .find_map(|atom| if let Any::Moov(moov) = atom { Some(moov) } else { None });
        found.expect("an init has a moov")
    }
}

fn moofs(segment: &[u8]) -> Vec<Moof> {
    atoms(segment)
        .into_iter()
        .filter_map(|atom| if let Any::Moof(moof) = atom { Some(moof) } else { None })
        .collect()
}

fn atoms(mut bytes: &[u8]) -> Vec<Any> {
    std::iter::from_fn(|| Any::decode_maybe(&mut bytes).expect("well-formed boxes")).collect()
}

/// Samples as they come out of ffmpeg's `f32le`.
pub(super) fn floats(raw: &[u8]) -> Vec<f32> {
    raw.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])).collect()
}
