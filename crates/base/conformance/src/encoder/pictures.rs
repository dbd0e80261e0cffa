//! Pictures: every one once, at its place, whatever the source is like.

use super::{
    media::{Presentation, planned},
    source::{Sources, counter, ffmpeg},
};
use domain::task::{EncodeTask, TestSourceTask};
use ports::{Encoded, EncodedTrack, Encoder, Progress, Source, Urgency};

const NTSC: &str = "30000/1001";

async fn tiles_every_frame(encoder: &dyn Encoder, name: &str) {
    let sources = Sources::new();
    let source = sources.counted(name, NTSC, 13, "");
    let whole = Presentation::of(encoder, &sources, &source).await;
    assert!(whole.plan.grid.chunk_count() >= 3);
    // 13 s at 29.97 are 389.6 pictures; ffmpeg makes the one that has begun.
    assert_eq!(whole.numbers("240p"), (0..390).collect::<Vec<_>>());
}

/// B-frames, long GOPs and 29.97 pictures per second: no picture is lost, doubled or moved at the joins.
pub async fn chunks_tile_every_frame_of_an_mp4(encoder: &dyn Encoder) {
    tiles_every_frame(encoder, "counted.mp4").await;
}

/// Times that are rounded to milliseconds move no picture.
pub async fn chunks_tile_every_frame_of_a_matroska(encoder: &dyn Encoder) {
    tiles_every_frame(encoder, "counted.mkv").await;
}

/// A clock that begins at 1.4 s, and no index to seek by.
pub async fn chunks_tile_every_frame_of_a_transport_stream(encoder: &dyn Encoder) {
    tiles_every_frame(encoder, "counted.ts").await;
}

/// Where a source of variable rate has no picture, the one before it is still showing, across joins too.
pub async fn a_hole_shows_the_picture_before_it(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let whole = sources.counted("whole.mp4", "30", 10, "");
    let source = sources.path("hole.mkv");
    let outputs = "-vf select='not(between(n,100,160))' -fps_mode vfr -c:v libx264 -preset ultrafast -an";
    let whole = ["-i", whole.to_str().expect("a path of text")];
    ffmpeg(whole.into_iter().chain(outputs.split(' ')), &source);
    let presentation = Presentation::of(encoder, &sources, &source).await;
    let expected: Vec<u64> = (0..300).map(|at| if (100..=160).contains(&at) { 99 } else { at }).collect();
    assert_eq!(presentation.numbers("240p"), expected);
}

/// 60 pictures per second go to large renditions only; smaller ones get every second picture.
pub async fn a_fast_source_is_halved_where_the_ladder_says_so(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let source = sources.counted("fast.mp4", "60", 5, "");
    let presentation = Presentation::of(encoder, &sources, &source).await;
    assert_eq!(presentation.plan.renditions[0].divisor, 2);
    assert_eq!(presentation.numbers("240p"), (0..300).step_by(2).collect::<Vec<_>>());
}

/// A picture every three seconds: each one is a GOP.
pub async fn a_slow_source_has_a_keyframe_each_time(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let source = sources.counted("slow.mp4", "1/3", 30, "");
    let presentation = Presentation::of(encoder, &sources, &source).await;
    assert_eq!(presentation.numbers("240p"), (0..10).collect::<Vec<_>>());
}

/// What a plan promised is kept when the source turns out to be cut: the last picture is held.
pub async fn a_cut_source_still_gives_every_promised_frame(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let source = sources.counted("counted.mkv", NTSC, 13, "");
    let (info, plan) = planned(encoder, &source).await;
    let bytes = std::fs::read(&source).expect("the source is read");
    let cut = sources.written("cut.mkv", &bytes[..bytes.len() / 3]);
    let numbers = Presentation::by(encoder, &sources, &cut, info, plan).await.numbers("240p");
    let whole = numbers.iter().zip(0..).take_while(|(number, at)| **number == *at).count();
    assert!((60..200).contains(&whole), "{whole} pictures are whole");
    assert_eq!(numbers.len(), 390);
    assert!(numbers[whole + 5..].iter().all(|number| *number == numbers[389]), "{numbers:?}");
}

/// A size that changes on the way changes neither the count of pictures nor their places.
pub async fn a_chunk_of_another_shape_in_the_middle_keeps_its_count(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let part = |name: &str, scale: &str| {
        let outputs = format!("-vf {scale} -t 2 -c:v libx264 -preset ultrafast -bf 0 -an");
        sources.made(name, &[&counter("30")], &outputs)
    };
    let (first, second) = (part("first.ts", "scale=320:180"), part("second.ts", "scale=160:90"));
    let joined = [first, second].map(|path| std::fs::read(path).expect("a part is read")).concat();
    let raw = sources.written("joined.ts", &joined);
    let source = sources.path("joined.mkv");
    // The second clock begins where the first one ends.
    ffmpeg(["-i", raw.to_str().expect("a path of text"), "-c", "copy"], &source);
    let presentation = Presentation::of(encoder, &sources, &source).await;
    let expected: Vec<u64> = (0..60).chain(0..60).collect();
    assert_eq!(presentation.numbers("240p"), expected);
}

/// A test card is a source like any other.
pub async fn a_test_source_has_picture_and_sound(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let scratch = sources.scratch();
    let (progress, _) = tokio::sync::watch::channel(Progress::default());
    let task = EncodeTask::TestSource(TestSourceTask { width: 320, height: 180, duration_ms: 2_500 });
    let made = encoder.encode(None, &task, Urgency::Background, scratch.path(), &progress).await;
    let Ok(Encoded::File(path)) = made else { panic!("{made:?}") };
    assert!(path.starts_with(scratch.path()));
    let info = encoder.probe(&Source::File(path)).await.expect("it is accepted");
    let video = info.video.expect("it has pictures");
    assert_eq!((video.width, video.height, video.timeline.frames), (320, 180, 75));
    let sound = info.audio.first().expect("it has sound");
    assert!((sound.end_us - 2_500_000).abs() < 50_000, "{sound:?}");
}

/// The last word about progress is all of it.
pub async fn progress_reaches_the_end(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let source = sources.counted("counted.mp4", "30", 3, "");
    let (info, plan) = planned(encoder, &source).await;
    for part in plan.parts(&info) {
        let scratch = sources.scratch();
        let (progress, seen) = tokio::sync::watch::channel(Progress::default());
        let from = Source::File(source.clone());
        let made = encoder.encode(Some(&from), &part.task, Urgency::Now, scratch.path(), &progress).await;
        let Ok(Encoded::Tracks(tracks)) = made else { panic!("{made:?}") };
        let length = |track: &EncodedTrack| track.segments.iter().map(|segment| segment.duration_us).sum();
        // A poster is one picture beside a storyboard of all of the video.
        let whole: Option<u64> = tracks.iter().map(length).max();
        assert_eq!(Some(seen.borrow().done_us), whole, "{}", part.name);
    }
}
