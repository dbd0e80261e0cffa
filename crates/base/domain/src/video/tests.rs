//! Properties of videos.

use super::*;
use crate::{
    event::Event,
    job::{Outputs, SegmentOutput, SourceOutput, TrackOutput},
    media::VideoTrack,
    plan,
    rate::Rate,
    rejection::RejectionCode,
    task::TrackKind,
    timeline::Timeline,
};
use proptest::prelude::*;

fn source() -> SourceOutput {
    SourceOutput { size_bytes: 1, sha256: "aa".to_owned() }
}

fn uploaded(source: NewSource) -> Video {
    let new = NewVideo {
        stream_id: StreamId::vod([1; 6]),
        title: "T".to_owned(),
        uploader: "anybody".to_owned(),
        resolution: String::new(),
        duration_seconds: 0.0,
        audio_track_id: None,
        source,
    };
    Video::uploaded(new, Timestamp::from_millis(0))
}

fn media() -> MediaInfo {
    let rate = Rate::new(25, 1).unwrap();
    let timeline = Timeline {
        start_us: 0,
        end_us: 20_000_000,
        frames: 500,
        rate,
        constant: true,
        longest_gap_us: 40_000,
        untimed: None,
        keyframes: Vec::new(),
    };
    let video = VideoTrack {
        stream_index: 0,
        codec: "h264".to_owned(),
        width: 64,
        height: 36,
        interlaced: false,
        high_dynamic_range: false,
        timeline,
    };
    MediaInfo {
        container: "mov".to_owned(),
        indexed: true,
        video: Some(video),
        audio: Vec::new(),
        subtitles: Vec::new(),
        declared_us: None,
        mended: Vec::new(),
        notes: Vec::new(),
    }
}

fn outputs(init: &str) -> Outputs {
    let segment = SegmentOutput {
        index: 0,
        size_bytes: 1000,
        sha256: "bb".to_owned(),
        duration_us: 4_000_000,
        keyframes: Vec::new(),
    };
    let track = TrackOutput {
        rendition: "144p".to_owned(),
        kind: TrackKind::Media,
        init_sha256: Some(init.to_owned()),
        segments: vec![segment],
    };
    Outputs { epoch: 1, encode_ms: 1, tracks: vec![track], source: None }
}

#[derive(Debug, Clone)]
enum Step {
    BeginSource,
    SourceMade,
    Begin,
    Plan,
    Inits(bool),
    Part(u32),
    GiveUp(bool),
    Revive,
    Delete,
}

fn apply(video: Video, step: &Step, now: Timestamp) -> Result<Video, VideoRefusal> {
    match *step {
        Step::BeginSource => video.begin_source(),
        Step::SourceMade => video.source_made(&source(), now),
        Step::Begin => video.begin_processing(now),
        Step::Plan => {
            let media = media();
            let plan = plan::for_source(&media).unwrap();
            video.planned(media, plan, now)
        }
        Step::Inits(same) => video.with_inits(&outputs(if same { "one" } else { "other" })),
        Step::Part(position) => video.part_done(position, &outputs("one"), now),
        Step::GiveUp(failed) => {
            let code = if failed { RejectionCode::EncodeFailed } else { RejectionCode::NotMedia };
            video.give_up(Rejection::new(code, "x"), now)
        }
        Step::Revive => video.revive(now),
        Step::Delete => video.delete(now),
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        1 => Just(Step::BeginSource),
        2 => Just(Step::SourceMade),
        3 => Just(Step::Begin),
        3 => Just(Step::Plan),
        1 => any::<bool>().prop_map(Step::Inits),
        8 => (0u32..5).prop_map(Step::Part),
        1 => any::<bool>().prop_map(Step::GiveUp),
        1 => Just(Step::Revive),
        1 => Just(Step::Delete),
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    /// Whatever happens in whatever order: only legal transitions, `deleted` is final, progress never falls, `ready` means
    /// that every part is done, and whoever deals with an upload need not be told of it again.
    #[test]
    fn invariants_hold(steps in steps(), card: bool) {
        let test_card = TestSource { width: 64, height: 36, duration_ms: 1000 };
        let new = if card {
            NewSource::TestCard { card: test_card, claimed_bytes: 0 }
        } else {
            NewSource::Stored(source())
        };
        let mut video = uploaded(new);
        for (second, step) in (0i64..).zip(&steps) {
            let before = video.clone();
            let Ok(after) = apply(video.clone(), step, Timestamp::from_millis(second * 1000)) else { continue };
            prop_assert!(after.status == before.status || before.status.next().contains(&after.status));
            prop_assert!(before.status != VideoStatus::Deleted);
            prop_assert!(after.progress_percent >= before.progress_percent);
            if after.status == VideoStatus::Ready {
                prop_assert_eq!(after.parts_done.len(), after.plan.as_ref().unwrap().part_count());
                prop_assert!(after.playable_at.is_some() && after.processing_latency_ms.is_some());
            }
            prop_assert!(!matches!(step, Step::BeginSource | Step::Begin) || !tells_of_upload(&after));
            video = after;
        }
    }
}

fn tells_of_upload(video: &Video) -> bool {
    video.outbox.events.iter().any(|outgoing| matches!(outgoing.event.event, Event::Uploaded(_)))
}

#[test]
fn another_initialization_segment_is_refused() {
    let now = Timestamp::from_millis(0);
    let media = media();
    let plan = plan::for_source(&media).unwrap();
    let video = uploaded(NewSource::Stored(source())).begin_processing(now).unwrap();
    let video = video.planned(media, plan, now).unwrap().with_inits(&outputs("one")).unwrap();
    assert_eq!(video.clone().with_inits(&outputs("one")), Err(VideoRefusal::Already));
    assert!(matches!(video.with_inits(&outputs("other")), Err(VideoRefusal::InitDiffers { .. })));
}
