//! What was sent in the last minute, in case somebody asks for it again.

use super::send::Sent;
use domain::StreamId;
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// For how long a segment is kept, in milliseconds of media.
const KEPT_MS: u64 = 60_000;

/// The segments of the last minute.
#[derive(Default)]
pub(crate) struct Recent(Mutex<VecDeque<Sent>>);

impl Recent {
    /// Keeps a segment, and forgets what is more than a minute older.
    pub(crate) fn keep(&self, sent: Sent) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back(sent);
        let mut later: u64 = kept.iter().map(|sent| sent.segment.duration_ms).sum();
        while let Some(oldest) = kept.front().map(|oldest| oldest.segment.duration_ms)
            && later - oldest >= KEPT_MS
        {
            kept.pop_front();
            later -= oldest;
        }
    }

    /// A segment, if it is kept.
    pub(crate) fn find(&self, stream: &StreamId, number: u32) -> Option<Sent> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it =
            |sent: &&Sent| sent.segment.stream_id == *stream && sent.segment.sequence_number == number;
        kept.iter().find(is_it).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::send::tests::sent, *};

    #[test]
    fn a_minute_is_kept() {
        let (recent, stream) = (Recent::default(), StreamId::live([1; 5]));
        for number in 0..200 {
            recent.keep(sent(&stream, number, 500));
        }
        let found: Vec<u32> = (0..200).filter(|number| recent.find(&stream, *number).is_some()).collect();
        assert_eq!(found, (80..200).collect::<Vec<_>>());
        assert!(recent.find(&StreamId::live([2; 5]), 199).is_none());
    }
}
