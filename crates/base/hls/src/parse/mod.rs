//! Text to models: strict where a model is asked for, and with the line of whatever stands in the way.

pub(crate) mod attributes;
mod master;
mod media;
pub(crate) mod outline;

use crate::parse::outline::{Outline, Tag};
use crate::{MasterPlaylist, MediaPlaylist, StartOffset, decimal};

/// Either kind of playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Playlist {
    /// Lists variants.
    Master(MasterPlaylist),
    /// Lists segments.
    Media(MediaPlaylist),
}

/// Why a text is not a playlist that the model can hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ParseError {
    /// The line, from 1; 0 for something that is nowhere.
    pub line: usize,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// RFC 8216 4.3.1.1.
    #[error("a playlist starts with #EXTM3U; this is something else")]
    NotAPlaylist,
    /// A tag or attribute without which the rest means nothing.
    #[error("{0} is missing; add it")]
    Missing(&'static str),
    /// A value that is not what its tag asks for.
    #[error("{what} has the value {value:?}; write {expected}")]
    BadValue {
        /// The tag or attribute.
        what: &'static str,
        /// What it says.
        value: String,
        /// What it has to look like.
        expected: &'static str,
    },
    /// An address with no EXTINF or EXT-X-STREAM-INF before it.
    #[error("the address {uri:?} has no {tag} before it; add one")]
    LoneUri {
        /// The address.
        uri: String,
        /// The tag it needs.
        tag: &'static str,
    },
}

impl Playlist {
    /// Reads a playlist of either kind. Tags that the model does not hold are skipped (RFC 8216 6.3.1).
    ///
    /// # Errors
    /// The first thing that keeps the text from being a playlist, with its line.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let outline = Outline::read(text);
        if outline.is_master() {
            MasterPlaylist::from_outline(&outline).map(Self::Master)
        } else {
            MediaPlaylist::from_outline(&outline).map(Self::Media)
        }
    }
}

impl MasterPlaylist {
    /// Reads a master playlist.
    ///
    /// # Errors
    /// The first thing that keeps the text from being one, with its line.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::from_outline(&Outline::read(text))
    }
}

impl MediaPlaylist {
    /// Reads a media playlist.
    ///
    /// # Errors
    /// The first thing that keeps the text from being one, with its line.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::from_outline(&Outline::read(text))
    }
}

fn require_extm3u(outline: &Outline) -> Result<(), ParseError> {
    let ok = outline.starts_with_extm3u();
    ok.then_some(()).ok_or(ParseError { line: 1, problem: Problem::NotAPlaylist })
}

fn missing(line: usize, what: &'static str) -> ParseError {
    ParseError { line, problem: Problem::Missing(what) }
}

fn bad(line: usize, what: &'static str, value: &str, expected: &'static str) -> ParseError {
    ParseError { line, problem: Problem::BadValue { what, value: value.to_owned(), expected } }
}

/// The EXT-X-START of either kind.
fn start_offset(outline: &Outline) -> Result<Option<StartOffset>, ParseError> {
    let Some(tag) = outline.tag("EXT-X-START") else { return Ok(None) };
    let attributes = tag.attributes();
    let offset = attributes.get("TIME-OFFSET").ok_or_else(|| missing(tag.line, "TIME-OFFSET"))?;
    let micros = decimal::signed_micros(offset)
        .ok_or_else(|| bad(tag.line, "TIME-OFFSET", offset, "seconds such as -12.5"))?;
    Ok(Some(StartOffset { micros, precise: attributes.get("PRECISE") == Some("YES") }))
}

/// The whole number that a tag holds.
fn integer(tag: &Tag, what: &'static str) -> Result<u64, ParseError> {
    let value = tag.value();
    decimal::integer(value).ok_or_else(|| bad(tag.line, what, value, "a whole number"))
}
