//! Tests of plans.

use super::*;
use crate::{
    media::SubtitleTrack,
    timeline::{Keyframe, Timeline, Untimed},
};
use proptest::prelude::*;

fn source(frames: u64, rate: Rate, sound: Option<(i64, i64)>) -> MediaInfo {
    let end_us = rate.micros_at(frames);
    let timeline = Timeline {
        start_us: 0,
        end_us,
        frames,
        rate,
        constant: true,
        longest_gap_us: rate.micros_at(1),
        untimed: None,
        keyframes: vec![],
    };
    let video = VideoTrack {
        stream_index: 0,
        codec: "h264".to_owned(),
        width: 1920,
        height: 1080,
        interlaced: false,
        high_dynamic_range: false,
        timeline,
    };
    let track = |(start_us, end_us)| AudioTrack {
        stream_index: 1,
        codec: "aac".to_owned(),
        language: None,
        channels: 2,
        start_us,
        end_us,
    };
    MediaInfo {
        container: "mov".to_owned(),
        indexed: true,
        video: Some(video),
        audio: sound.into_iter().map(track).collect(),
        subtitles: Vec::new(),
        declared_us: None,
        mended: Vec::new(),
        notes: Vec::new(),
    }
}

#[test]
fn what_has_no_time_is_read_from_the_beginning() {
    let mut info = source(1000, Rate { num: 25, den: 1 }, None);
    let untimed = Untimed { pictures: 225, start_us: 0, every_us: 40_000 };
    let timeline = &mut info.video.as_mut().unwrap().timeline;
    timeline.untimed = Some(untimed);
    timeline.keyframes = [0, 12_000_000].map(|us| Keyframe { pts_us: us, dts_us: us }).into();
    let tasks = for_source(&info).unwrap().parts(&info).into_iter().filter_map(|part| match part.task {
        EncodeTask::Chunk(task) => Some((task.start_us, task.seek_us, task.untimed)),
        _ => None,
    });
    let tasks: Vec<_> = tasks.take(3).collect();
    let untimed = Some(untimed);
    assert_eq!(
        tasks,
        [(0, None, untimed), (4_000_000, None, untimed), (12_000_000, Some(12_020_000), untimed)]
    );
}

fn text_track() -> SubtitleTrack {
    SubtitleTrack {
        stream_index: 2,
        codec: "subrip".to_owned(),
        language: None,
        title: None,
        default: false,
        forced: false,
        hearing_impaired: false,
    }
}

proptest! {
    #[test]
    fn parts_make_every_frame_once_and_are_found_again(frames in 1u64..20_000, pick in 0usize..3, with_sound: bool, texts in 0usize..3) {
        let rate = [Rate::new(30_000, 1001), Rate::new(25, 1), Rate::new(60, 1)][pick].unwrap();
        let mut info = source(frames, rate, with_sound.then(|| (0, rate.micros_at(frames))));
        info.subtitles = vec![text_track(); texts];
        let plan = for_source(&info).unwrap();
        let parts = plan.parts(&info);
        prop_assert_eq!(plan.part_count() as usize, parts.len());
        let mut next = 0;
        for (position, part) in (0u32..).zip(&parts) {
            prop_assert_eq!(&plan.part_name(position), &part.name);
            if let EncodeTask::Chunk(chunk) = &part.task {
                prop_assert_eq!(chunk.first_frame, next);
                next += u64::from(chunk.frames);
                prop_assert_eq!(plan.position_of("1080p", chunk.first_segment), Some(position));
            }
            if let EncodeTask::Span(span) = &part.task {
                prop_assert_eq!(plan.position_of(&span.rendition, span.first_segment), Some(position));
            }
            if let EncodeTask::Stills(task) = &part.task {
                prop_assert_eq!(plan.position_of("poster", 0), Some(position));
                prop_assert_eq!(plan.position_of("storyboard", task.stills.sheets() - 1), Some(position));
                prop_assert_eq!(plan.position_of("storyboard", task.stills.sheets()), None);
            }
            if let EncodeTask::Subtitles(subtitles) = &part.task {
                prop_assert_eq!(subtitles.sources.len(), texts);
                prop_assert_eq!(subtitles.ends_us.last().copied(), Some(plan.grid.duration_us()));
                let last = u32::try_from(subtitles.ends_us.len()).unwrap() - 1;
                prop_assert_eq!(plan.position_of("subtitles-0", last), Some(position));
                prop_assert_eq!(plan.position_of("subtitles-0", last + 1), None);
            }
        }
        prop_assert_eq!(next, frames);
        prop_assert_eq!(plan.opening().len(), if with_sound { 2 } else { 1 });
        prop_assert_eq!(plan.position_of("1080p", plan.grid.segments()), None);
    }
}

#[test]
fn sound_that_goes_on_is_kept() {
    let rate = Rate::new(25, 1).unwrap();
    let short = for_source(&source(250, rate, Some((-20_000, 10_300_000)))).unwrap();
    assert_eq!((short.grid.frames, short.origin_us), (250, 0));
    let long = for_source(&source(250, rate, Some((-2_000_000, 12_000_000)))).unwrap();
    assert_eq!((long.grid.frames, long.origin_us), (350, -2_000_000));
}

#[test]
fn a_very_fast_source_is_thinned_out() {
    let plan = for_source(&source(1200, Rate::new(120, 1).unwrap(), None)).unwrap();
    assert_eq!((plan.grid.rate, plan.grid.frames), (Rate::new(60, 1).unwrap(), 600));
    assert_eq!(plan.grid.gop_frames, 120);
}

#[test]
fn sound_alone_is_a_presentation() {
    let mut info = source(250, Rate::new(25, 1).unwrap(), Some((0, 10_000_000)));
    info.video = None;
    let plan = for_source(&info).unwrap();
    assert!(plan.renditions.is_empty());
    assert_eq!(plan.grid.frames, 469);
    assert_eq!(plan.parts(&info).len(), 2);
}
