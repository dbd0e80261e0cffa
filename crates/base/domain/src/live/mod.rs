//! Live streams: their documents, and what is decided about their segments.

mod arrival;
mod decide;
mod places;
mod segment;
mod status;
mod stream;
mod timeline;
mod transition;
mod waiting;

pub use arrival::{Arrival, Bytes, Moment, StoredBytes};
pub use segment::{LateRefusal, Listing, LiveSegmentRecord};
pub use status::StreamStatus;
pub use stream::{Format, NewStream, Stream};
pub use timeline::{Place, Tail, Timeline};
pub use transition::StreamRefusal;
pub use waiting::{MAX_HOLE, Policy, Taken, Waiting};

/// The longest that a segment may be when a stream does not say otherwise, in whole seconds (`EXT-X-TARGETDURATION`).
pub const TARGET_DURATION: u32 = 6;
/// The name of the one rendition that a live stream has.
pub const RENDITION: &str = "live";

#[cfg(test)]
mod tests;
