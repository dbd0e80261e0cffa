//! Rules between the media playlists of one presentation.

use std::collections::BTreeMap;

use super::finding::{Breach, Rule};
use super::segments::MediaOutline;
use crate::parse::outline::Outline;

/// The rules, by id.
pub(super) const RULES: &[Rule<Presentation>] = &[
    Rule::new(
        "target-durations-differ",
        "RFC 8216bis 6.2.4",
        "the same target duration",
        target_durations_differ,
    ),
    Rule::new("playlist-types-differ", "RFC 8216bis 6.2.4", "the same EXT-X-PLAYLIST-TYPE", types_differ),
    Rule::new(
        "discontinuities-differ",
        "RFC 8216bis 6.2.4",
        "the same discontinuities",
        discontinuities_differ,
    ),
    Rule::new("boundaries-differ", "Apple authoring 8.22", "segments that end together", boundaries_differ),
    Rule::new("dates-in-some", "RFC 8216bis 6.2.4", "EXT-X-PROGRAM-DATE-TIME in all or none", dates_in_some),
];

/// How far the segments of two video renditions may part, in microseconds: what rounding a length loses.
pub(super) const VIDEO_TOLERANCE: u64 = 1_000;

/// How much further the very ends may part: a rendition of half the frame rate cannot show the last frame of an odd number
/// for half of its own frame's time. One frame at 30 per second.
const END_TOLERANCE: u64 = 33_334;

/// How far those of audio may: one AAC frame (1,024 samples) at 44.1 kHz, and the rounding.
pub(super) const AUDIO_TOLERANCE: u64 = 23_220 + VIDEO_TOLERANCE;

/// What a rendition carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Track {
    /// Video, with or without audio in the same segments.
    Video,
    /// Audio alone.
    Audio,
    /// Subtitles, which may be cut in their own way.
    Subtitles,
    /// Single pictures, to seek by (RFC 8216 4.3.3.6); each is listed with the time until the next one.
    Frames,
}

/// One media playlist of a presentation.
#[derive(Clone, Copy, Debug)]
pub struct RenditionText<'a> {
    /// What it carries.
    pub track: Track,
    /// The playlist.
    pub text: &'a str,
}

/// The media playlists of one presentation. The first is what the others are held against.
pub(super) struct Presentation {
    renditions: Vec<(Track, MediaOutline)>,
}

impl Presentation {
    /// Reads the playlists.
    pub(super) fn new(renditions: &[RenditionText<'_>]) -> Self {
        let read = |rendition: &RenditionText<'_>| {
            (rendition.track, MediaOutline::new(Outline::read(rendition.text)))
        };
        Self { renditions: renditions.iter().map(read).collect() }
    }

    /// A breach for every rendition that is not like the first, with the line and what differs.
    fn against_first(
        &self,
        tracks: &[Track],
        differs: impl Fn(&MediaOutline, &MediaOutline, Track) -> Option<Breach>,
    ) -> Vec<Breach> {
        let numbered = self.renditions.iter().enumerate();
        let mut same_kind = numbered.filter(|(_, (track, _))| tracks.contains(track));
        let Some((_, (_, first))) = same_kind.next() else { return Vec::new() };
        let breach = |(text, (track, playlist)): (usize, &(Track, MediaOutline))| {
            differs(first, playlist, *track).map(|breach| breach.in_text(text))
        };
        same_kind.filter_map(breach).collect()
    }
}

const ALL: &[Track] = &[Track::Video, Track::Audio, Track::Subtitles];
const TIMED: &[Track] = &[Track::Video, Track::Audio];

fn target_durations_differ(presentation: &Presentation) -> Vec<Breach> {
    presentation.against_first(ALL, |first, other, track| {
        // The one exception of the clause.
        let excused = track == Track::Subtitles && other.playlist_type() == Some("VOD");
        let differs = first.target_duration != other.target_duration && !excused;
        let show = |playlist: &MediaOutline| format!("{} s", playlist.target_duration.unwrap_or(0));
        let line = other.line_of("EXT-X-TARGETDURATION");
        differs.then(|| Breach::at(line, show(other)).allowed(show(first)))
    })
}

fn types_differ(presentation: &Presentation) -> Vec<Breach> {
    presentation.against_first(ALL, |first, other, _| {
        let show = |playlist: &MediaOutline| playlist.playlist_type().unwrap_or("none").to_owned();
        let line = other.line_of("EXT-X-PLAYLIST-TYPE");
        (show(first) != show(other)).then(|| Breach::at(line, show(other)).allowed(show(first)))
    })
}

/// Compares the discontinuity sequence number of every segment that both list.
fn discontinuities_differ(presentation: &Presentation) -> Vec<Breach> {
    presentation.against_first(TIMED, |first, other, _| {
        let expected: BTreeMap<u64, u64> = discontinuity_numbers(first).collect();
        let lines = other.segments.iter().map(|segment| segment.line);
        let mut found = lines.zip(discontinuity_numbers(other));
        found.find_map(|(line, (segment, number))| {
            let expected = *expected.get(&segment)?;
            let measured = format!("discontinuity number {number} at segment {segment}");
            (expected != number).then(|| Breach::at(line, measured).allowed(expected.to_string()))
        })
    })
}

/// The media sequence number and the discontinuity sequence number of each segment.
fn discontinuity_numbers(playlist: &MediaOutline) -> impl Iterator<Item = (u64, u64)> {
    playlist.segments.iter().scan(playlist.discontinuity_sequence, |number, segment| {
        *number = number.saturating_add(u64::from(segment.discontinuity));
        Some((segment.number, *number))
    })
}

/// Compares complete playlists only: two live ones may have been fetched a segment apart.
fn boundaries_differ(presentation: &Presentation) -> Vec<Breach> {
    presentation.against_first(TIMED, |first, other, track| {
        if !first.has_ended() || !other.has_ended() || first.media_sequence != other.media_sequence {
            return None;
        }
        let tolerance = if track == Track::Audio { AUDIO_TOLERANCE } else { VIDEO_TOLERANCE };
        let last = other.segments.len();
        let lines = other.segments.iter().zip(1..).map(|(segment, number)| (segment.line, number == last));
        let mut ends = lines.zip(first.boundaries().zip(other.boundaries()));
        let apart = |((_, at_end), (a, b)): &((_, bool), (u64, u64))| {
            a.abs_diff(*b) > tolerance + if *at_end { END_TOLERANCE } else { 0 }
        };
        if let Some(((line, _), (expected, found))) = ends.find(apart) {
            return Some(Breach::at(line, format!("ends at {found} us")).allowed(format!("{expected} us")));
        }
        let (expected, found) = (first.segments.len(), other.segments.len());
        let measured = format!("{found} segments");
        (expected != found)
            .then(|| Breach::at(other.outline.last_line, measured).allowed(expected.to_string()))
    })
}

fn dates_in_some(presentation: &Presentation) -> Vec<Breach> {
    let dated = |playlist: &MediaOutline| playlist.segments.iter().any(|segment| segment.date.is_some());
    presentation.against_first(ALL, |first, other, _| {
        let comparable = !first.segments.is_empty() && !other.segments.is_empty();
        let (expected, found) = (dated(first), dated(other));
        let show = |dates: bool| if dates { "dates" } else { "no dates" };
        let line = other.line_of("EXT-X-PROGRAM-DATE-TIME");
        (comparable && expected != found).then(|| Breach::at(line, show(found)).allowed(show(expected)))
    })
}
