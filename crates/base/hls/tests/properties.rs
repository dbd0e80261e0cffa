//! Properties over random playlists: what is written reads back, keeps the rules, and means the same to
//! another parser.

mod strategies;

use hls::{
    Finding, Kind, Map, MasterPlaylist, MediaPlaylist, Playlist, RenditionKind, RenditionText, Segment,
    SegmentDuration, Selection, Snapshot, Track, check_history, check_master, check_media, check_renditions,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use strategies::{
    Step, TARGET, any_frame_rate, any_line, any_map, any_master, any_media, any_step, rendition,
};

/// Runs everything that takes a text.
fn read_in_every_way(text: &str) {
    let _ = (Playlist::parse(text), MediaPlaylist::parse(text), MasterPlaylist::parse(text));
    let _ = (check_media(text), check_master(text));
    let at = Some(std::time::Duration::MAX);
    let _ = check_history(&[Snapshot { at: None, text: "" }, Snapshot { at, text }, Snapshot { at, text }]);
    let track = Track::Audio;
    let _ = check_renditions(&[RenditionText { track, text }, RenditionText { track, text }]);
}

/// How many findings are about the characters rather than what they say.
fn syntax_findings(findings: &[Finding]) -> usize {
    let syntax = ["control-character", "attribute-malformed", "attribute-repeated"];
    findings.iter().filter(|finding| syntax.contains(&finding.rule)).count()
}

proptest! {
    #[test]
    fn media_playlists_read_back(playlist in any_media()) {
        prop_assert_eq!(Playlist::parse(&playlist.to_m3u8()), Ok(Playlist::Media(playlist)));
    }

    #[test]
    fn master_playlists_read_back(playlist in any_master()) {
        prop_assert_eq!(Playlist::parse(&playlist.to_m3u8()), Ok(Playlist::Master(playlist)));
    }

    #[test]
    fn written_playlists_keep_the_rules(media in any_media(), master in any_master()) {
        prop_assert_eq!(check_media(&media.to_m3u8()), []);
        prop_assert_eq!(check_master(&master.to_m3u8()), []);
    }

    #[test]
    fn another_parser_reads_the_same_segments(playlist in any_media()) {
        let text = playlist.to_m3u8();
        let theirs = m3u8_rs::parse_media_playlist_res(text.as_bytes()).expect("m3u8-rs reads it");
        prop_assert_eq!(theirs.version, Some(usize::from(playlist.version())));
        prop_assert_eq!(theirs.target_duration, u64::from(playlist.target_duration));
        prop_assert_eq!(theirs.media_sequence, playlist.media_sequence);
        prop_assert_eq!(theirs.discontinuity_sequence, playlist.discontinuity_sequence);
        prop_assert_eq!(theirs.end_list, playlist.kind.has_ended());
        prop_assert_eq!(theirs.segments.len(), playlist.segments.len());
        for (theirs, ours) in theirs.segments.iter().zip(&playlist.segments) {
            prop_assert_eq!(&theirs.uri, &ours.uri);
            prop_assert_eq!(theirs.discontinuity, ours.discontinuity);
            let micros = f64::from(theirs.duration) * 1e6;
            let off = micros - ours.duration.as_micros() as f64;
            prop_assert!(off.abs() < 1.0, "{} is {} us off", ours.duration, off);
        }
    }

    #[test]
    fn another_parser_reads_the_same_variants(playlist in any_master()) {
        let text = playlist.to_m3u8();
        let theirs = m3u8_rs::parse_master_playlist_res(text.as_bytes()).expect("m3u8-rs reads it");
        prop_assert_eq!(theirs.variants.len(), playlist.variants.len());
        prop_assert_eq!(theirs.alternatives.len(), playlist.media.len());
        for (theirs, ours) in theirs.variants.iter().zip(&playlist.variants) {
            prop_assert_eq!(&theirs.uri, &ours.uri);
            prop_assert_eq!(theirs.bandwidth, ours.bandwidth);
            prop_assert_eq!(theirs.codecs.clone(), Some(ours.codecs.join(",")));
            prop_assert_eq!(&theirs.audio, &ours.audio);
        }
    }

    #[test]
    fn hostile_strings_stay_where_they_belong(
        uri in any::<String>(),
        name in any::<String>(),
        map in any::<String>(),
    ) {
        let mut media = MediaPlaylist::new(Kind::Vod, TARGET);
        media.map = Some(Map::new(map));
        media.segments = vec![Segment::new(uri.clone(), SegmentDuration::from_micros(1)); 2];
        let read = MediaPlaylist::parse(&media.to_m3u8()).expect("still a playlist");
        prop_assert_eq!((read.segments.len(), read.kind), (2, Kind::Vod));
        prop_assert_eq!(syntax_findings(&check_media(&media.to_m3u8())), 0);

        let audio = RenditionKind::Audio { channels: None, uri: Some(uri) };
        let media = vec![rendition(audio, &name, name.clone(), Selection::Auto)];
        let master = MasterPlaylist { media, ..MasterPlaylist::default() }.to_m3u8();
        prop_assert_eq!(master.lines().count(), 3);
        prop_assert_eq!(syntax_findings(&check_master(&master)), 0, "{}", master);
    }

    #[test]
    fn a_life_of_legal_changes_keeps_the_rules(
        steps in prop::collection::vec(any_step(), 0..60),
        map in any_map(),
    ) {
        let mut playlist = MediaPlaylist::new(Kind::Live { ended: false }, TARGET);
        playlist.map = Some(map);
        let mut time = Timestamp::from_millisecond(1_770_000_000_000).expect("in range");
        let mut texts = vec![playlist.to_m3u8()];
        for (n, step) in steps.into_iter().enumerate() {
            match step {
                Step::Append(mut segment) => {
                    segment.uri = format!("{n}.m4s");
                    segment.program_date_time = Some(time);
                    time += SignedDuration::from_micros(segment.duration.as_micros().cast_signed());
                    playlist.append(segment).expect("fits");
                }
                // A window that is too short keeps what it has.
                Step::Drop => drop(playlist.drop_first()),
            }
            texts.push(playlist.to_m3u8());
        }
        playlist.end();
        texts.push(playlist.to_m3u8());
        let shots: Vec<_> = texts.iter().map(|text| Snapshot { at: None, text }).collect();
        prop_assert_eq!(check_history(&shots), []);
        for text in &texts {
            prop_assert_eq!(check_media(text), []);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_in_every_way(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_lines_make_it_panic(lines in prop::collection::vec(any_line(), 0..20)) {
        read_in_every_way(&lines.join("\n"));
        read_in_every_way(&format!("#EXTM3U\n#EXT-X-TARGETDURATION:4\n{}", lines.join("\r\n")));
    }

    #[test]
    fn lengths_cut_from_frames_never_drift(
        rate in any_frame_rate(),
        cuts in prop::collection::vec(1_u64..1_000, 1..300),
    ) {
        let ends = cuts.iter().scan(0, |end, cut| { *end += cut; Some((*end - cut, *end)) });
        let ends: Vec<_> = ends.collect();
        let lengths = ends.iter().map(|(from, to)| SegmentDuration::between(rate, *from, *to));
        let listed: SegmentDuration = lengths.sum();
        let frames = ends.last().expect("not empty").1;
        prop_assert_eq!(listed.as_micros(), rate.micros_at(frames));
    }
}
