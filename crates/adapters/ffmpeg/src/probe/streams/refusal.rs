//! Why a source is refused for what its headers say, or do not.

use super::super::{rejected, too_costly};
use crate::{
    failure,
    limits::Limits,
    process::{End, Ended},
};
use domain::rejection::RejectionCode;
use ports::MediaError;

pub(super) fn unreadable(ended: Ended, limits: &Limits) -> MediaError {
    match &ended.end {
        End::Exited(status) if status.code().is_some() => {}
        End::Exited(_) => return failure::of(ended, "reading the headers"),
        _ => return too_costly("Reading the file's headers"),
    }
    if failure::out_of_memory(&ended.stderr) && !ended.stderr.contains("max_streams") {
        return too_costly("Reading the file's headers");
    }
    if ended.stderr.contains("max_streams") {
        let limit = limits.streams;
        return rejected(
            RejectionCode::OverLimit,
            format!(
                "The file has more than {limit} streams. \
                 Export it with one picture track and the sound tracks you need."
            ),
        );
    }
    match forbidden_codec(&ended.stderr) {
        Some(codec) => unsupported(&codec),
        None => not_media(),
    }
}

/// ffmpeg's own words: `Codec (name) not on whitelist`.
fn forbidden_codec(stderr: &str) -> Option<String> {
    let (before, _) = stderr.split_once(") not on whitelist")?;
    Some(label(before.rsplit_once("Codec (")?.1))
}

pub(super) fn unsupported(codec: &str) -> MediaError {
    rejected(
        RejectionCode::UnsupportedCodec,
        format!(
            "The file uses a codec that is not supported here ({codec}). \
             Export it as H.264 with AAC and upload that."
        ),
    )
}

/// Letters and digits only: it comes from the file.
pub(super) fn label(name: &str) -> String {
    let label: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(20).collect();
    if label.is_empty() { "unknown".to_owned() } else { label }
}

pub(super) fn not_media() -> MediaError {
    rejected(
        RejectionCode::NotMedia,
        "The file is not a video of a known kind, or its beginning or end is missing. \
         Upload the original video file, \
         such as MP4, MOV, MKV, WebM, AVI or MPEG-TS.",
    )
}
