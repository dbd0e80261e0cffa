//! What an upload may say of itself, checked.

use crate::problem::{Code, Problem};
use domain::{StreamId, video::claimed_resolution};
use serde::Deserialize;
use utoipa::IntoParams;

/// Checked fields of an upload.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Fields {
    pub(super) title: String,
    pub(super) resolution: String,
    pub(super) duration_seconds: f64,
    pub(super) audio_track_id: Option<String>,
    pub(super) stream_id: Option<StreamId>,
}

/// What a raw upload says in its address.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RawQuery {
    /// The title of a raw upload; `Untitled` unless given.
    pub(super) title: Option<String>,
    /// The id that a raw upload is to have, if it is free.
    pub(super) stream_id: Option<String>,
}

/// The longest title, in characters.
const TITLE_CHARS: usize = 300;
const TRACK_ID_CHARS: usize = 100;

/// A title fit to be shown: control characters, which could forge lines elsewhere, become spaces.
pub(super) fn title(text: &str) -> Result<String, Problem> {
    if text.chars().count() > TITLE_CHARS {
        return Err(Problem::new(
            Code::InvalidField,
            format!("title has more than {TITLE_CHARS} characters."),
        ));
    }
    let cleaned: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let cleaned = cleaned.trim();
    Ok(if cleaned.is_empty() { "Untitled".to_owned() } else { cleaned.to_owned() })
}

/// A title from a file's name: without its folders and its extension.
pub(super) fn title_of_file(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem });
    let short: String = stem.chars().take(TITLE_CHARS).collect();
    title(&short).unwrap_or_else(|_| "Untitled".to_owned())
}

/// An id that the uploader chose: of the form of every video's id, so that it may be part of a key.
pub(super) fn stream_id(text: &str) -> Result<StreamId, Problem> {
    let parsed = text.parse::<StreamId>().ok().filter(|id| id.as_str().starts_with("vod-"));
    parsed.ok_or_else(|| {
        let shown: String = text.chars().take(64).collect();
        Problem::new(Code::InvalidField, format!("stream_id is {shown:?}; it takes vod- and 12 hex digits."))
    })
}

/// The uploader's name for the sound.
pub(super) fn track_id(text: &str) -> Result<String, Problem> {
    if text.chars().count() > TRACK_ID_CHARS || text.chars().any(char::is_control) {
        let detail =
            format!("audio_track_id takes at most {TRACK_ID_CHARS} characters and no control characters.");
        return Err(Problem::new(Code::InvalidField, detail));
    }
    Ok(text.to_owned())
}

/// A resolution such as `1920x1080`.
pub(super) fn resolution(text: &str) -> Result<(u32, u32), Problem> {
    claimed_resolution(text).ok_or_else(|| {
        let shown: String = text.chars().take(64).collect();
        Problem::new(
            Code::InvalidField,
            format!("resolution is {shown:?}; it takes WIDTHxHEIGHT, such as 1920x1080."),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_cannot_forge_lines() {
        assert_eq!(title("a\n#EXT-X-KEY\u{0}b").unwrap(), "a #EXT-X-KEY b");
        assert_eq!(title(" \t ").unwrap(), "Untitled");
        assert!(title(&"x".repeat(10_000)).is_err());
    }

    #[test]
    fn titles_of_files() {
        assert_eq!(title_of_file("../../etc/My film.mp4"), "My film");
        assert_eq!(title_of_file("C:\\x\\.mp4"), ".mp4");
        assert_eq!(title_of_file(""), "Untitled");
    }

    #[test]
    fn ids_are_never_paths() {
        for bad in ["../x", "live-0123456789", "vod-", "{\"$ne\":null}"] {
            assert!(stream_id(bad).is_err(), "{bad}");
        }
    }
}
