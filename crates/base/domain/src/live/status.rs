//! Where a live stream stands, and what it may become.

use serde::{Deserialize, Serialize};

/// Where a live stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamStatus {
    /// Segments come, or are awaited.
    Live,
    /// Nothing has come for long.
    Stalled,
    /// Somebody ended it; its last segments are on their way.
    Ending,
    /// Its playlist has ended, and its recording is a video of the same id.
    Vod,
}

impl StreamStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Live, Self::Stalled, Self::Ending, Self::Vod];

    /// The status as documents and answers write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Stalled => "stalled",
            Self::Ending => "ending",
            Self::Vod => "vod",
        }
    }

    /// What it may become.
    #[must_use]
    pub fn next(self) -> &'static [Self] {
        match self {
            Self::Live => &[Self::Stalled, Self::Ending],
            Self::Stalled => &[Self::Live, Self::Ending],
            Self::Ending => &[Self::Vod],
            Self::Vod => &[],
        }
    }
}
