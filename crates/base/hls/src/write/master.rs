//! Master playlist to text.

use super::{start_line, text};
use crate::{FramesVariant, MasterPlaylist, MediaRendition, RenditionKind, Selection, Variant};

impl MasterPlaylist {
    /// The playlist as text. Names and addresses are made safe, the version follows from the features used.
    pub fn to_m3u8(&self) -> String {
        let mut out = format!("#EXTM3U\n#EXT-X-VERSION:{}\n", self.version());
        if self.independent_segments {
            out.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
        }
        out.extend(self.start.map(start_line));
        out.extend(self.media.iter().map(rendition_line));
        out.extend(self.variants.iter().map(variant_lines));
        out.extend(self.frames.iter().map(frames_line));
        out
    }
}

/// Subtitles for the deaf and hard of hearing (RFC 8216 4.3.4.1).
const FOR_DEAF: &str =
    "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound";

fn rendition_line(rendition: &MediaRendition) -> String {
    let mut list = List::default();
    let (kind, uri) = match &rendition.kind {
        RenditionKind::Audio { uri, .. } => ("AUDIO", uri.as_deref()),
        RenditionKind::Subtitles { uri, .. } => ("SUBTITLES", Some(uri.as_str())),
    };
    let (default, auto_select) = match rendition.selection {
        Selection::Default => ("YES", "YES"),
        Selection::Auto => ("NO", "YES"),
        Selection::Manual => ("NO", "NO"),
    };
    list.bare("TYPE", kind);
    list.quoted("GROUP-ID", &rendition.group_id);
    list.quoted("NAME", &rendition.name);
    list.quoted_if("LANGUAGE", rendition.language.as_deref());
    list.bare("DEFAULT", default);
    list.bare("AUTOSELECT", auto_select);
    match &rendition.kind {
        RenditionKind::Audio { channels, .. } => {
            list.quoted_if("CHANNELS", channels.map(|count| count.to_string()).as_deref());
        }
        RenditionKind::Subtitles { forced, for_deaf, .. } => {
            list.bare("FORCED", if *forced { "YES" } else { "NO" });
            list.quoted_if("CHARACTERISTICS", for_deaf.then_some(FOR_DEAF));
        }
    }
    list.quoted_if("URI", uri.map(text::uri).as_deref());
    format!("#EXT-X-MEDIA:{}\n", list.0)
}

fn variant_lines(variant: &Variant) -> String {
    let mut list = List::default();
    list.bare("BANDWIDTH", &variant.bandwidth.to_string());
    list.bare_if("AVERAGE-BANDWIDTH", variant.average_bandwidth.map(|rate| rate.to_string()));
    if !variant.codecs.is_empty() {
        list.quoted("CODECS", &variant.codecs.join(","));
    }
    list.bare_if("RESOLUTION", variant.resolution.map(|size| format!("{}x{}", size.width, size.height)));
    list.bare_if("FRAME-RATE", variant.frame_rate.map(|rate| rate.to_string()));
    list.bare_if("VIDEO-RANGE", variant.video_range.map(|range| range.as_str().to_owned()));
    list.quoted_if("AUDIO", variant.audio.as_deref());
    list.quoted_if("SUBTITLES", variant.subtitles.as_deref());
    format!("#EXT-X-STREAM-INF:{}\n{}\n", list.0, text::uri(&variant.uri))
}

fn frames_line(frames: &FramesVariant) -> String {
    let mut list = List::default();
    list.bare("BANDWIDTH", &frames.bandwidth.to_string());
    list.bare_if("AVERAGE-BANDWIDTH", frames.average_bandwidth.map(|rate| rate.to_string()));
    if !frames.codecs.is_empty() {
        list.quoted("CODECS", &frames.codecs.join(","));
    }
    list.bare_if("RESOLUTION", frames.resolution.map(|size| format!("{}x{}", size.width, size.height)));
    list.quoted("URI", &text::uri(&frames.uri));
    format!("#EXT-X-I-FRAME-STREAM-INF:{}\n", list.0)
}

/// An attribute list under construction (RFC 8216 4.2).
#[derive(Default)]
struct List(String);

impl List {
    fn bare(&mut self, name: &str, value: &str) {
        let comma = if self.0.is_empty() { "" } else { "," };
        self.0 += &format!("{comma}{name}={value}");
    }

    fn bare_if(&mut self, name: &str, value: Option<String>) {
        if let Some(value) = value {
            self.bare(name, &value);
        }
    }

    fn quoted(&mut self, name: &str, value: &str) {
        self.bare(name, &format!("\"{}\"", text::quoted(value)));
    }

    fn quoted_if(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.quoted(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FrameRate, Resolution, VideoRange};

    #[test]
    fn a_master_playlist_reads_as_expected() {
        let playlist = MasterPlaylist {
            independent_segments: true,
            start: None,
            media: vec![MediaRendition {
                kind: RenditionKind::Audio { channels: Some(2), uri: Some("audio.m3u8".into()) },
                group_id: "audio".into(),
                name: "English".into(),
                language: Some("en".into()),
                selection: Selection::Default,
            }],
            variants: vec![Variant {
                uri: "720p.m3u8".into(),
                bandwidth: 2_500_000,
                average_bandwidth: Some(2_000_000),
                codecs: vec!["avc1.64001f".into(), "mp4a.40.2".into()],
                resolution: Some(Resolution { width: 1280, height: 720 }),
                frame_rate: FrameRate::new(30_000, 1_001),
                video_range: Some(VideoRange::Sdr),
                audio: Some("audio".into()),
                subtitles: None,
            }],
            frames: vec![FramesVariant {
                uri: "720p/frames.m3u8".into(),
                bandwidth: 300_000,
                average_bandwidth: Some(200_000),
                codecs: vec!["avc1.64001f".into()],
                resolution: Some(Resolution { width: 1280, height: 720 }),
            }],
        };
        let expected = "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-INDEPENDENT-SEGMENTS\n\
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,\
            AUTOSELECT=YES,CHANNELS=\"2\",URI=\"audio.m3u8\"\n\
            #EXT-X-STREAM-INF:BANDWIDTH=2500000,AVERAGE-BANDWIDTH=2000000,CODECS=\"avc1.64001f,mp4a.40.2\",\
            RESOLUTION=1280x720,FRAME-RATE=29.970,VIDEO-RANGE=SDR,AUDIO=\"audio\"\n720p.m3u8\n\
            #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=300000,AVERAGE-BANDWIDTH=200000,CODECS=\"avc1.64001f\",\
            RESOLUTION=1280x720,URI=\"720p/frames.m3u8\"\n";
        assert_eq!(playlist.to_m3u8(), expected);
    }
}
