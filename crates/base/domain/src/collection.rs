//! The collections of documents and the indexes that queries go by. A store builds exactly these.

/// A collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One document per video.
    Video,
    /// One document per job.
    Job,
    /// One document per live stream.
    Stream,
    /// One document per live segment.
    LiveSegment,
    /// One document per dead letter.
    Letter,
    /// What the whole fleet shares, such as the secret that addresses are signed with.
    Shared,
}

/// A declared index: a query names it, gives values for some of its first fields, and gets documents in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Index {
    /// The collection.
    pub kind: Kind,
    /// The index's name, unique within the collection.
    pub name: &'static str,
    /// Its fields in order: top-level fields that hold texts or numbers. A document that lacks one sorts before those that
    /// have it. Ties are in the order of the documents' ids.
    pub fields: &'static [&'static str],
}

impl Kind {
    /// Every collection.
    pub const ALL: [Self; 6] =
        [Self::Video, Self::Job, Self::Stream, Self::LiveSegment, Self::Letter, Self::Shared];

    /// The collection's name in a store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Video => "vod_metadata",
            Self::Job => "jobs",
            Self::Stream => "live_streams",
            Self::LiveSegment => "live_metadata",
            Self::Letter => "dead_letters",
            Self::Shared => "shared",
        }
    }

    /// The field that repeats the document's id, for people who read the collection.
    #[must_use]
    pub fn id_field(self) -> &'static str {
        match self {
            Self::Video | Self::Stream => "stream_id",
            Self::Job => "job_id",
            Self::LiveSegment => "segment_id",
            Self::Letter => "letter_id",
            Self::Shared => "name",
        }
    }

    /// The collection's indexes.
    #[must_use]
    pub fn indexes(self) -> &'static [Index] {
        match self {
            Self::Video => &VIDEO_INDEXES,
            Self::Job => &JOB_INDEXES,
            Self::Stream => &STREAM_INDEXES,
            Self::LiveSegment => &LIVE_SEGMENT_INDEXES,
            Self::Letter => &LETTER_INDEXES,
            Self::Shared => &[],
        }
    }
}

/// Videos by creation.
pub const VIDEOS_BY_CREATION: Index = VIDEO_INDEXES[0];
/// Videos of one status by creation.
pub const VIDEOS_BY_STATUS: Index = VIDEO_INDEXES[1];
/// Videos whose outbox is not empty, by when it last became so.
pub const VIDEOS_BY_OUTBOX: Index = VIDEO_INDEXES[2];
/// Jobs of one state, by lane and turn: the order in which they are claimed.
pub const JOBS_BY_TURN: Index = JOB_INDEXES[0];
/// Jobs of one state by the newest wish of a viewer.
pub const JOBS_BY_WISH: Index = JOB_INDEXES[1];
/// Jobs of one state by when they may run again.
pub const JOBS_BY_RETURN: Index = JOB_INDEXES[2];
/// Jobs of one state and uploader by turn.
pub const JOBS_BY_UPLOADER: Index = JOB_INDEXES[3];
/// Jobs of one video by state.
pub const JOBS_BY_STREAM: Index = JOB_INDEXES[4];
/// Jobs whose outbox is not empty, by when it last became so.
pub const JOBS_BY_OUTBOX: Index = JOB_INDEXES[5];
/// Jobs of one state by creation.
pub const JOBS_BY_AGE: Index = JOB_INDEXES[6];

/// Live streams by creation.
pub const STREAMS_BY_CREATION: Index = STREAM_INDEXES[0];
/// Live streams of one status by creation.
pub const STREAMS_BY_STATUS: Index = STREAM_INDEXES[1];
/// Live streams whose outbox is not empty, by when it last became so.
pub const STREAMS_BY_OUTBOX: Index = STREAM_INDEXES[2];
/// Segments of one live stream by number.
pub const LIVE_SEGMENTS_BY_NUMBER: Index = LIVE_SEGMENT_INDEXES[0];

/// Dead letters by arrival.
pub const LETTERS_BY_ARRIVAL: Index = LETTER_INDEXES[0];
/// Dead letters of one status by arrival.
pub const LETTERS_BY_STATUS: Index = LETTER_INDEXES[1];

const VIDEO_INDEXES: [Index; 3] = [
    Index { kind: Kind::Video, name: "creation", fields: &["created_at"] },
    Index { kind: Kind::Video, name: "status", fields: &["status", "created_at"] },
    Index { kind: Kind::Video, name: "outbox", fields: &["outbox_since"] },
];

const JOB_INDEXES: [Index; 7] = [
    Index { kind: Kind::Job, name: "turn", fields: &["state", "lane", "turn"] },
    Index { kind: Kind::Job, name: "wish", fields: &["state", "wanted_at"] },
    Index { kind: Kind::Job, name: "return", fields: &["state", "not_before"] },
    Index { kind: Kind::Job, name: "uploader", fields: &["state", "uploader", "turn"] },
    Index { kind: Kind::Job, name: "stream", fields: &["stream_id", "state"] },
    Index { kind: Kind::Job, name: "outbox", fields: &["outbox_since"] },
    Index { kind: Kind::Job, name: "age", fields: &["state", "created_at"] },
];

const STREAM_INDEXES: [Index; 3] = [
    Index { kind: Kind::Stream, name: "creation", fields: &["created_at"] },
    Index { kind: Kind::Stream, name: "status", fields: &["status", "created_at"] },
    Index { kind: Kind::Stream, name: "outbox", fields: &["outbox_since"] },
];

const LIVE_SEGMENT_INDEXES: [Index; 1] =
    [Index { kind: Kind::LiveSegment, name: "number", fields: &["stream_id", "chunk_index"] }];

const LETTER_INDEXES: [Index; 2] = [
    Index { kind: Kind::Letter, name: "arrival", fields: &["parked_at"] },
    Index { kind: Kind::Letter, name: "status", fields: &["status", "parked_at"] },
];
