//! The lines of a playlist, sorted into tags and addresses, each with its number. Accepts any text.

use super::attributes::Attributes;

/// The tags that only a media playlist has (RFC 8216 4.3.2, 4.3.3; RFC 8216bis 4.4.3 to 4.4.5).
const MEDIA_TAGS: &[&str] = &[
    "EXTINF",
    "EXT-X-BITRATE",
    "EXT-X-BYTERANGE",
    "EXT-X-DATERANGE",
    "EXT-X-DISCONTINUITY",
    "EXT-X-DISCONTINUITY-SEQUENCE",
    "EXT-X-ENDLIST",
    "EXT-X-GAP",
    "EXT-X-I-FRAMES-ONLY",
    "EXT-X-KEY",
    "EXT-X-MAP",
    "EXT-X-MEDIA-SEQUENCE",
    "EXT-X-PART",
    "EXT-X-PART-INF",
    "EXT-X-PLAYLIST-TYPE",
    "EXT-X-PRELOAD-HINT",
    "EXT-X-PROGRAM-DATE-TIME",
    "EXT-X-RENDITION-REPORT",
    "EXT-X-SERVER-CONTROL",
    "EXT-X-SKIP",
    "EXT-X-TARGETDURATION",
];

/// The tags that only a master playlist has (RFC 8216 4.3.4, RFC 8216bis 4.4.6).
const MASTER_TAGS: &[&str] = &[
    "EXT-X-CONTENT-STEERING",
    "EXT-X-I-FRAME-STREAM-INF",
    "EXT-X-MEDIA",
    "EXT-X-SESSION-DATA",
    "EXT-X-SESSION-KEY",
    "EXT-X-STREAM-INF",
];

/// A line that begins with `#EXT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    /// The line, from 1.
    pub(crate) line: usize,
    /// What stands between `#` and `:`.
    pub(crate) name: String,
    value: Option<String>,
}

/// An address, with the tags since the previous address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The line of the address, from 1.
    pub(crate) line: usize,
    /// The address.
    pub(crate) uri: String,
    /// The tags since the previous address.
    pub(crate) tags: Vec<Tag>,
}

/// A playlist of either kind, line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    /// The text as it came.
    pub(crate) text: String,
    /// The addresses, in order.
    pub(crate) entries: Vec<Entry>,
    /// The tags after the last address.
    pub(crate) tail: Vec<Tag>,
    /// The last line that is not blank, from 1; 0 without one.
    pub(crate) last_line: usize,
}

impl Outline {
    /// Sorts the lines of any text.
    pub(crate) fn read(text: &str) -> Self {
        let mut outline = Self { text: text.to_owned(), ..Self::default() };
        for (index, content) in text.lines().enumerate() {
            if content.trim().is_empty() {
                continue;
            }
            outline.last_line = index + 1;
            outline.add(index + 1, content);
        }
        outline
    }

    fn add(&mut self, line: usize, content: &str) {
        if content.starts_with("#EXT") {
            let (name, value) = match content[1..].split_once(':') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (&content[1..], None),
            };
            self.tail.push(Tag { line, name: name.to_owned(), value });
        } else if !content.starts_with('#') {
            let tags = std::mem::take(&mut self.tail);
            self.entries.push(Entry { line, uri: content.to_owned(), tags });
        }
    }

    /// Every tag, in order.
    pub(crate) fn tags(&self) -> impl Iterator<Item = &Tag> {
        self.entries.iter().flat_map(|entry| &entry.tags).chain(&self.tail)
    }

    /// Every tag of this name, in order.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Tag> {
        self.tags().filter(move |tag| tag.name == name)
    }

    /// The first tag of this name.
    pub(crate) fn tag(&self, name: &str) -> Option<&Tag> {
        self.tags().find(|tag| tag.name == name)
    }

    /// Whether a tag of this name is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.tag(name).is_some()
    }

    /// Whether the first line is EXTM3U and nothing else (RFC 8216 4.3.1.1).
    pub(crate) fn starts_with_extm3u(&self) -> bool {
        self.text.lines().next() == Some("#EXTM3U")
    }

    /// Whether it has tags of a master playlist and none of a media playlist.
    pub(crate) fn is_master(&self) -> bool {
        self.tags().any(Tag::is_master) && !self.tags().any(Tag::is_media)
    }
}

impl Entry {
    /// The last tag of this name since the previous address.
    pub(crate) fn tag(&self, name: &str) -> Option<&Tag> {
        self.tags.iter().rev().find(|tag| tag.name == name)
    }
}

impl Tag {
    /// What stands after the colon; empty without one.
    pub(crate) fn value(&self) -> &str {
        self.value.as_deref().unwrap_or_default()
    }

    /// The value as an attribute list.
    pub(crate) fn attributes(&self) -> Attributes<'_> {
        Attributes::read(self.value())
    }

    /// Whether only a media playlist has it.
    pub(crate) fn is_media(&self) -> bool {
        MEDIA_TAGS.contains(&self.name.as_str())
    }

    /// Whether only a master playlist has it.
    pub(crate) fn is_master(&self) -> bool {
        MASTER_TAGS.contains(&self.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_knows_its_line() {
        let text =
            "#EXTM3U\r\n# comment\r\n\r\n#EXT-X-GAP\r\n#EXTINF:4.0,a:b\r\nseg.ts\r\n#EXT-X-ENDLIST\r\n\r\n";
        let outline = Outline::read(text);
        let found: Vec<_> = outline.tags().map(|tag| (tag.line, tag.name.as_str(), tag.value())).collect();
        let expected =
            [(1, "EXTM3U", ""), (4, "EXT-X-GAP", ""), (5, "EXTINF", "4.0,a:b"), (7, "EXT-X-ENDLIST", "")];
        assert_eq!(found, expected);
        assert_eq!((outline.entries[0].line, outline.entries[0].uri.as_str()), (6, "seg.ts"));
        assert_eq!(outline.last_line, 7);
    }
}
