//! A segment as it arrives: what its event says, and whether its bytes are there.

use crate::{Timestamp, event::LiveSegment};
use std::time::Duration;

/// A segment's event, with what the object store has to say about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// What the event says.
    pub segment: LiveSegment,
    /// When the event was caused.
    pub event_at: Timestamp,
    /// Whether its bytes are there.
    pub bytes: Bytes,
}

/// Whether a segment's bytes are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bytes {
    /// They are, and they are what the event says.
    Intact,
    /// They are others, or not there; the encoder may send them again.
    Wrong,
    /// They were never stored, and nobody will: an event of the original's producer.
    Never,
}

/// What the object store knows of a stored segment without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBytes {
    /// Its size.
    pub size_bytes: u64,
    /// Its SHA-256, lower-case hex, where the store keeps it.
    pub sha256: Option<String>,
    /// What changes with its bytes: their MD5, in most stores.
    pub etag: String,
}

/// When a decision is made, by two clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The time of day, for documents.
    pub wall: Timestamp,
    /// The owner's own steady clock, for waiting: never compared with another machine's.
    pub steady: Duration,
}

const SHA256_DIGITS: usize = 64;
const MD5_DIGITS: usize = 32;

impl Bytes {
    /// Compares an event with what is stored under its key.
    #[must_use]
    pub fn compare(segment: &LiveSegment, stored: Option<&StoredBytes>) -> Self {
        let checksum = segment.checksum.to_ascii_lowercase();
        let Some(stored) = stored else {
            return if checksum.len() == SHA256_DIGITS { Self::Wrong } else { Self::Never };
        };
        let intact = match (checksum.len(), &stored.sha256) {
            (SHA256_DIGITS, Some(sha256)) => checksum == *sha256,
            (MD5_DIGITS, _) if stored.etag.len() == MD5_DIGITS => checksum == stored.etag,
            // The store cannot tell: an upload that was cut off would not be there at all.
            _ => segment.size_bytes == stored.size_bytes,
        };
        if intact { Self::Intact } else { Self::Wrong }
    }
}

impl Arrival {
    /// The segment's number.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.segment.sequence_number
    }

    /// When its first picture was, in microseconds since the Unix epoch, as far as its event says.
    #[must_use]
    pub fn starts_at_us(&self) -> i64 {
        let micros = |time: Timestamp| time.as_millis().saturating_mul(1000);
        let published = || micros(self.event_at).saturating_sub_unsigned(self.segment.duration_us());
        self.segment.program_date_time.map_or_else(published, micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{StreamId, live::tests::segment};

    fn stored(size_bytes: u64, sha256: Option<&str>, etag: &str) -> StoredBytes {
        StoredBytes { size_bytes, sha256: sha256.map(str::to_owned), etag: etag.to_owned() }
    }

    #[test]
    fn bytes_are_compared_with_what_the_store_knows() {
        let (sha, other) = ("a".repeat(64), "b".repeat(64));
        let md5 = "c".repeat(32);
        let of = |checksum: &str| LiveSegment {
            checksum: checksum.to_owned(),
            size_bytes: 7,
            ..segment(&StreamId::live([1; 5]), 0)
        };
        for (checksum, stored, expected) in [
            (&sha, None, Bytes::Wrong),
            (&md5, None, Bytes::Never),
            (&sha, Some(stored(7, Some(&sha), "")), Bytes::Intact),
            (&sha.to_uppercase(), Some(stored(7, Some(&sha), "")), Bytes::Intact),
            (&sha, Some(stored(7, Some(&other), "")), Bytes::Wrong),
            (&sha, Some(stored(7, None, &md5)), Bytes::Intact),
            (&sha, Some(stored(8, None, &md5)), Bytes::Wrong),
            (&md5, Some(stored(7, Some(&sha), &md5)), Bytes::Intact),
            (&md5, Some(stored(7, Some(&sha), &"d".repeat(32))), Bytes::Wrong),
        ] {
            assert_eq!(Bytes::compare(&of(checksum), stored.as_ref()), expected, "{checksum} {stored:?}");
        }
    }
}
