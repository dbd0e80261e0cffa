//! What the producer shows: drawn, encoded once, and cut from a loop at any time.

mod captions;
mod grid;
mod material;
mod reel;

pub(crate) use grid::{CELLS_PER_SECOND, Span, cell_at, millis};
pub(crate) use material::{Episode, SIZE, Studio};
pub(crate) use reel::Reel;
