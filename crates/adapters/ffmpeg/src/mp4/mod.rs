//! Fragmented MP4 (ISO/IEC 14496-12, CMAF): what was written is taken apart and verified, and sound is put together.

mod audio;
mod fragments;
mod shift;
mod verify;

pub(crate) use audio::audio_track;
pub(crate) use verify::video_track;

/// Why a file is not what was promised.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    /// It holds no picture at all.
    #[error("nothing was encoded")]
    Empty,
    /// It is not a fragmented MP4 of one track.
    #[error("the encoder wrote no sound MP4: {0}")]
    Malformed(String),
    /// A value differs from the plan.
    #[error("{what} is {is}, planned is {planned}")]
    Differs {
        /// What differs.
        what: &'static str,
        /// Its value.
        is: String,
        /// The planned value.
        planned: String,
    },
}

impl From<mp4_atom::Error> for Broken {
    fn from(error: mp4_atom::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}
