//! What segments are, read by this program itself, bit by bit.

mod codec;
mod mp4;

pub(crate) use mp4::{Init, is_fragment};
