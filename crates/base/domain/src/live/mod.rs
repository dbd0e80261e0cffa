//! Live streams: their documents, and what is decided about their segments.

mod segment;
mod status;
mod stream;
mod timeline;
mod transition;

pub use segment::{Listing, LiveSegmentRecord};
pub use status::StreamStatus;
pub use stream::{Format, NewStream, Stream};
pub use timeline::{Place, Tail, Timeline};
pub use transition::StreamRefusal;

/// The longest that a segment may be when a stream does not say otherwise, in whole seconds (`EXT-X-TARGETDURATION`).
pub const TARGET_DURATION: u32 = 6;
/// The name of the one rendition that a live stream has.
pub const RENDITION: &str = "live";
