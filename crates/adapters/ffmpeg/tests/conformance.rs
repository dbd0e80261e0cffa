//! The promises of encoders, kept by ffmpeg.

use ffmpeg::{Ffmpeg, FfmpegConfig};
use std::path::PathBuf;

async fn open() -> Option<(Box<Ffmpeg>, ())> {
    let program = |name: &str| {
        let path = std::env::var_os("PATH").expect("a path to look for programs in");
        std::env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
            .unwrap_or_else(|| PathBuf::from(name))
    };
    Some((Box::new(Ffmpeg::new(FfmpegConfig::new(program("ffmpeg"), program("ffprobe")))), ()))
}

conformance::encoder!(open);
