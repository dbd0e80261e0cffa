//! Random playlists, as a server would publish them, and lines that only look like one.

use hls::{
    ByteRange, FrameRate, Kind, Map, MasterPlaylist, MediaPlaylist, MediaRendition, RenditionKind,
    Resolution, Segment, SegmentDuration, Selection, StartOffset, Variant, VideoRange,
};
use jiff::{SignedDuration, Timestamp};
use proptest::option;
use proptest::prelude::*;

pub(crate) const TARGET: u32 = 6;

fn any_duration() -> impl Strategy<Value = SegmentDuration> {
    (1_u64..6_499_999).prop_map(SegmentDuration::from_micros)
}

fn any_range() -> impl Strategy<Value = ByteRange> {
    (any::<u32>(), any::<u32>())
        .prop_map(|(length, offset)| ByteRange { length: length.into(), offset: offset.into() })
}

pub(crate) fn any_map() -> impl Strategy<Value = Map> {
    ("init-[a-z]{1,4}\\.mp4", option::of(any_range())).prop_map(|(uri, byterange)| Map { uri, byterange })
}

prop_compose! {
    fn any_segment()(
        duration in any_duration(),
        flags in (any::<bool>(), any::<bool>()),
        byterange in option::of(any_range()),
        map_change in option::weighted(0.1, any_map()),
    ) -> Segment {
        let (discontinuity, gap) = flags;
        Segment { discontinuity, gap, byterange, map_change, ..Segment::new("", duration) }
    }
}

fn any_kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Vod),
        any::<bool>().prop_map(|ended| Kind::Event { ended }),
        any::<bool>().prop_map(|ended| Kind::Live { ended }),
    ]
}

prop_compose! {
    /// A playlist as a server would publish it: distinct addresses, continuous dates, a map before
    /// everything.
    pub(crate) fn any_media()(
        kind in any_kind(),
        numbers in (0_u64..1 << 40, 0_u64..1 << 40),
        map in any_map(),
        precise in option::of(any::<bool>()),
        mut segments in prop::collection::vec(any_segment(), 0..20),
        dated in any::<bool>(),
    ) -> MediaPlaylist {
        let mut time = Timestamp::from_millisecond(1_770_000_000_000).expect("in range");
        let dated = dated || kind == Kind::Live { ended: false };
        let mut map_in_force = map.clone();
        for (n, segment) in segments.iter_mut().enumerate() {
            segment.uri = format!("segment-{n}.m4s?n={n}");
            segment.program_date_time = dated.then_some(time);
            time += SignedDuration::from_micros(segment.duration.as_micros().cast_signed());
            // A change to what is in force, or on the first segment, is no change; the writer leaves it out.
            segment.map_change = segment.map_change.take().filter(|next| n > 0 && *next != map_in_force);
            map_in_force = segment.map_change.clone().unwrap_or(map_in_force);
        }
        MediaPlaylist {
            media_sequence: numbers.0,
            discontinuity_sequence: numbers.1,
            start: precise.map(|precise| StartOffset { micros: 0, precise }),
            map: Some(map),
            segments,
            ..MediaPlaylist::new(kind, TARGET)
        }
    }
}

pub(crate) fn any_frame_rate() -> impl Strategy<Value = FrameRate> {
    let rate = |(frames, broadcast)| {
        if broadcast { FrameRate::new(frames * 1_000, 1_001) } else { FrameRate::new(frames, 1) }
    };
    (1_u32..240, any::<bool>()).prop_map(move |case| rate(case).expect("not zero"))
}

prop_compose! {
    fn any_variant()(
        rates in (1_000_000_u64..=4_000_000, 0_u64..9_000_000),
        resolution in (1_u32..8_000, 1_u32..8_000),
        frame_rate in any_frame_rate(),
        range in prop::sample::select(vec![VideoRange::Sdr, VideoRange::Hlg, VideoRange::Pq]),
        uri in "[a-z]{1,8}/[a-z0-9]{1,8}\\.m3u8",
        audio in any::<bool>(),
        subtitles in any::<bool>(),
    ) -> Variant {
        Variant {
            uri,
            bandwidth: rates.0 + rates.1,
            average_bandwidth: Some(rates.0),
            codecs: vec!["avc1.640028".into(), "mp4a.40.2".into()],
            resolution: Some(Resolution { width: resolution.0, height: resolution.1 }),
            frame_rate: Some(frame_rate),
            video_range: Some(range),
            audio: audio.then(|| "audio".into()),
            subtitles: subtitles.then(|| "text".into()),
        }
    }
}

pub(crate) fn rendition(
    kind: RenditionKind,
    group: &str,
    name: String,
    selection: Selection,
) -> MediaRendition {
    MediaRendition { kind, group_id: group.into(), name, language: Some("en".into()), selection }
}

prop_compose! {
    /// A master playlist as a server would publish it: one default in each group, and names that differ.
    pub(crate) fn any_master()(
        variants in prop::collection::vec(any_variant(), 1..6),
        channels in prop::collection::vec(1_u32..9, 0..4),
        name in "[A-Za-zé, =]{1,12}",
        manual in any::<bool>(),
    ) -> MasterPlaylist {
        let others = if manual { Selection::Manual } else { Selection::Auto };
        let text = RenditionKind::Subtitles { uri: "text.m3u8".into(), forced: true, for_deaf: true };
        let audio = RenditionKind::Audio { channels: Some(2), uri: None };
        let mut media = vec![
            rendition(text, "text", name.clone(), others),
            rendition(audio, "audio", name.clone(), Selection::Default),
        ];
        media.extend((0..).zip(channels).map(|(n, channels)| {
            let uri = Some(format!("audio-{n}.m3u8"));
            let kind = RenditionKind::Audio { channels: Some(channels), uri };
            rendition(kind, "audio", format!("{name}{n}"), others)
        }));
        MasterPlaylist { independent_segments: true, start: None, media, variants, frames: Vec::new() }
    }
}

/// One step in the life of a live playlist.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Append(Segment),
    Drop,
}

pub(crate) fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![3 => any_segment().prop_map(Step::Append), 2 => Just(Step::Drop)]
}

/// Lines that look enough like a playlist to reach deep into the parser and the rules.
pub(crate) fn any_line() -> impl Strategy<Value = String> {
    let tags = "#EXT(M3U|INF|-X-(VERSION|TARGETDURATION|MEDIA-SEQUENCE|DISCONTINUITY-SEQUENCE|BYTERANGE\
        |KEY|MAP|GAP|START|ENDLIST|DISCONTINUITY|PLAYLIST-TYPE|PROGRAM-DATE-TIME|MEDIA|STREAM-INF|DEFINE))";
    let values = prop_oneof![
        Just(String::new()),
        Just(":VOD".to_owned()),
        Just(":9999-12-31T23:59:59Z".to_owned()),
        Just(":-9999-01-02T00:00:00Z".to_owned()),
        ":[0-9]{1,20}(\\.[0-9]{0,9})?,?",
        ":(URI|BYTERANGE|TIME-OFFSET|BANDWIDTH|FRAME-RATE|TYPE|CODECS)=\"?[0-9a-zA-Z@.,-]{0,20}\"?",
        ":.{0,12}",
    ];
    prop_oneof![
        6 => (tags, values).prop_map(|(tag, value)| tag + &value),
        2 => "[a-z]{0,3}\\.(ts|m4s)",
        1 => ".{0,12}",
    ]
}
