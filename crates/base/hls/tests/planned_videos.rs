//! Whatever is planned, its playlists break no rule.

use domain::{
    media::{AudioTrack, MediaInfo, SubtitleTrack, VideoTrack},
    plan::{self, Plan},
    rate::Rate,
    timeline::Timeline,
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

fn planned(
    size: (u32, u32),
    rate: Rate,
    frames: u64,
    sounds: u32,
    texts: u32,
    picture: bool,
) -> Option<Plan> {
    let end_us = rate.micros_at(frames);
    let timeline = Timeline {
        start_us: 0,
        end_us,
        frames,
        rate,
        constant: true,
        longest_gap_us: 1,
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
    plan::for_source(&MediaInfo {
        container: "mov".to_owned(),
        indexed: true,
        video: picture.then_some(video),
        audio,
        subtitles: (20..20 + texts).map(subtitles).collect(),
        declared_us: None,
        notes: Vec::new(),
    })
    .ok()
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
