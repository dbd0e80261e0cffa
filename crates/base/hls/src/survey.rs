//! What a playlist of any quality names: for those who ask for it, whatever else is wrong with the text.

use crate::model::media::ByteRange;
use crate::parse::outline::{Outline, Tag};
use crate::rules::{MediaOutline, has_video};
use crate::{FrameRate, Map, Resolution, SegmentDuration, Track, decimal};

/// A playlist of any quality.
#[derive(Clone, Debug, PartialEq)]
pub enum Survey {
    /// It names playlists.
    Master(Vec<NamedPlaylist>),
    /// It names segments, or nothing.
    Media(NamedSegments),
}

/// A media playlist as a master playlist names it.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedPlaylist {
    /// The line that describes it: EXT-X-STREAM-INF or EXT-X-MEDIA.
    pub line: usize,
    /// Its address.
    pub uri: String,
    /// What it carries.
    pub track: Track,
    /// The group that it is in, if it is a rendition of its own.
    pub group: Option<String>,
    /// The audio group that plays with it, if it is a variant.
    pub audio: Option<String>,
    /// BANDWIDTH, in bits per second.
    pub bandwidth: Option<u64>,
    /// AVERAGE-BANDWIDTH, in bits per second.
    pub average_bandwidth: Option<u64>,
    /// RESOLUTION.
    pub resolution: Option<Resolution>,
    /// FRAME-RATE.
    pub frame_rate: Option<FrameRate>,
    /// CODECS.
    pub codecs: Vec<String>,
}

/// The segments of a media playlist, and what applies to all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedSegments {
    /// TARGETDURATION, in seconds.
    pub target_duration: Option<u64>,
    /// Whether EXT-X-ENDLIST is there.
    pub ended: bool,
    /// Whether a key is needed to read the segments (RFC 8216 4.3.2.4).
    pub encrypted: bool,
    /// The segments, in order.
    pub segments: Vec<NamedSegment>,
}

/// A segment as its playlist names it.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedSegment {
    /// The line of its address.
    pub line: usize,
    /// Its media sequence number.
    pub number: u64,
    /// Its address.
    pub uri: String,
    /// Its listed length.
    pub duration: SegmentDuration,
    /// Whether EXT-X-GAP applies.
    pub gap: bool,
    /// Whether EXT-X-DISCONTINUITY stands before it.
    pub discontinuity: bool,
    /// The part of the resource that it is.
    pub byterange: Option<ByteRange>,
    /// Its initialization section.
    pub map: Option<Map>,
}

impl Survey {
    /// Reads any text. What cannot be read is left out.
    pub fn of(text: &str) -> Self {
        let outline = Outline::read(text);
        if outline.is_master() { Self::Master(playlists(&outline)) } else { Self::Media(segments(outline)) }
    }
}

impl NamedSegments {
    /// The listed length of all segments.
    pub fn duration(&self) -> SegmentDuration {
        self.segments.iter().map(|segment| segment.duration).sum()
    }

    /// The number that the next segment gets; `None` while there are none.
    pub fn next_number(&self) -> Option<u64> {
        self.segments.last().map(|last| last.number.saturating_add(1))
    }
}

fn playlists(outline: &Outline) -> Vec<NamedPlaylist> {
    let variants = outline.entries.iter().filter_map(|entry| {
        let tag = entry.tag("EXT-X-STREAM-INF")?;
        let track = if has_video(tag) { Track::Video } else { Track::Audio };
        Some(named(tag, entry.uri.clone(), track))
    });
    let renditions = outline.all("EXT-X-MEDIA").filter_map(|tag| {
        let attributes = tag.attributes();
        let track = match attributes.get("TYPE")? {
            "AUDIO" => Track::Audio,
            "VIDEO" => Track::Video,
            "SUBTITLES" => Track::Subtitles,
            _ => return None,
        };
        Some(named(tag, attributes.get("URI")?.to_owned(), track))
    });
    let frames = outline.all("EXT-X-I-FRAME-STREAM-INF").filter_map(|tag| {
        let uri = tag.attributes().get("URI")?.to_owned();
        Some(named(tag, uri, Track::Frames))
    });
    variants.chain(renditions).chain(frames).collect()
}

fn named(tag: &Tag, uri: String, track: Track) -> NamedPlaylist {
    let attributes = tag.attributes();
    let text = |name| attributes.get(name).map(str::to_owned);
    let rate = |name| attributes.get(name).and_then(decimal::integer);
    NamedPlaylist {
        line: tag.line,
        uri,
        track,
        group: text("GROUP-ID"),
        audio: text("AUDIO"),
        bandwidth: rate("BANDWIDTH"),
        average_bandwidth: rate("AVERAGE-BANDWIDTH"),
        resolution: attributes.get("RESOLUTION").and_then(resolution),
        frame_rate: attributes.get("FRAME-RATE").and_then(|rate| rate.parse().ok()),
        codecs: text("CODECS").iter().flat_map(|all| all.split(',')).map(|it| it.trim().to_owned()).collect(),
    }
}

fn resolution(text: &str) -> Option<Resolution> {
    let (width, height) = text.split_once('x')?;
    Some(Resolution { width: width.parse().ok()?, height: height.parse().ok()? })
}

fn segments(outline: Outline) -> NamedSegments {
    let encrypts = |tag: &Tag| tag.attributes().get("METHOD") != Some("NONE");
    let encrypted = outline.all("EXT-X-KEY").any(encrypts);
    let playlist = MediaOutline::new(outline);
    let mut segments: Vec<NamedSegment> = Vec::with_capacity(playlist.segments.len());
    for segment in &playlist.segments {
        let range =
            segment.byterange.as_deref().and_then(|text| byte_range(text, segments.last(), &segment.uri));
        segments.push(NamedSegment {
            line: segment.line,
            number: segment.number,
            uri: segment.uri.clone(),
            duration: segment.duration(),
            gap: segment.gap,
            discontinuity: segment.discontinuity,
            byterange: range,
            map: segment.map.as_deref().and_then(map),
        });
    }
    NamedSegments {
        target_duration: playlist.target_duration,
        ended: playlist.has_ended(),
        encrypted,
        segments,
    }
}

/// A range without an offset begins where the previous segment's ended (RFC 8216 4.3.2.2).
fn byte_range(text: &str, previous: Option<&NamedSegment>, uri: &str) -> Option<ByteRange> {
    let (length, offset) = match text.split_once('@') {
        Some((length, offset)) => (length, decimal::integer(offset)?),
        None => {
            let before = previous.filter(|segment| segment.uri == uri)?.byterange?;
            (text, before.offset.saturating_add(before.length))
        }
    };
    Some(ByteRange { length: decimal::integer(length)?, offset })
}

fn map(value: &str) -> Option<Map> {
    let attributes = crate::parse::attributes::Attributes::read(value);
    let whole = |text: &str| Some(ByteRange { length: decimal::integer(text)?, offset: 0 });
    let byterange =
        attributes.get("BYTERANGE").and_then(|text| byte_range(text, None, "").or_else(|| whole(text)));
    Some(Map { uri: attributes.get("URI")?.to_owned(), byterange })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_master_still_names_its_playlists() {
        let text = "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",URI=\"a.m3u8\"\n#EXT-X-STREAM-INF:AUDIO=\"a\"\nv.m3u8\n\
             #EXT-X-I-FRAME-STREAM-INF:URI=\"f.m3u8\"\n";
        let Survey::Master(named) = Survey::of(text) else { panic!("a master") };
        let found: Vec<_> = named.iter().map(|it| (it.line, it.uri.as_str(), it.track)).collect();
        let expected =
            [(2, "v.m3u8", Track::Video), (1, "a.m3u8", Track::Audio), (4, "f.m3u8", Track::Frames)];
        assert_eq!(found, expected);
    }

    #[test]
    fn ranges_and_maps_are_carried_along() {
        let text =
            "#EXT-X-MAP:URI=\"i.mp4\",BYTERANGE=\"9\"\n#EXT-X-BYTERANGE:5@9\na\n#EXT-X-BYTERANGE:6\na\n";
        let Survey::Media(named) = Survey::of(text) else { panic!("media") };
        assert_eq!(named.segments[1].byterange, Some(ByteRange { length: 6, offset: 14 }));
        let map = Map { uri: "i.mp4".to_owned(), byterange: Some(ByteRange { length: 9, offset: 0 }) };
        assert_eq!(named.segments[1].map, Some(map));
        assert_eq!((named.next_number(), named.ended, named.encrypted), (Some(2), false, false));
    }
}
