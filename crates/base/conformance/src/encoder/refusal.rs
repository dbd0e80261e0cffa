//! What is refused, and that nothing but the source is ever read.

use super::{media::planned, source::Sources};
use domain::rejection::RejectionCode;
use ports::{Encoded, Encoder, MediaError, Progress, Source, Urgency};
use std::path::Path;

async fn code(encoder: &dyn Encoder, path: &Path) -> RejectionCode {
    match encoder.probe(&Source::File(path.to_owned())).await {
        Err(MediaError::Rejected(rejection)) => {
            let text = &rejection.text;
            assert!(text.ends_with('.') && text.len() > 30, "no sentence: {text}");
            assert!(!text.contains('/'), "a path in {text}");
            rejection.code
        }
        other => panic!("{}: {other:?}", path.display()),
    }
}

/// Text, noise, playlists and the beginning of a movie are no media, whatever they are called.
pub async fn what_is_no_media_is_refused(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let movie = sources.counted("movie.mp4", "30", 1, "");
    let movie = std::fs::read(movie).expect("the movie is read");
    // A xorshift: no demuxer knows it.
    let noise: Vec<u8> = std::iter::successors(Some(88_172_645_463_325_252_u64), |x| {
        let x = x ^ (x << 13);
        let x = x ^ (x >> 7);
        Some(x ^ (x << 17))
    })
    .flat_map(u64::to_le_bytes)
    .take(100_000)
    .collect();
    let kinds: [(&str, &[u8]); 9] = [
        ("empty.mp4", b""),
        ("text.mp4", b"It was a dark and stormy night; the rain fell in torrents.\n"),
        ("page.mp4", b"<!DOCTYPE html><html><script>alert(1)</script></html>"),
        ("drawing.mp4", b"<svg xmlns='http://www.w3.org/2000/svg'><rect width='9' height='9'/></svg>"),
        ("noise.mp4", &noise),
        ("playlist.mp4", b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nmovie.mp4\n#EXT-X-ENDLIST\n"),
        ("list.mp4", b"ffconcat version 1.0\nfile movie.mp4\n"),
        (
            "session.mp4",
            b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n",
        ),
        ("cut.mp4", &movie[..movie.len() / 2]),
    ];
    for (name, bytes) in kinds {
        assert_eq!(code(encoder, &sources.written(name, bytes)).await, RejectionCode::NotMedia, "{name}");
    }
}

/// A playlist that is called a movie cannot make the encoder read another file, not even by an order that
/// skips the probe.
pub async fn a_playlist_reads_no_other_file(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let other = sources.counted("other.mp4", "30", 1, "");
    let (info, plan) = planned(encoder, &other).await;
    let target = other.display();
    for (name, text) in [
        (
            "playlist.mp4",
            format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile://{target}\n#EXT-X-ENDLIST\n"),
        ),
        ("list.mp4", format!("ffconcat version 1.0\nfile 'file:{target}'\n")),
    ] {
        let source = sources.written(name, text.as_bytes());
        assert_eq!(code(encoder, &source).await, RejectionCode::NotMedia, "{name}");
        for part in plan.parts(&info) {
            let scratch = sources.scratch();
            let (progress, _) = tokio::sync::watch::channel(Progress::default());
            let source = Source::File(source.clone());
            let made =
                encoder.encode(Some(&source), &part.task, Urgency::Now, scratch.path(), &progress).await;
            // Parts that a video can do without may come without a picture or a word instead of failing.
            let nothing = match &made {
                Ok(Encoded::Tracks(tracks)) => tracks.iter().all(|track| track.segments.is_empty()),
                Ok(Encoded::File(_)) => false,
                Err(_) => true,
            };
            assert!(nothing, "{name}, {}: {made:?}", part.name);
        }
    }
}

/// A missing file is the machine's fault, not the uploader's.
pub async fn a_source_that_is_away_is_not_refused(encoder: &dyn Encoder) {
    let sources = Sources::new();
    let probed = encoder.probe(&Source::File(sources.path("missing.mp4"))).await;
    assert!(matches!(probed, Err(MediaError::Unavailable(_))), "{probed:?}");
}
