//! The three changes that a published playlist may go through (RFC 8216bis 6.2.1, 6.2.2).

use crate::{Kind, MediaPlaylist, Segment, SegmentDuration};

/// The fewest target durations that a live playlist keeps when it drops a segment (RFC 8216bis 6.2.2).
pub const MIN_WINDOW_TARGET_DURATIONS: u64 = 3;

/// The fewest segments that a live playlist keeps when it drops one (Apple authoring 8.11).
pub const MIN_WINDOW_SEGMENTS: usize = 6;

/// A change that a published playlist must not go through.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MutationError {
    /// ENDLIST is there.
    #[error("the playlist has ended and can no longer change; start another one")]
    Ended,
    /// The segment breaks the promised bound.
    #[error("a segment of {duration} s does not fit the target duration of {target} s; cut it shorter")]
    TooLong {
        /// The segment's length.
        duration: SegmentDuration,
        /// The playlist's target duration, in seconds.
        target: u32,
    },
    /// Only live playlists lose segments.
    #[error("only a live playlist may drop segments; this one is {0:?}")]
    NotAWindow(Kind),
    /// Too little would remain.
    #[error(
        "{segments} segments of {duration} s would remain; keep {MIN_WINDOW_SEGMENTS} and {needed} s at least"
    )]
    WindowTooShort {
        /// How many segments would remain.
        segments: usize,
        /// How long they would be.
        duration: SegmentDuration,
        /// The shortest window, in seconds.
        needed: u64,
    },
}

impl MediaPlaylist {
    /// Adds a segment at the end.
    ///
    /// # Errors
    /// The playlist has ended (VOD always has), or the segment exceeds the target duration.
    pub fn append(&mut self, segment: Segment) -> Result<(), MutationError> {
        if self.kind.has_ended() {
            return Err(MutationError::Ended);
        }
        if segment.duration.rounded_seconds() > u64::from(self.target_duration) {
            return Err(MutationError::TooLong { duration: segment.duration, target: self.target_duration });
        }
        self.segments.push(segment);
        Ok(())
    }

    /// Removes the first segment, and keeps what the others need of it: the numbers and the initialisation
    /// section.
    ///
    /// # Errors
    /// The playlist is not a live one, has ended, or too little would remain.
    pub fn drop_first(&mut self) -> Result<Segment, MutationError> {
        match self.kind {
            Kind::Live { ended: false } => {}
            Kind::Live { ended: true } => return Err(MutationError::Ended),
            Kind::Vod | Kind::Event { .. } => return Err(MutationError::NotAWindow(self.kind)),
        }
        self.refuse_short_window()?;
        let first = self.segments.remove(0);
        self.media_sequence += 1;
        self.discontinuity_sequence += u64::from(first.discontinuity);
        if first.map_change.is_some() {
            self.map.clone_from(&first.map_change);
        }
        Ok(first)
    }

    /// Says that nothing more comes. Ending twice is ending once.
    pub fn end(&mut self) {
        self.kind = match self.kind {
            Kind::Vod => Kind::Vod,
            Kind::Event { .. } => Kind::Event { ended: true },
            Kind::Live { .. } => Kind::Live { ended: true },
        };
    }

    fn refuse_short_window(&self) -> Result<(), MutationError> {
        let duration: SegmentDuration = self.segments.iter().skip(1).map(|segment| segment.duration).sum();
        let needed = MIN_WINDOW_TARGET_DURATIONS * u64::from(self.target_duration);
        let segments = self.segments.len().saturating_sub(1);
        if segments < MIN_WINDOW_SEGMENTS || duration.as_micros() < needed * 1_000_000 {
            return Err(MutationError::WindowTooShort { segments, duration, needed });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Map;

    fn seconds(count: u64) -> SegmentDuration {
        SegmentDuration::from_micros(count * 1_000_000)
    }

    fn window(segments: usize) -> MediaPlaylist {
        let mut playlist = MediaPlaylist::new(Kind::Live { ended: false }, 4);
        for n in 0..segments {
            playlist.append(Segment::new(format!("{n}.m4s"), seconds(4))).expect("fits");
        }
        playlist
    }

    #[test]
    fn dropping_carries_numbers_and_map_forward() {
        let mut playlist = window(7);
        playlist.segments[0].discontinuity = true;
        playlist.segments[0].map_change = Some(Map::new("init-2.mp4"));
        assert_eq!(playlist.drop_first().expect("long enough").uri, "0.m4s");
        assert_eq!((playlist.media_sequence, playlist.discontinuity_sequence), (1, 1));
        assert_eq!(playlist.map, Some(Map::new("init-2.mp4")));
    }

    #[test]
    fn a_short_window_keeps_what_it_has() {
        let mut playlist = window(6);
        let needed = 12;
        let refused = MutationError::WindowTooShort { segments: 5, duration: seconds(20), needed };
        assert_eq!(playlist.drop_first(), Err(refused));
        assert_eq!(playlist, window(6));
    }

    #[test]
    fn nothing_changes_after_the_end() {
        let mut playlist = window(8);
        playlist.end();
        playlist.end();
        assert_eq!(playlist.append(Segment::new("9.m4s", seconds(4))), Err(MutationError::Ended));
        assert_eq!(playlist.drop_first(), Err(MutationError::Ended));
        let mut vod = MediaPlaylist::new(Kind::Vod, 4);
        assert_eq!(vod.append(Segment::new("0.m4s", seconds(4))), Err(MutationError::Ended));
    }

    #[test]
    fn an_event_drops_nothing_and_a_long_segment_is_refused() {
        let mut event = MediaPlaylist { kind: Kind::Event { ended: false }, ..window(8) };
        assert_eq!(event.drop_first(), Err(MutationError::NotAWindow(Kind::Event { ended: false })));
        let refused = MutationError::TooLong { duration: seconds(5), target: 4 };
        assert_eq!(event.append(Segment::new("9.m4s", seconds(5))), Err(refused));
    }
}
