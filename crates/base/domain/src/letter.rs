//! A dead letter: what could not be handled, kept until somebody looks at it, and asked for again.

use crate::{
    JobId, StreamId, Timestamp,
    collection::Kind,
    document::{Document, Outbox, Unknown},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// A dead letter's id: 24 hex digits, derived from where it lies, so that it is kept once however often it is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LetterId(String);

impl LetterId {
    /// The id of the record at a place of the topic of dead letters.
    #[must_use]
    pub fn derive(partition: u32, offset: u64) -> Self {
        Self(hex::encode(&Sha256::digest(format!("{partition}\n{offset}"))[..12]))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no id of a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a dead letter's id has 24 hex digits")]
pub struct InvalidLetterId;

impl FromStr for LetterId {
    type Err = InvalidLetterId;

    fn from_str(text: &str) -> Result<Self, InvalidLetterId> {
        let hex = text.len() == 24 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if hex { Ok(Self(text.to_owned())) } else { Err(InvalidLetterId) }
    }
}

/// Whether somebody has dealt with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterStatus {
    /// It waits for somebody.
    Parked,
    /// It was asked for again.
    Retried,
}

impl LetterStatus {
    /// Every status.
    pub const ALL: [Self; 2] = [Self::Parked, Self::Retried];

    /// The status as documents and answers write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Parked => "parked",
            Self::Retried => "retried",
        }
    }
}

/// A dead letter's document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// Its id.
    pub letter_id: LetterId,
    /// Whether somebody has dealt with it.
    pub status: LetterStatus,
    /// Why it could not be handled, in one line.
    pub reason: String,
    /// What it is about.
    pub subject: Subject,
    /// When it was parked.
    pub parked_at: Timestamp,
    /// When it was last asked for again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retried_at: Option<Timestamp>,
    /// Events to publish: none at present.
    #[serde(flatten)]
    pub outbox: Outbox,
    /// Fields of other versions.
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// What a dead letter is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Subject {
    /// An event that no service could handle.
    Event {
        /// Where it was read: `topic/partition/offset`; empty when nobody wrote that down.
        origin: String,
        /// Its key.
        key: String,
        /// Its bytes.
        payload: Payload,
        /// Its headers.
        headers: Vec<(String, String)>,
    },
    /// A job that failed too often.
    Job {
        /// The job.
        job_id: JobId,
        /// Its video.
        stream_id: StreamId,
        /// Its part's name within the video.
        part: String,
        /// The end of what the encoder printed.
        stderr: String,
    },
}

/// The bytes of an event that could not be handled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payload {
    /// There were none.
    Null,
    /// They are UTF-8.
    Text(String),
    /// They are not: in base 16.
    Hex(String),
    /// They were too large to be put aside whole: the beginning of them, in base 16.
    Cut(String),
}

impl Payload {
    /// These bytes as they are kept; `whole` is false when they are only the beginning.
    #[must_use]
    pub fn of(bytes: Option<&[u8]>, whole: bool) -> Self {
        match bytes {
            None => Self::Null,
            Some(bytes) if !whole => Self::Cut(hex::encode(bytes)),
            Some(bytes) => std::str::from_utf8(bytes)
                .map_or_else(|_| Self::Hex(hex::encode(bytes)), |text| Self::Text(text.to_owned())),
        }
    }

    /// The bytes as they were; none when they were not kept whole.
    #[must_use]
    pub fn bytes(&self) -> Option<Option<Vec<u8>>> {
        match self {
            Self::Null => Some(None),
            Self::Text(text) => Some(Some(text.as_bytes().to_vec())),
            Self::Hex(digits) => hex::decode(digits).ok().map(Some),
            Self::Cut(_) => None,
        }
    }
}

/// Why a letter cannot be asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LetterRefusal {
    /// It was, and nothing has come back since.
    #[error("it was asked for again already")]
    Already,
}

impl Letter {
    /// A new one.
    #[must_use]
    pub fn parked(letter_id: LetterId, reason: String, subject: Subject, now: Timestamp) -> Self {
        Self {
            letter_id,
            status: LetterStatus::Parked,
            reason,
            subject,
            parked_at: now,
            retried_at: None,
            outbox: Outbox::default(),
            unknown: Unknown::new(),
        }
    }

    /// Somebody asked for it again. If that fails too, another letter tells of it.
    ///
    /// # Errors
    /// [`LetterRefusal::Already`] the second time.
    pub fn retried(mut self, now: Timestamp) -> Result<Self, LetterRefusal> {
        if self.status == LetterStatus::Retried {
            return Err(LetterRefusal::Already);
        }
        self.status = LetterStatus::Retried;
        self.retried_at = Some(now);
        Ok(self)
    }
}

impl Document for Letter {
    const KIND: Kind = Kind::Letter;

    fn id(&self) -> &str {
        self.letter_id.as_str()
    }

    fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    fn outbox_mut(&mut self) -> &mut Outbox {
        &mut self.outbox
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What is kept whole comes back byte for byte, through JSON too.
        #[test]
        fn payloads_survive(bytes: Option<Vec<u8>>) {
            let json = serde_json::to_string(&Payload::of(bytes.as_deref(), true)).unwrap();
            let kept: Payload = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(kept.bytes(), Some(bytes));
        }
    }

    #[test]
    fn a_beginning_is_not_taken_for_the_whole() {
        assert_eq!(Payload::of(Some(b"{\"a\""), false).bytes(), None);
    }

    #[test]
    fn an_id_is_its_place() {
        let id = LetterId::derive(1, 2);
        assert_eq!(id.as_str().parse::<LetterId>().as_ref(), Ok(&id));
        assert_ne!(id, LetterId::derive(2, 1));
        assert!("../../../../../../../../x".parse::<LetterId>().is_err());
    }
}
