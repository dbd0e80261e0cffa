//! Which number of the stream a segment gets. An encoder counts from where it likes, and from there again when it is restarted;
//! a stream's numbers rise for ever.

use domain::live::MAX_HOLE;

/// How an encoder's numbers become the stream's, as far as this process knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    /// What is added to the encoder's.
    added: i64,
    /// One more than the highest that was given.
    free: u32,
}

impl Numbers {
    /// The number for the one that the encoder gives. A leap that no lost segments explain begins anew; none when the stream
    /// has no numbers left. `next` is what the stream's playlist expects.
    pub(crate) fn place(&mut self, sent: u32, next: Option<u32>) -> Option<u32> {
        self.free = self.free.max(next.unwrap_or(0));
        let number = u32::try_from(i64::from(sent) + self.added).ok();
        match number {
            Some(number) if next.is_none() || number <= self.free.saturating_add(MAX_HOLE) => valid(number),
            _ => self.begin_anew(sent, next),
        }
    }

    /// The number under which the encoder goes on when what it gives is taken: it was restarted.
    pub(crate) fn begin_anew(&mut self, sent: u32, next: Option<u32>) -> Option<u32> {
        self.free = self.free.max(next.unwrap_or(0));
        self.added = i64::from(self.free) - i64::from(sent);
        valid(self.free)
    }

    /// This number has a segment now.
    pub(crate) fn given(&mut self, number: u32) {
        self.free = self.free.max(number.saturating_add(1));
    }

    /// A name for what the encoder has been since it last began anew.
    pub(crate) fn encoder(&self) -> String {
        format!("ingest{:+}", self.added)
    }
}

/// Nothing could follow the last number.
fn valid(number: u32) -> Option<u32> {
    (number < u32::MAX).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoder_goes_on_after_a_restart() {
        let mut numbers = Numbers::default();
        for sent in 0..3 {
            assert_eq!(numbers.place(sent, None), Some(sent));
            numbers.given(sent);
        }
        let before = numbers.encoder();
        // 0 is taken.
        assert_eq!((numbers.place(0, Some(2)), numbers.begin_anew(0, Some(2))), (Some(0), Some(3)));
        numbers.given(3);
        assert_eq!(numbers.place(1, Some(4)), Some(4));
        assert_ne!(numbers.encoder(), before);
    }

    #[test]
    fn a_listener_that_forgot_finds_the_same_numbers_again() {
        let mut numbers = Numbers::default();
        // The encoder's 57 was the stream's 157 before, and 57 is taken.
        assert_eq!(numbers.place(57, Some(157)), Some(57));
        assert_eq!(numbers.begin_anew(57, Some(157)), Some(157));
        assert_eq!(numbers.encoder(), "ingest+100");
        assert_eq!(numbers.place(58, Some(158)), Some(158));
    }

    #[test]
    fn a_stream_may_begin_anywhere_and_never_leaps() {
        let mut numbers = Numbers::default();
        assert_eq!(numbers.place(1_700_000_000, None), Some(1_700_000_000));
        numbers.given(1_700_000_000);
        assert_eq!(numbers.place(1_700_000_003, Some(1_700_000_001)), Some(1_700_000_003));
        assert_eq!(numbers.place(4_000_000_000, Some(1_700_000_001)), Some(1_700_000_001));
        assert_eq!(Numbers::default().place(u32::MAX, None), None);
    }
}
