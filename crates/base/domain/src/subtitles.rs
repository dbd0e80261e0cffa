//! Subtitle renditions: how the text tracks of a source are offered to viewers.

use crate::media::SubtitleTrack;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A subtitle rendition, decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubtitleRendition {
    /// Its name: a folder in keys and addresses, such as `subtitles-0`.
    pub name: String,
    /// The track's number in the container.
    pub stream_index: u32,
    /// What viewers read in a menu; no other subtitles of the video have it.
    pub label: String,
    /// The language as tagged, if known.
    pub language: Option<String>,
    /// Shown unless the viewer says otherwise; at most one of them.
    pub default: bool,
    /// Players may take it by the viewer's settings: nothing before it fits the same ones.
    pub automatic: bool,
    /// Only what has to be read to follow the film.
    pub forced: bool,
    /// It tells sounds too.
    pub hearing_impaired: bool,
}

/// The longest label, in characters.
const LABEL: usize = 60;

/// The renditions of these tracks, in their order.
#[must_use]
pub fn renditions(tracks: &[SubtitleTrack]) -> Vec<SubtitleRendition> {
    let default = tracks.iter().position(|track| track.default);
    let mut labels = BTreeSet::new();
    // What is shown by default is what the viewer's settings find, too.
    let mut kinds: BTreeSet<_> = default.map(|number| kind(&tracks[number])).into_iter().collect();
    let mut made = Vec::with_capacity(tracks.len());
    for (number, track) in tracks.iter().enumerate() {
        let is_default = default == Some(number);
        made.push(SubtitleRendition {
            name: format!("subtitles-{number}"),
            stream_index: track.stream_index,
            label: unused(label(track, number + 1), &mut labels),
            language: track.language.clone(),
            default: is_default,
            automatic: is_default || kinds.insert(kind(track)),
            forced: track.forced,
            hearing_impaired: track.hearing_impaired,
        });
    }
    made
}

/// What players choose by.
fn kind(track: &SubtitleTrack) -> (Option<&str>, bool, bool) {
    (track.language.as_deref(), track.forced, track.hearing_impaired)
}

fn label(track: &SubtitleTrack, number: usize) -> String {
    let title = track.title.as_deref().map(|title| title.trim().chars().take(LABEL).collect::<String>());
    let title = title.filter(|title| !title.is_empty());
    title.or_else(|| track.language.clone()).unwrap_or_else(|| format!("Subtitles {number}"))
}

/// The label, or the first of its numbered forms that nobody has.
fn unused(label: String, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|number: u32| format!("{label} ({number})"));
    let free = std::iter::once(label.clone()).chain(numbered).find(|label| !taken.contains(label));
    let free = free.unwrap_or(label);
    taken.insert(free.clone());
    free
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn track() -> impl Strategy<Value = SubtitleTrack> {
        let language = prop::option::of(prop::sample::select(vec!["eng".to_owned(), "deu".to_owned()]));
        let title = prop::option::of(prop::sample::select(vec![
            String::new(),
            "eng".to_owned(),
            "eng (2)".to_owned(),
        ]));
        (language, title, any::<[bool; 3]>()).prop_map(
            |(language, title, [default, forced, hearing_impaired])| SubtitleTrack {
                stream_index: 0,
                codec: "ass".to_owned(),
                language,
                title,
                default,
                forced,
                hearing_impaired,
            },
        )
    }

    proptest! {
        #[test]
        fn labels_differ_and_one_is_default(tracks in prop::collection::vec(track(), 0..9)) {
            let made = renditions(&tracks);
            let labels: BTreeSet<_> = made.iter().map(|rendition| &rendition.label).collect();
            prop_assert_eq!(labels.len(), tracks.len());
            let default = usize::from(tracks.iter().any(|track| track.default));
            prop_assert_eq!(made.iter().filter(|rendition| rendition.default).count(), default);
            prop_assert!(made.iter().all(|rendition| rendition.automatic || !rendition.default));
            prop_assert!(made.iter().all(|rendition| !rendition.label.trim().is_empty()));
        }
    }
}
