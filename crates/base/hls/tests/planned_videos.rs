//! Whatever is planned, its playlists break no rule.

use domain::{
    StreamId, Timestamp,
    job::{Outputs, SegmentOutput, SourceOutput, Span, TrackOutput},
    ladder::Rendition,
    media::{AudioTrack, MediaInfo, SubtitleTrack, VideoTrack},
    plan::{self, Plan},
    rate::Rate,
    task::TrackKind,
    timeline::Timeline,
    video::{NewSource, NewVideo, Video},
};
use hls::{RenditionText, Track, check_master, check_media, check_renditions, vod};
use proptest::prelude::*;

struct Relative;

impl vod::Addresses for Relative {
    fn playlist(&self, rendition: &str) -> String {
        format!("{rendition}/index.m3u8")
    }

    fn init(&self, _: &str) -> String {
        "init.mp4".to_owned()
    }

    fn segment(&self, _: &str, index: u32) -> String {
        format!("{index}.m4s")
    }

    fn subtitles(&self, _: &str, index: u32) -> String {
        format!("{index}.vtt")
    }

    fn frames(&self, rendition: &str) -> Option<String> {
        Some(format!("{rendition}/frames.m3u8"))
    }
}

fn media(size: (u32, u32), rate: Rate, frames: u64, sounds: u32, texts: u32, picture: bool) -> MediaInfo {
    let end_us = rate.micros_at(frames);
    let timeline = Timeline {
        start_us: 0,
        end_us,
        frames,
        rate,
        constant: true,
        longest_gap_us: 1,
        untimed: None,
        keyframes: Vec::new(),
    };
    let video = VideoTrack {
        stream_index: 0,
        codec: "h264".to_owned(),
        width: size.0,
        height: size.1,
        interlaced: false,
        high_dynamic_range: false,
        timeline,
    };
    let audio = |index| AudioTrack {
        stream_index: index,
        codec: "aac".to_owned(),
        language: (index > 1).then(|| "de".to_owned()),
        channels: 2,
        start_us: 0,
        end_us,
    };
    let audio = (1..=sounds).map(audio).collect();
    let subtitles = |index| SubtitleTrack {
        stream_index: index,
        codec: "subrip".to_owned(),
        language: (index > 20).then(|| "de".to_owned()),
        title: None,
        default: index == 21,
        forced: index == 22,
        hearing_impaired: index == 23,
    };
    MediaInfo {
        container: "mov".to_owned(),
        indexed: true,
        video: picture.then_some(video),
        audio,
        subtitles: (20..20 + texts).map(subtitles).collect(),
        declared_us: None,
        mended: Vec::new(),
        notes: Vec::new(),
    }
}

fn planned(
    size: (u32, u32),
    rate: Rate,
    frames: u64,
    sounds: u32,
    texts: u32,
    picture: bool,
) -> Option<Plan> {
    plan::for_source(&media(size, rate, frames, sounds, texts, picture)).ok()
}

/// A document grows with the number of renditions, not with the number of segments.
#[test]
fn twelve_hours_fit_a_small_document_and_bounded_playlists() {
    let rate = Rate::new(60, 1).unwrap();
    let info = media((3840, 2160), rate, 12 * 3600 * 60, 3, 4, true);
    let plan = plan::for_source(&info).unwrap();
    let now = Timestamp::from_millis(0);
    let source = SourceOutput { size_bytes: 1 << 40, sha256: "ab".repeat(32) };
    let new = NewVideo {
        stream_id: StreamId::vod([1; 6]),
        title: "A day".to_owned(),
        uploader: "anybody".to_owned(),
        resolution: String::new(),
        duration_seconds: 0.0,
        audio_track_id: None,
        source: NewSource::Stored(source),
    };
    let video = Video::uploaded(new, now).begin_processing(now).unwrap();
    let mut video = video.planned(info, plan.clone(), now).unwrap();
    let segment = |index| SegmentOutput {
        index,
        size_bytes: 1 << 20,
        sha256: "cd".repeat(32),
        duration_us: 4_000_000,
        keyframes: vec![Span { offset: 0, length: 1 << 16 }; 2],
    };
    // Every other part: the worst that a set of numbers can be asked to hold.
    for position in (0..plan.part_count()).step_by(2) {
        let track = |rendition: &Rendition| TrackOutput {
            rendition: rendition.name.clone(),
            kind: TrackKind::Media,
            init_sha256: Some("ef".repeat(32)),
            segments: vec![segment(position)],
        };
        let tracks = plan.renditions.iter().map(track).collect();
        let outputs = Outputs { epoch: 1, encode_ms: 1, tracks, source: None };
        video = video.part_done(position, &outputs, now).unwrap();
    }
    let bytes = serde_json::to_vec(&video).unwrap().len();
    let playlist = vod::media(&plan, &plan.renditions[0].name, &Relative).unwrap().to_m3u8().len();
    println!("{} parts: a document of {bytes} bytes, playlists of {playlist}", plan.part_count());
    assert!(bytes < 100_000 && playlist < 1_000_000, "{bytes}, {playlist}");
}

proptest! {
    #[test]
    fn break_no_rule(width in 2u32..4000, height in 2u32..2200, pick in 0usize..6, frames in 1u64..4000, sounds in 0u32..3, texts in 0u32..5, picture: bool) {
        let rates = [(24_000, 1001), (25, 1), (30_000, 1001), (60, 1), (1, 1), (8333, 1000)];
        let rate = Rate::new(rates[pick].0, rates[pick].1).unwrap();
        prop_assume!(picture || sounds > 0);
        let plan = planned((width, height), rate, frames, sounds, texts, picture).unwrap();
        let master = vod::master(&plan, None, &Relative).to_m3u8();
        // A picture so small that it has no rendition of 1 to 4 Mbit/s has no better first variant either.
        prop_assert_eq!(check_master(&master).iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new(), "{}", master);
        let names = plan.renditions.iter().map(|r| (&r.name, Track::Video)).chain(plan.audio.iter().map(|a| (&a.name, Track::Audio)))
            .chain(plan.subtitles.iter().map(|s| (&s.name, Track::Subtitles)));
        let mut texts = Vec::new();
        for (name, track) in names {
            let text = vod::media(&plan, name, &Relative).unwrap().to_m3u8();
            prop_assert_eq!(check_media(&text).iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new(), "{}", text);
            texts.push((track, text));
        }
        let renditions: Vec<_> = texts.iter().map(|(track, text)| RenditionText { track: *track, text }).collect();
        prop_assert_eq!(check_renditions(&renditions).iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    }
}
