//! Still pictures of a video: a poster, and a storyboard of thumbnails to seek by.

use crate::media::VideoTrack;
use serde::{Deserialize, Serialize};

/// The poster's name: a folder in keys and addresses.
pub const POSTER: &str = "poster";
/// The storyboard's name: a folder in keys and addresses.
pub const STORYBOARD: &str = "storyboard";

/// The longest side of a poster, in pixels.
const POSTER_SIDE: u32 = 1280;
/// The longest side of a thumbnail, in pixels.
const THUMBNAIL_SIDE: u32 = 160;
/// So many thumbnails are aimed at,
const AIMED_AT: i64 = 200;
/// unless they would follow each other faster or slower than this, in microseconds.
const EVERY_US: std::ops::RangeInclusive<i64> = 2_000_000..=60_000_000;
/// A thumbnail may show a keyframe that is so much older, in microseconds, where that saves decoding all pictures between.
const OLDEST_US: i64 = 10_000_000;
/// Thumbnails side by side, and above each other, on one sheet.
const SHEET: u32 = 5;

/// The still pictures of a video, decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stills {
    /// The poster's size.
    pub poster: Size,
    /// The size of each thumbnail.
    pub thumbnail: Size,
    /// Each thumbnail stands for so many microseconds of the video.
    pub every_us: i64,
    /// Thumbnails in all; at least 1.
    pub count: u32,
    /// Thumbnails side by side on a sheet; at least 1.
    pub columns: u32,
    /// Rows of thumbnails on a sheet; at least 1.
    pub rows: u32,
}

/// A size in pixels, both even.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// Where a thumbnail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The number of its sheet.
    pub sheet: u32,
    /// Its left edge on the sheet, in pixels.
    pub x: u32,
    /// Its upper edge on the sheet, in pixels.
    pub y: u32,
}

impl Stills {
    /// The stills of a video that plays so long, in microseconds.
    #[must_use]
    pub fn of(video: &VideoTrack, duration_us: i64) -> Self {
        let duration_us = duration_us.max(1);
        let every_us = (duration_us / AIMED_AT).clamp(*EVERY_US.start(), *EVERY_US.end());
        let count = u32::try_from((duration_us - 1) / every_us + 1).unwrap_or(u32::MAX);
        let columns = count.min(SHEET);
        Self {
            poster: Size::within(video, POSTER_SIDE),
            thumbnail: Size::within(video, THUMBNAIL_SIDE),
            every_us,
            count,
            columns,
            rows: count.div_ceil(columns).min(SHEET),
        }
    }

    /// Whether keyframes alone show enough of this video.
    #[must_use]
    pub fn of_keyframes(&self, video: &VideoTrack) -> bool {
        video.timeline.has_keyframe_each(self.every_us.max(OLDEST_US))
    }

    /// Sheets in all.
    #[must_use]
    pub fn sheets(&self) -> u32 {
        self.count.div_ceil((self.columns * self.rows).max(1))
    }

    /// Thumbnails on sheet `sheet`; the last sheet may have fewer than the others.
    #[must_use]
    pub fn on_sheet(&self, sheet: u32) -> u32 {
        let full = self.columns * self.rows;
        self.count.saturating_sub(sheet.saturating_mul(full)).min(full)
    }

    /// Where thumbnail `index` is.
    #[must_use]
    pub fn place(&self, index: u32) -> Place {
        let (columns, rows) = (self.columns.max(1), self.rows.max(1));
        let on_sheet = index % (columns * rows);
        let (x, y) = (on_sheet % columns * self.thumbnail.width, on_sheet / columns * self.thumbnail.height);
        Place { sheet: index / (columns * rows), x, y }
    }
}

impl Size {
    /// The video's shape, with no side longer than `side` and none longer than the video's own.
    fn within(video: &VideoTrack, side: u32) -> Self {
        let longest = video.width.max(video.height).max(1);
        let scale = (f64::from(side) / f64::from(longest)).min(1.0);
        let even = |pixels: u32| ((f64::from(pixels) * scale / 2.0).round() as u32 * 2).max(2);
        Self { width: even(video.width), height: even(video.height) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{rate::Rate, timeline::Timeline};
    use proptest::prelude::*;

    fn video(width: u32, height: u32) -> VideoTrack {
        let timeline = Timeline {
            start_us: 0,
            end_us: 0,
            frames: 1,
            rate: Rate { num: 25, den: 1 },
            constant: true,
            longest_gap_us: 0,
            untimed: None,
            keyframes: Vec::new(),
        };
        let (codec, interlaced, high_dynamic_range) = ("h264".to_owned(), false, false);
        VideoTrack { stream_index: 0, codec, width, height, interlaced, high_dynamic_range, timeline }
    }

    #[test]
    fn a_film_has_a_bounded_storyboard() {
        let film = Stills::of(&video(1920, 800), 2 * 3600 * 1_000_000);
        assert_eq!((film.count, film.sheets(), film.thumbnail), (200, 8, Size { width: 160, height: 66 }));
        assert_eq!(film.place(26), Place { sheet: 1, x: 160, y: 0 });
        let day = Stills::of(&video(1080, 1920), 12 * 3600 * 1_000_000);
        assert_eq!((day.count, day.poster), (720, Size { width: 720, height: 1280 }));
    }

    proptest! {
        #[test]
        fn every_thumbnail_has_a_place_of_its_own(duration_us in 1i64..50_000_000_000) {
            let stills = Stills::of(&video(640, 360), duration_us);
            let places: Vec<Place> = (0..stills.count).map(|index| stills.place(index)).collect();
            let distinct = places.iter().enumerate().all(|(at, place)| !places[..at].contains(place));
            prop_assert_eq!((0..stills.sheets()).map(|sheet| stills.on_sheet(sheet)).sum::<u32>(), stills.count);
            prop_assert!(distinct && places.iter().all(|place| place.sheet < stills.sheets()));
            let covered = i64::from(stills.count) * stills.every_us;
            prop_assert!(covered >= duration_us && covered - stills.every_us < duration_us);
        }
    }
}
