//! The playlists of live streams: what is listed while they run, and the whole recording afterwards.

use crate::{
    FrameRate, Kind, MasterPlaylist, MediaPlaylist, Resolution, Segment, SegmentDuration, StartOffset,
    Variant, VideoRange,
};
use domain::{
    live::{Format, Listing, LiveSegmentRecord, Place, Stream},
    video::MeasuredRate,
};
use jiff::Timestamp;

/// The name of a live segment, as its playlist writes it.
#[must_use]
pub fn segment_name(number: u32) -> String {
    format!("{number}.ts")
}

/// The number of a live segment of this name.
#[must_use]
pub fn segment_number(name: &str) -> Option<u32> {
    let number = name.strip_suffix(".ts")?.parse().ok()?;
    (segment_name(number) == name).then_some(number)
}

/// A stream's playlist as it is now. `address` gives each segment's address.
#[must_use]
pub fn playlist(stream: &Stream, address: impl Fn(u32) -> String) -> MediaPlaylist {
    let timeline = &stream.timeline;
    let mut playlist = MediaPlaylist::new(Kind::Live { ended: timeline.ended }, stream.target_duration);
    playlist.media_sequence = timeline.media_sequence;
    playlist.discontinuity_sequence = timeline.discontinuity_sequence;
    playlist.segments = timeline.window.iter().map(|place| segment(place, address(place.number))).collect();
    playlist
}

/// The playlist of a whole recording, from its records in the order of their numbers.
#[must_use]
pub fn recording(records: &[LiveSegmentRecord], address: impl Fn(u32) -> String) -> MediaPlaylist {
    let mut places: Vec<Place> = Vec::with_capacity(records.len());
    for record in records {
        let begins =
            |before: &Place| if record.discontinuity { record.starts_at_us } else { before.ends_at_us() };
        places.push(Place {
            number: record.sequence_number,
            duration_us: record.duration_us,
            starts_at_us: places.last().map_or(record.starts_at_us, begins),
            discontinuity: record.discontinuity,
            gap: record.status == Listing::Gap,
        });
    }
    let seconds = |place: &Place| SegmentDuration::from_micros(place.duration_us).rounded_seconds();
    let longest = places.iter().map(seconds).max().unwrap_or(1).max(1);
    let mut playlist = MediaPlaylist::new(Kind::Vod, u32::try_from(longest).unwrap_or(u32::MAX));
    playlist.start = (!places.is_empty()).then_some(StartOffset { micros: 0, precise: false });
    playlist.segments = places.iter().map(|place| segment(place, address(place.number))).collect();
    playlist
}

/// The master playlist of a stream or recording: one variant, whose playlist has this address.
#[must_use]
pub fn master(format: &Format, rate: &MeasuredRate, uri: String) -> MasterPlaylist {
    let codecs = format.codecs.as_deref().unwrap_or_default();
    let codecs: Vec<String> = codecs.split(',').map(str::trim).map(str::to_owned).collect();
    let resolution = format.resolution.split_once('x').and_then(|(width, height)| {
        Some(Resolution { width: width.parse().ok()?, height: height.parse().ok()? })
    });
    let variant = Variant {
        uri,
        bandwidth: rate.peak_bps.max(1),
        average_bandwidth: Some(rate.average_bps().max(1)),
        codecs: codecs.into_iter().filter(|codec| !codec.is_empty()).collect(),
        resolution,
        frame_rate: format.frame_rate.and_then(frame_rate),
        video_range: resolution.map(|_| VideoRange::Sdr),
        audio: None,
        subtitles: None,
    };
    MasterPlaylist {
        independent_segments: true,
        start: None,
        media: Vec::new(),
        variants: vec![variant],
        frames: Vec::new(),
    }
}

fn segment(place: &Place, uri: String) -> Segment {
    let mut segment = Segment::new(uri, SegmentDuration::from_micros(place.duration_us));
    segment.discontinuity = place.discontinuity;
    segment.gap = place.gap;
    segment.program_date_time = Timestamp::from_microsecond(place.starts_at_us).ok();
    segment
}

/// A rate that was measured, as a fraction: those of NTSC (x/1.001) exactly.
fn frame_rate(measured: f64) -> Option<FrameRate> {
    let whole = |rate: f64| (rate.is_finite() && (1.0..=1000.0).contains(&rate)).then(|| rate.round() as u32);
    let ntsc = whole(measured * 1.001)?;
    if (measured * 1.001 - f64::from(ntsc)).abs() < 0.005 && (measured - measured.round()).abs() > 0.005 {
        return FrameRate::new(ntsc.checked_mul(1000)?, 1001);
    }
    FrameRate::new((measured * 1000.0).round() as u32, 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check_master;

    #[test]
    fn names_read_back_and_nothing_else_does() {
        assert_eq!(segment_number(&segment_name(7)), Some(7));
        for name in ["07.ts", "+7.ts", "7.TS", "7", ".ts", "-1.ts", "4294967296.ts"] {
            assert_eq!(segment_number(name), None, "{name}");
        }
    }

    #[test]
    fn measured_rates_become_fractions() {
        let exact = |num, den| FrameRate::new(num, den);
        assert_eq!(frame_rate(29.97), exact(30_000, 1001));
        assert_eq!(frame_rate(25.0), exact(25_000, 1000));
        assert_eq!(frame_rate(12.5), exact(12_500, 1000));
        assert_eq!(frame_rate(f64::NAN), None);
        assert_eq!(frame_rate(0.0), None);
    }

    #[test]
    fn a_master_keeps_the_rules() {
        let format = Format {
            resolution: "1280x720".to_owned(),
            codecs: Some("avc1.64001f, mp4a.40.2".to_owned()),
            frame_rate: Some(29.97),
            ..Format::default()
        };
        let mut rate = MeasuredRate::default();
        rate.add(250_000, 1_000_000);
        let text = master(&format, &rate, "live/index.m3u8".to_owned()).to_m3u8();
        assert_eq!(check_master(&text), []);
    }
}
