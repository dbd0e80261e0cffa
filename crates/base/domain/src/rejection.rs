//! Why a source is refused, in words for the person who uploaded it.

use serde::{Deserialize, Serialize};

/// The stable code of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectionCode {
    /// The bytes are not a media file of a kind that is accepted.
    NotMedia,
    /// It is a media file, but no picture and no sound in it can be decoded.
    NothingDecodes,
    /// So little is left of what it promises that nobody could make anything of it.
    CutShort,
    /// It is protected by encryption or DRM.
    Encrypted,
    /// It uses a codec that cannot be decoded here.
    UnsupportedCodec,
    /// It is longer, larger, faster or has more streams than the limits allow.
    OverLimit,
    /// Looking into it took more time or memory than is allowed.
    TooCostly,
    /// A part of it could not be encoded, however often it was tried.
    EncodeFailed,
}

/// A refusal: a code for programs, a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{text}")]
pub struct Rejection {
    /// What kind of refusal.
    pub code: RejectionCode,
    /// What was wrong, with which value, and what to do.
    pub text: String,
}

impl Rejection {
    /// A refusal with this code and sentence.
    #[must_use]
    pub fn new(code: RejectionCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}
