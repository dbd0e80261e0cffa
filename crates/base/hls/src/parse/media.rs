//! Outline to media playlist.

use jiff::Timestamp;

use super::outline::{Entry, Outline, Tag};
use super::{ParseError, Problem, bad, integer, missing, require_extm3u, start_offset};
use crate::{ByteRange, Kind, Map, MediaPlaylist, Segment, SegmentDuration, decimal};

/// How a byte range looks.
const BYTE_RANGE: &str = "bytes@offset such as 1000@0";

impl MediaPlaylist {
    /// Reads a media playlist from its lines.
    pub(super) fn from_outline(outline: &Outline) -> Result<Self, ParseError> {
        require_extm3u(outline)?;
        let mut playlist = Self::new(kind(outline)?, target_duration(outline)?);
        playlist.media_sequence = number(outline, "EXT-X-MEDIA-SEQUENCE")?;
        playlist.discontinuity_sequence = number(outline, "EXT-X-DISCONTINUITY-SEQUENCE")?;
        playlist.independent_segments = outline.has("EXT-X-INDEPENDENT-SEGMENTS");
        playlist.start = start_offset(outline)?;
        for entry in &outline.entries {
            let segment = segment(entry, playlist.segments.last())?;
            playlist.segments.push(segment);
        }
        playlist.map = match playlist.segments.first_mut() {
            Some(first) => first.map_change.take(),
            None => outline.tag("EXT-X-MAP").map(map).transpose()?,
        };
        Ok(playlist)
    }
}

fn kind(outline: &Outline) -> Result<Kind, ParseError> {
    let ended = outline.has("EXT-X-ENDLIST");
    let Some(tag) = outline.tag("EXT-X-PLAYLIST-TYPE") else { return Ok(Kind::Live { ended }) };
    match tag.value() {
        "EVENT" => Ok(Kind::Event { ended }),
        "VOD" if ended => Ok(Kind::Vod),
        "VOD" => Err(missing(0, "EXT-X-ENDLIST of a VOD playlist")),
        other => Err(bad(tag.line, "EXT-X-PLAYLIST-TYPE", other, "EVENT or VOD")),
    }
}

fn target_duration(outline: &Outline) -> Result<u32, ParseError> {
    let what = "EXT-X-TARGETDURATION";
    let tag = outline.tag(what).ok_or_else(|| missing(0, what))?;
    let seconds = integer(tag, what)?;
    u32::try_from(seconds).map_err(|_| bad(tag.line, what, tag.value(), "whole seconds under 2^32"))
}

/// The number that a tag holds, 0 without the tag.
fn number(outline: &Outline, name: &'static str) -> Result<u64, ParseError> {
    outline.tag(name).map_or(Ok(0), |tag| integer(tag, name))
}

fn segment(entry: &Entry, previous: Option<&Segment>) -> Result<Segment, ParseError> {
    let lone = || Problem::LoneUri { uri: entry.uri.clone(), tag: "EXTINF" };
    let extinf = entry.tag("EXTINF").ok_or_else(|| ParseError { line: entry.line, problem: lone() })?;
    Ok(Segment {
        uri: entry.uri.clone(),
        duration: duration(extinf)?,
        discontinuity: entry.tag("EXT-X-DISCONTINUITY").is_some(),
        gap: entry.tag("EXT-X-GAP").is_some(),
        program_date_time: entry.tag("EXT-X-PROGRAM-DATE-TIME").map(date_time).transpose()?,
        byterange: entry.tag("EXT-X-BYTERANGE").map(|tag| segment_range(tag, entry, previous)).transpose()?,
        map_change: entry.tag("EXT-X-MAP").map(map).transpose()?,
    })
}

fn duration(extinf: &Tag) -> Result<SegmentDuration, ParseError> {
    let seconds = extinf.value().split_once(',').map_or(extinf.value(), |(seconds, _title)| seconds);
    seconds.parse().map_err(|_| bad(extinf.line, "EXTINF", seconds, "seconds such as 4.004000"))
}

fn date_time(tag: &Tag) -> Result<Timestamp, ParseError> {
    let expected = "a time such as 2026-01-31T12:00:00.000Z";
    tag.value().parse().map_err(|_| bad(tag.line, "EXT-X-PROGRAM-DATE-TIME", tag.value(), expected))
}

/// A range without an offset begins where the previous segment's ended, in the same resource (RFC 8216
/// 4.3.2.2).
fn segment_range(tag: &Tag, entry: &Entry, previous: Option<&Segment>) -> Result<ByteRange, ParseError> {
    let before = previous.filter(|segment| segment.uri == entry.uri).and_then(|segment| segment.byterange);
    let end_of_previous = before.map(|range| range.offset.saturating_add(range.length));
    byte_range(tag.value(), end_of_previous)
        .ok_or_else(|| bad(tag.line, "EXT-X-BYTERANGE", tag.value(), BYTE_RANGE))
}

fn map(tag: &Tag) -> Result<Map, ParseError> {
    let attributes = tag.attributes();
    let uri = attributes.get("URI").ok_or_else(|| missing(tag.line, "URI of EXT-X-MAP"))?;
    let range = attributes.get("BYTERANGE").map(|text| {
        byte_range(text, Some(0)).ok_or_else(|| bad(tag.line, "BYTERANGE of EXT-X-MAP", text, BYTE_RANGE))
    });
    Ok(Map { uri: uri.to_owned(), byterange: range.transpose()? })
}

/// Reads `length[@offset]`.
fn byte_range(text: &str, implied_offset: Option<u64>) -> Option<ByteRange> {
    let (length, offset) = match text.split_once('@') {
        Some((length, offset)) => (length, decimal::integer(offset)?),
        None => (text, implied_offset?),
    };
    Some(ByteRange { length: decimal::integer(length)?, offset })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n";

    fn error(rest: &str) -> String {
        MediaPlaylist::parse(&format!("{HEAD}{rest}")).expect_err("broken").to_string()
    }

    #[test]
    fn errors_name_line_value_and_remedy() {
        let cases = [
            (
                "#EXTINF:four,\na.ts\n",
                "line 3: EXTINF has the value \"four\"; write seconds such as 4.004000",
            ),
            ("a.ts\n", "line 3: the address \"a.ts\" has no EXTINF before it; add one"),
            (
                "#EXT-X-PLAYLIST-TYPE:LIVE\n",
                "line 3: EXT-X-PLAYLIST-TYPE has the value \"LIVE\"; write EVENT or VOD",
            ),
            ("#EXT-X-MAP:BYTERANGE=\"1\"\n", "line 3: URI of EXT-X-MAP is missing; add it"),
        ];
        for (text, expected) in cases {
            assert_eq!(error(text), expected);
        }
        assert_eq!(MediaPlaylist::parse("").map_err(|error| error.problem), Err(Problem::NotAPlaylist));
    }

    #[test]
    fn ranges_without_offset_continue_the_previous_one() {
        let body = "#EXTINF:4,\n#EXT-X-BYTERANGE:100@50\na.ts\n#EXTINF:4,\n#EXT-X-BYTERANGE:30\na.ts\n";
        let playlist = MediaPlaylist::parse(&format!("{HEAD}{body}")).expect("legal");
        assert_eq!(playlist.segments[1].byterange, Some(ByteRange { length: 30, offset: 150 }));
        assert!(error("#EXTINF:4,\n#EXT-X-BYTERANGE:30\na.ts\n").starts_with("line 4: EXT-X-BYTERANGE"));
    }
}
