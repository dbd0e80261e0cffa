//! When the pictures of a segment are shown, from their timestamps in any order.

const WRAP: i64 = 1 << 33;

/// The timestamps of one stream, in 1/90000 s.
#[derive(Default)]
pub(super) struct Timing {
    /// The first that was read; all others count from it.
    base: Option<u64>,
    least: i64,
    most: i64,
    count: u32,
}

impl Timing {
    /// Takes a timestamp in. They have 33 bits and may wrap around within a segment.
    pub(super) fn add(&mut self, pts: u64) {
        let base = *self.base.get_or_insert(pts);
        let apart = (pts.cast_signed() - base.cast_signed()).rem_euclid(WRAP);
        let apart = if apart >= WRAP / 2 { apart - WRAP } else { apart };
        self.least = self.least.min(apart);
        self.most = self.most.max(apart);
        self.count += 1;
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// The earliest.
    pub(super) fn first(&self) -> Option<u64> {
        let base = self.base?.cast_signed();
        u64::try_from((base + self.least).rem_euclid(WRAP)).ok()
    }

    /// From the earliest to the end of the latest, which is as long as the others are on average.
    pub(super) fn duration_us(&self) -> Option<u64> {
        let spans = u64::from(self.count.checked_sub(1)?);
        let span = u64::try_from(self.most - self.least).ok().filter(|span| *span > 0)?;
        Some((span * u64::from(self.count) * 100).checked_div(spans)? / 9)
    }

    /// How many there are in a second.
    pub(super) fn per_second(&self) -> Option<f64> {
        let seconds = self.duration_us()? as f64 / 1e6;
        Some((f64::from(self.count) / seconds * 1000.0).round() / 1000.0)
    }
}
