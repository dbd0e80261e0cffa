//! Outline to master playlist.

use super::attributes::Attributes;
use super::outline::{Entry, Outline, Tag};
use super::{ParseError, Problem, bad, missing, require_extm3u, start_offset};
use crate::{
    FrameRate, FramesVariant, MasterPlaylist, MediaRendition, RenditionKind, Resolution, Selection, Variant,
    VideoRange, decimal,
};

impl MasterPlaylist {
    /// Reads a master playlist from its lines.
    pub(super) fn from_outline(outline: &Outline) -> Result<Self, ParseError> {
        require_extm3u(outline)?;
        let renditions = outline.all("EXT-X-MEDIA").filter_map(|tag| rendition(tag).transpose());
        Ok(Self {
            independent_segments: outline.has("EXT-X-INDEPENDENT-SEGMENTS"),
            start: start_offset(outline)?,
            media: renditions.collect::<Result<_, _>>()?,
            variants: outline.entries.iter().map(variant).collect::<Result<_, _>>()?,
            frames: outline.all("EXT-X-I-FRAME-STREAM-INF").map(frames).collect::<Result<_, _>>()?,
        })
    }
}

/// What tells subtitles for the deaf from others (RFC 8216 4.3.4.1).
const DESCRIBES_SOUND: &str = "public.accessibility.describes-music-and-sound";

/// A rendition; `None` for the kinds that the model does not hold (VIDEO, CLOSED-CAPTIONS).
fn rendition(tag: &Tag) -> Result<Option<MediaRendition>, ParseError> {
    let attributes = tag.attributes();
    let required = |name: &'static str| attributes.get(name).ok_or_else(|| missing(tag.line, name));
    let uri = attributes.get("URI").map(str::to_owned);
    let kind = match required("TYPE")? {
        "AUDIO" => RenditionKind::Audio { channels: channels(tag, &attributes)?, uri },
        "SUBTITLES" => RenditionKind::Subtitles {
            uri: uri.ok_or_else(|| missing(tag.line, "URI"))?,
            forced: attributes.get("FORCED") == Some("YES"),
            for_deaf: attributes.get("CHARACTERISTICS").is_some_and(|all| all.contains(DESCRIBES_SOUND)),
        },
        _ => return Ok(None),
    };
    Ok(Some(MediaRendition {
        kind,
        group_id: required("GROUP-ID")?.to_owned(),
        name: required("NAME")?.to_owned(),
        language: attributes.get("LANGUAGE").map(str::to_owned),
        selection: selection(&attributes),
    }))
}

fn selection(attributes: &Attributes<'_>) -> Selection {
    match (attributes.get("DEFAULT"), attributes.get("AUTOSELECT")) {
        (Some("YES"), _) => Selection::Default,
        (_, Some("YES")) => Selection::Auto,
        _ => Selection::Manual,
    }
}

/// The count that CHANNELS begins with; what follows a slash is about spatial audio (RFC 8216 4.3.4.1).
fn channels(tag: &Tag, attributes: &Attributes<'_>) -> Result<Option<u32>, ParseError> {
    let Some(text) = attributes.get("CHANNELS") else { return Ok(None) };
    let count = text.split('/').next().and_then(decimal::integer).and_then(|count| u32::try_from(count).ok());
    count.map(Some).ok_or_else(|| bad(tag.line, "CHANNELS", text, "a count such as 2"))
}

fn variant(entry: &Entry) -> Result<Variant, ParseError> {
    let lone = || Problem::LoneUri { uri: entry.uri.clone(), tag: "EXT-X-STREAM-INF" };
    let tag =
        entry.tag("EXT-X-STREAM-INF").ok_or_else(|| ParseError { line: entry.line, problem: lone() })?;
    let attributes = tag.attributes();
    let text = |name: &str| attributes.get(name).map(str::to_owned);
    let codecs = attributes.get("CODECS").unwrap_or_default().split(',').map(str::trim);
    Ok(Variant {
        uri: entry.uri.clone(),
        bandwidth: rate(tag, &attributes, "BANDWIDTH")?.ok_or_else(|| missing(tag.line, "BANDWIDTH"))?,
        average_bandwidth: rate(tag, &attributes, "AVERAGE-BANDWIDTH")?,
        codecs: codecs.filter(|codec| !codec.is_empty()).map(str::to_owned).collect(),
        resolution: attributes.get("RESOLUTION").map(|value| resolution(tag, value)).transpose()?,
        frame_rate: attributes.get("FRAME-RATE").map(|value| frame_rate(tag, value)).transpose()?,
        video_range: attributes.get("VIDEO-RANGE").map(|value| video_range(tag, value)).transpose()?,
        audio: text("AUDIO"),
        subtitles: text("SUBTITLES"),
    })
}

fn frames(tag: &Tag) -> Result<FramesVariant, ParseError> {
    let attributes = tag.attributes();
    let codecs = attributes.get("CODECS").unwrap_or_default().split(',').map(str::trim);
    Ok(FramesVariant {
        uri: attributes.get("URI").ok_or_else(|| missing(tag.line, "URI"))?.to_owned(),
        bandwidth: rate(tag, &attributes, "BANDWIDTH")?.ok_or_else(|| missing(tag.line, "BANDWIDTH"))?,
        average_bandwidth: rate(tag, &attributes, "AVERAGE-BANDWIDTH")?,
        codecs: codecs.filter(|codec| !codec.is_empty()).map(str::to_owned).collect(),
        resolution: attributes.get("RESOLUTION").map(|value| resolution(tag, value)).transpose()?,
    })
}

fn rate(tag: &Tag, attributes: &Attributes<'_>, name: &'static str) -> Result<Option<u64>, ParseError> {
    let Some(value) = attributes.get(name) else { return Ok(None) };
    decimal::integer(value).map(Some).ok_or_else(|| bad(tag.line, name, value, "whole bits per second"))
}

fn resolution(tag: &Tag, value: &str) -> Result<Resolution, ParseError> {
    let side = |text: &str| decimal::integer(text).and_then(|pixels| u32::try_from(pixels).ok());
    let sides = value.split_once('x').and_then(|(width, height)| Some((side(width)?, side(height)?)));
    let (width, height) =
        sides.ok_or_else(|| bad(tag.line, "RESOLUTION", value, "a size such as 1280x720"))?;
    Ok(Resolution { width, height })
}

fn frame_rate(tag: &Tag, value: &str) -> Result<FrameRate, ParseError> {
    value.parse().map_err(|_| bad(tag.line, "FRAME-RATE", value, "frames per second such as 29.970"))
}

fn video_range(tag: &Tag, value: &str) -> Result<VideoRange, ParseError> {
    let known = [VideoRange::Sdr, VideoRange::Hlg, VideoRange::Pq];
    let found = known.into_iter().find(|range| range.as_str() == value);
    found.ok_or_else(|| bad(tag.line, "VIDEO-RANGE", value, "SDR, HLG or PQ"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_line_value_and_remedy() {
        let cases = [
            ("#EXT-X-STREAM-INF:CODECS=\"avc1\"\nv.m3u8\n", "line 2: BANDWIDTH is missing; add it"),
            ("v.m3u8\n", "line 2: the address \"v.m3u8\" has no EXT-X-STREAM-INF before it; add one"),
            (
                "#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=720p\nv.m3u8\n",
                "line 2: RESOLUTION has the value \"720p\"; write a size such as 1280x720",
            ),
            ("#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"s\"\n", "line 2: URI is missing; add it"),
        ];
        for (text, expected) in cases {
            let error = MasterPlaylist::parse(&format!("#EXTM3U\n{text}")).expect_err("broken");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn renditions_outside_the_model_are_skipped() {
        let text =
            "#EXTM3U\n#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"c\",NAME=\"c\",INSTREAM-ID=\"CC1\"\n";
        assert_eq!(MasterPlaylist::parse(text).expect("legal").media, []);
    }
}
