//! What is said about a source that is accepted: what of it does not come out, in words for the person who uploaded it.

use serde::{Deserialize, Serialize};

/// The stable code of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteCode {
    /// Subtitles that are pictures, or of a kind that cannot be read, are left out.
    SubtitlesLeftOut,
    /// A sound track is left out.
    SoundLeftOut,
    /// The file ends before the length that it promises; what is there is kept.
    CutShort,
}

/// A note: a code for programs, a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What kind of note.
    pub code: NoteCode,
    /// What is left out, with which value, and what to do.
    pub text: String,
}

impl Note {
    /// A note with this code and sentence.
    #[must_use]
    pub fn new(code: NoteCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}
