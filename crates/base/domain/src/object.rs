//! Where every object lives: one variant per kind of object, which knows its bucket, path, type and cache policy.
//!
//! No path is put together anywhere else, and none from a user's text.

use crate::{JobId, StreamId};
use std::fmt;

/// A bucket; its real name is a setting of the store that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Bucket {
    /// Sources as they were uploaded.
    VodRaw,
    /// What was encoded from them.
    VodVariants,
    /// Live segments.
    Live,
    /// An archive of finished playlists.
    Manifests,
}

impl Bucket {
    /// Every bucket.
    pub const ALL: [Self; 4] = [Self::VodRaw, Self::VodVariants, Self::Live, Self::Manifests];

    /// The bucket's default name, which is also its name in paths that people read.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::VodRaw => "vod-raw",
            Self::VodVariants => "vod-variants",
            Self::Live => "live-streams",
            Self::Manifests => "manifests",
        }
    }
}

/// The key of one object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ObjectKey {
    /// A source, byte for byte as it was uploaded.
    Source {
        /// Its video.
        stream: StreamId,
    },
    /// The initialization segment of a rendition: named by its content, for it must be the same from every chunk.
    Init {
        /// Its video.
        stream: StreamId,
        /// The rendition's name, from the plan.
        rendition: String,
        /// The SHA-256 of its bytes, lower-case hex.
        sha256: String,
    },
    /// A media segment as one attempt made it.
    Segment {
        /// Its video.
        stream: StreamId,
        /// The rendition's name, from the plan.
        rendition: String,
        /// The epoch of the lease under which it was made: a stale worker cannot touch what is published.
        epoch: u32,
        /// Its number in the presentation.
        index: u32,
    },
    /// A segment of subtitles as one attempt made it.
    Subtitles {
        /// Its video.
        stream: StreamId,
        /// The rendition's name, from the plan.
        rendition: String,
        /// The epoch of the lease under which it was made.
        epoch: u32,
        /// Its number in the presentation.
        index: u32,
    },
    /// A still picture as one attempt made it.
    Still {
        /// Its video.
        stream: StreamId,
        /// What it belongs to: the poster, or the storyboard.
        rendition: String,
        /// The epoch of the lease under which it was made.
        epoch: u32,
        /// Its number.
        index: u32,
    },
    /// What one attempt at a job made, written after all of it: a later attempt that finds it need not encode again.
    Outputs {
        /// The job's video.
        stream: StreamId,
        /// The job.
        job: JobId,
        /// The epoch of the attempt.
        epoch: u32,
    },
    /// A live segment, as its encoder sent it.
    LiveSegment {
        /// Its stream.
        stream: StreamId,
        /// Its number in the stream.
        number: u32,
    },
    /// The playlist of a live stream's whole recording, as it is served.
    Recording {
        /// Its stream.
        stream: StreamId,
    },
    /// A live stream's playlist, archived.
    LivePlaylist {
        /// Its stream.
        stream: StreamId,
    },
    /// The multivariant playlist, archived.
    Master {
        /// Its video.
        stream: StreamId,
    },
    /// A rendition's playlist, archived.
    Playlist {
        /// Its video.
        stream: StreamId,
        /// The rendition's name, from the plan.
        rendition: String,
    },
}

/// How long caches may keep an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CachePolicy {
    /// The bytes behind the key never change.
    Immutable,
    /// To be asked for again each time.
    NoCache,
}

impl CachePolicy {
    /// The value of `Cache-Control`.
    #[must_use]
    pub fn header(self) -> &'static str {
        match self {
            Self::Immutable => "public, max-age=31536000, immutable",
            Self::NoCache => "no-cache",
        }
    }
}

impl ObjectKey {
    /// The bucket that holds it.
    #[must_use]
    pub fn bucket(&self) -> Bucket {
        match self {
            Self::Source { .. } => Bucket::VodRaw,
            Self::Init { .. }
            | Self::Segment { .. }
            | Self::Subtitles { .. }
            | Self::Still { .. }
            | Self::Outputs { .. } => Bucket::VodVariants,
            Self::LiveSegment { .. } | Self::Recording { .. } => Bucket::Live,
            Self::LivePlaylist { .. } | Self::Master { .. } | Self::Playlist { .. } => Bucket::Manifests,
        }
    }

    /// The path within the bucket, without a leading slash.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Source { stream } => format!("{stream}/source"),
            Self::Init { stream, rendition, sha256 } => {
                format!("{stream}/{rendition}/init-{}.mp4", &sha256[..16.min(sha256.len())])
            }
            Self::Segment { stream, rendition, epoch, index } => {
                format!("{stream}/{rendition}/{epoch}/{index:06}.m4s")
            }
            Self::Subtitles { stream, rendition, epoch, index } => {
                format!("{stream}/{rendition}/{epoch}/{index:06}.vtt")
            }
            Self::Still { stream, rendition, epoch, index } => {
                format!("{stream}/{rendition}/{epoch}/{index:06}.jpg")
            }
            Self::Outputs { stream, job, epoch } => format!("{stream}/outputs/{job}-{epoch}.json"),
            Self::LiveSegment { stream, number } => format!("{stream}/chunks/{number}.ts"),
            Self::Recording { stream } => format!("{stream}/recording.m3u8"),
            Self::LivePlaylist { stream } => format!("{stream}/live_manifest.m3u8"),
            Self::Master { stream } => format!("{stream}/vod_manifest.m3u8"),
            Self::Playlist { stream, rendition } => format!("{stream}/{rendition}.m3u8"),
        }
    }

    /// The media type it is stored and served with: fixed by its kind, whatever its bytes claim.
    #[must_use]
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::Source { .. } => "application/octet-stream",
            Self::Init { .. } | Self::Segment { .. } => "video/mp4",
            Self::Subtitles { .. } => "text/vtt; charset=utf-8",
            Self::Still { .. } => "image/jpeg",
            Self::Outputs { .. } => "application/json",
            Self::LiveSegment { .. } => "video/mp2t",
            Self::Recording { .. }
            | Self::LivePlaylist { .. }
            | Self::Master { .. }
            | Self::Playlist { .. } => "application/vnd.apple.mpegurl",
        }
    }

    /// How long caches may keep it.
    #[must_use]
    pub fn cache_policy(&self) -> CachePolicy {
        match self {
            Self::Init { .. }
            | Self::Segment { .. }
            | Self::Subtitles { .. }
            | Self::Still { .. }
            | Self::LiveSegment { .. } => CachePolicy::Immutable,
            _ => CachePolicy::NoCache,
        }
    }
}

impl fmt::Display for ObjectKey {
    /// `/bucket/path`, as people and archived playlists write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/{}", self.bucket().name(), self.path())
    }
}

/// All objects of one bucket whose path begins with one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix {
    /// The bucket.
    pub bucket: Bucket,
    /// What the path begins with: empty, or a folder with its slash.
    pub path: String,
}

impl Prefix {
    /// Everything in a bucket.
    #[must_use]
    pub fn bucket(bucket: Bucket) -> Self {
        Self { bucket, path: String::new() }
    }

    /// Everything of one video or live stream in a bucket.
    #[must_use]
    pub fn stream(bucket: Bucket, stream: &StreamId) -> Self {
        Self { bucket, path: format!("{stream}/") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_as_documented() {
        let stream = StreamId::vod([0xab; 6]);
        let segment =
            ObjectKey::Segment { stream: stream.clone(), rendition: "720p".to_owned(), epoch: 2, index: 7 };
        assert_eq!(segment.to_string(), "/vod-variants/vod-abababababab/720p/2/000007.m4s");
        assert_eq!(
            ObjectKey::Source { stream: stream.clone() }.to_string(),
            "/vod-raw/vod-abababababab/source"
        );
        let live = ObjectKey::LiveSegment { stream: StreamId::live([0xab; 5]), number: 7 };
        assert_eq!(live.to_string(), "/live-streams/live-ababababab/chunks/7.ts");
        let live = ObjectKey::LivePlaylist { stream: StreamId::live([0xab; 5]) };
        assert_eq!(live.to_string(), "/manifests/live-ababababab/live_manifest.m3u8");
        assert_eq!(ObjectKey::Master { stream }.to_string(), "/manifests/vod-abababababab/vod_manifest.m3u8");
    }
}
