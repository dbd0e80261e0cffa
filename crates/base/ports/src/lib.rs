//! The traits through which services reach the world. Adapters implement them; services know nothing else.
//!
//! Each has a suite in `conformance`, which says by tests what the words here say.

mod clock;
mod document;
mod encoder;
mod log;
mod object;

pub use clock::{Clock, Monotonic};
pub use document::{
    Cursor, DocumentError, Documents, Inserted, Json, Page, Query, Replaced, Revision, Stored,
};
pub use encoder::{
    Encoded, EncodedFrames, EncodedSegment, EncodedTrack, Encoder, MediaError, Progress, ProgressSink,
    Source, Urgency,
};
pub use log::{
    Committer, Delivery, EventLog, Follower, LogError, Membership, Partition, Position, Received, Record,
    StartAt,
};
pub use object::{
    Body, BodyError, ByteRange, Condition, ObjectError, ObjectMeta, ObjectStore, ObjectStream, Period,
    SignedAddress, Stored as StoredObject,
};
