//! Where a video stands, and what it may become.

use serde::{Deserialize, Serialize};

/// Where a video stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VideoStatus {
    /// Its source is stored, or waits to be made.
    Uploaded,
    /// Its source is being looked into.
    Processing,
    /// It is planned, can be played, and is being encoded.
    Transcoding,
    /// All of it is encoded.
    Ready,
    /// A part of it could not be encoded.
    Failed,
    /// Its source was refused.
    Rejected,
    /// It was removed; only this is left.
    Deleted,
}

impl VideoStatus {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::Uploaded,
        Self::Processing,
        Self::Transcoding,
        Self::Ready,
        Self::Failed,
        Self::Rejected,
        Self::Deleted,
    ];

    /// The status as documents and answers write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Processing => "processing",
            Self::Transcoding => "transcoding",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Deleted => "deleted",
        }
    }

    /// What it may become.
    #[must_use]
    pub fn next(self) -> &'static [Self] {
        match self {
            Self::Uploaded => &[Self::Processing, Self::Rejected, Self::Failed, Self::Deleted],
            Self::Processing => &[Self::Transcoding, Self::Rejected, Self::Failed, Self::Deleted],
            Self::Transcoding => &[Self::Ready, Self::Rejected, Self::Failed, Self::Deleted],
            Self::Failed => &[Self::Uploaded, Self::Transcoding, Self::Deleted],
            Self::Ready | Self::Rejected => &[Self::Deleted],
            Self::Deleted => &[],
        }
    }
}
