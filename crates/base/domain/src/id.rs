//! Identifiers: the only strings from outside that may become part of an object key or a document id.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// A text that is not an id of the expected form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not {expected}")]
pub struct InvalidId {
    value: String,
    expected: &'static str,
}

/// A video's or live stream's id: `vod-` and 12 lower-case hex digits, or `live-` and 10.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StreamId(String);

impl StreamId {
    /// The id of a new video, from 6 random bytes.
    #[must_use]
    pub fn vod(random: [u8; 6]) -> Self {
        Self(format!("vod-{}", hex::encode(random)))
    }

    /// The id of a new live stream, from 5 random bytes.
    #[must_use]
    pub fn live(random: [u8; 5]) -> Self {
        Self(format!("live-{}", hex::encode(random)))
    }

    /// The id of the live stream of a match: the same however often the match is started.
    #[must_use]
    pub fn live_of_match(match_id: &str) -> Self {
        Self(format!("live-{}", hex::encode(&Sha256::digest(format!("match\n{match_id}"))[..5])))
    }

    /// Whether it is a live stream's.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.0.starts_with("live-")
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StreamId {
    type Err = InvalidId;

    fn from_str(value: &str) -> Result<Self, InvalidId> {
        let well_formed = value.strip_prefix("vod-").is_some_and(|digits| is_lower_hex(digits, 12))
            || value.strip_prefix("live-").is_some_and(|digits| is_lower_hex(digits, 10));
        if well_formed {
            return Ok(Self(value.to_owned()));
        }
        Err(invalid(value, "a stream id (vod- and 12 hex digits, or live- and 10)"))
    }
}

/// A job's id: 24 hex digits, derived from what the job makes, so that planning twice adds nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobId(String);

impl JobId {
    /// The id of the job that makes `part` of a stream from a source with this SHA-256, by this recipe version.
    #[must_use]
    pub fn derive(stream: &StreamId, source_sha256: &str, recipe: u32, part: &str) -> Self {
        let digest = Sha256::digest(format!("{stream}\n{source_sha256}\n{recipe}\n{part}"));
        Self(hex::encode(&digest[..12]))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for JobId {
    type Err = InvalidId;

    fn from_str(value: &str) -> Result<Self, InvalidId> {
        if is_lower_hex(value, 24) {
            return Ok(Self(value.to_owned()));
        }
        Err(invalid(value, "a job id (24 hex digits)"))
    }
}

/// An event's id: effects happen once for each, however often it is delivered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(String);

impl EventId {
    /// The id of the one event that `subject` causes by reaching `state`: the same however often it is derived.
    #[must_use]
    pub fn derive(subject: &str, state: &str) -> Self {
        Self(hex::encode(&Sha256::digest(format!("{subject}\n{state}"))[..16]))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_lower_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn invalid(value: &str, expected: &'static str) -> InvalidId {
    InvalidId { value: value.chars().take(64).collect(), expected }
}

macro_rules! text_id {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(value: String) -> Result<Self, InvalidId> {
                value.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    )*};
}
text_id!(StreamId, JobId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_ids_parse() {
        assert!("vod-0123456789ab".parse::<StreamId>().is_ok());
        assert!("live-0123456789".parse::<StreamId>().is_ok());
        for bad in [
            "",
            "vod-",
            "vod-0123456789AB",
            "vod-0123456789a",
            "live-0123456789ab",
            "../../etc",
            "vod-0123456789ag",
        ] {
            assert!(bad.parse::<StreamId>().is_err(), "{bad:?} parsed");
        }
    }

    #[test]
    fn a_job_id_depends_on_each_part() {
        let stream = StreamId::vod([1; 6]);
        let id = JobId::derive(&stream, "aa", 1, "chunk-0");
        assert_eq!(id, JobId::derive(&stream, "aa", 1, "chunk-0"));
        for other in [
            JobId::derive(&StreamId::vod([2; 6]), "aa", 1, "chunk-0"),
            JobId::derive(&stream, "ab", 1, "chunk-0"),
            JobId::derive(&stream, "aa", 2, "chunk-0"),
            JobId::derive(&stream, "aa", 1, "chunk-1"),
        ] {
            assert_ne!(id, other);
        }
        assert_eq!(id.as_str().parse::<JobId>().as_ref(), Ok(&id));
    }
}
