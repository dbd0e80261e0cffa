//! Media playlist to text.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::{start_line, text};
use crate::{ByteRange, Kind, Map, MediaPlaylist, Segment};

impl MediaPlaylist {
    /// The playlist as text. Addresses are made safe, the version follows from the features used.
    pub fn to_m3u8(&self) -> String {
        let mut out = String::with_capacity(256 + self.segments.len() * 96);
        self.write_header(&mut out);
        let mut map_in_force = None;
        for (index, segment) in self.segments.iter().enumerate() {
            let inherited = if index == 0 { self.map.as_ref() } else { map_in_force };
            let map = segment.map_change.as_ref().or(inherited);
            write_segment(segment, map.filter(|_| map != map_in_force), &mut out);
            map_in_force = map;
        }
        if self.segments.is_empty() {
            out.extend(self.map.as_ref().map(map_line));
        }
        if self.kind.has_ended() {
            out.push_str("#EXT-X-ENDLIST\n");
        }
        out
    }

    fn write_header(&self, out: &mut String) {
        out.push_str("#EXTM3U\n");
        line(out, format_args!("#EXT-X-VERSION:{}", self.version()));
        line(out, format_args!("#EXT-X-TARGETDURATION:{}", self.target_duration));
        line(out, format_args!("#EXT-X-MEDIA-SEQUENCE:{}", self.media_sequence));
        // A live playlist says it from the start: the first discontinuity to leave must find the tag there.
        if matches!(self.kind, Kind::Live { .. }) || self.discontinuity_sequence > 0 {
            line(out, format_args!("#EXT-X-DISCONTINUITY-SEQUENCE:{}", self.discontinuity_sequence));
        }
        match self.kind {
            Kind::Vod => out.push_str("#EXT-X-PLAYLIST-TYPE:VOD\n"),
            Kind::Event { .. } => out.push_str("#EXT-X-PLAYLIST-TYPE:EVENT\n"),
            Kind::Live { .. } => {}
        }
        if self.frames_only {
            out.push_str("#EXT-X-I-FRAMES-ONLY\n");
        }
        if self.independent_segments {
            out.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
        }
        out.extend(self.start.map(start_line));
    }
}

fn write_segment(segment: &Segment, new_map: Option<&Map>, out: &mut String) {
    if segment.discontinuity {
        out.push_str("#EXT-X-DISCONTINUITY\n");
    }
    out.extend(new_map.map(map_line));
    if let Some(time) = segment.program_date_time {
        line(out, format_args!("#EXT-X-PROGRAM-DATE-TIME:{}", date_time(time)));
    }
    if segment.gap {
        out.push_str("#EXT-X-GAP\n");
    }
    if let Some(range) = segment.byterange {
        line(out, format_args!("#EXT-X-BYTERANGE:{}", byte_range(range)));
    }
    line(out, format_args!("#EXTINF:{},", segment.duration));
    line(out, format_args!("{}", text::uri(&segment.uri)));
}

fn map_line(map: &Map) -> String {
    let range = map.byterange.map(|range| format!(",BYTERANGE=\"{}\"", byte_range(range)));
    format!("#EXT-X-MAP:URI=\"{}\"{}\n", text::uri(&map.uri), range.unwrap_or_default())
}

fn byte_range(range: ByteRange) -> String {
    format!("{}@{}", range.length, range.offset)
}

/// Milliseconds always, as players expect (RFC 8216 4.3.2.6), and what is finer only where there is
/// something finer.
fn date_time(time: Timestamp) -> String {
    if time.subsec_nanosecond() % 1_000_000 == 0 { format!("{time:.3}") } else { time.to_string() }
}

fn line(out: &mut String, content: std::fmt::Arguments<'_>) {
    writeln!(out, "{content}").expect("writing to a String cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SegmentDuration;

    #[test]
    fn a_vod_playlist_reads_as_expected() {
        let mut playlist = MediaPlaylist::new(Kind::Vod, 4);
        playlist.map = Some(Map::new("init.mp4"));
        playlist.segments = vec![
            Segment::new("0.m4s", SegmentDuration::from_micros(4_000_000)),
            Segment::new("1.m4s", SegmentDuration::from_micros(1_966_667)),
        ];
        let expected = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:0\n\
            #EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"init.mp4\"\n\
            #EXTINF:4.000000,\n0.m4s\n#EXTINF:1.966667,\n1.m4s\n#EXT-X-ENDLIST\n";
        assert_eq!(playlist.to_m3u8(), expected);
    }

    #[test]
    fn an_empty_live_playlist_already_has_its_version_and_map() {
        let mut playlist = MediaPlaylist::new(Kind::Live { ended: false }, 6);
        playlist.map = Some(Map::new("init.mp4"));
        let empty = playlist.to_m3u8();
        playlist.append(Segment::new("0.m4s", SegmentDuration::from_micros(6_000_000))).expect("fits");
        assert!(playlist.to_m3u8().starts_with(&empty), "only appended:\n{empty}");
    }

    #[test]
    fn a_map_is_written_where_it_changes_and_nowhere_else() {
        let mut playlist = MediaPlaylist::new(Kind::Vod, 4);
        playlist.map = Some(Map::new("a.mp4"));
        for change in [None, Some("a.mp4"), Some("b.mp4"), None] {
            let mut segment = Segment::new("s.m4s", SegmentDuration::from_micros(4_000_000));
            segment.map_change = change.map(Map::new);
            playlist.segments.push(segment);
        }
        assert_eq!(playlist.to_m3u8().matches("#EXT-X-MAP").count(), 2);
    }
}
