//! Every way in which a live stream's status may change. A step that is refused changes nothing.

use super::{Stream, StreamStatus};
use crate::{
    Timestamp,
    event::{Envelope, Event, Outgoing, Topic},
};

/// Why a change of a live stream is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamRefusal {
    /// It is in a state in which this cannot happen.
    #[error("a live stream that is {} cannot do this", .0.name())]
    State(StreamStatus),
    /// Nothing would change.
    #[error("it is so already")]
    Already,
}

impl Stream {
    /// Somebody ends it. The event that says so goes the way of its segments, so that "after the last segment" is the log's
    /// own order.
    ///
    /// # Errors
    /// [`StreamRefusal::Already`] when somebody has.
    pub fn end(mut self, now: Timestamp) -> Result<Self, StreamRefusal> {
        if self.ended_at.is_some() {
            return Err(StreamRefusal::Already);
        }
        self.become_status(StreamStatus::Ending)?;
        self.ended_at = Some(now);
        let event = Event::LiveEnded { stream_id: self.stream_id.clone() };
        let event = Envelope::new(self.stream_id.as_str(), "ended", now, event);
        self.outbox.push(Outgoing { topic: Topic::LiveChunks, key: self.stream_id.to_string(), event }, now);
        Ok(self)
    }

    /// Nothing has come for long.
    ///
    /// # Errors
    /// [`StreamRefusal::State`] unless it is live.
    pub fn stall(mut self) -> Result<Self, StreamRefusal> {
        self.become_status(StreamStatus::Stalled)?;
        Ok(self)
    }

    /// Its recording is a video.
    ///
    /// # Errors
    /// [`StreamRefusal::Already`] when it was, [`StreamRefusal::State`] while its playlist has not ended.
    pub fn recorded(mut self, now: Timestamp) -> Result<Self, StreamRefusal> {
        if self.status == StreamStatus::Vod {
            return Err(StreamRefusal::Already);
        }
        if !self.timeline.ended {
            return Err(StreamRefusal::State(self.status));
        }
        self.become_status(StreamStatus::Vod)?;
        self.completed_at = Some(now);
        Ok(self)
    }

    /// Servers of viewers need not keep its playlist in memory any more.
    ///
    /// # Errors
    /// [`StreamRefusal::Already`] when they were told, [`StreamRefusal::State`] while it may change.
    pub fn retire_playlist(mut self, now: Timestamp) -> Result<Self, StreamRefusal> {
        if self.status != StreamStatus::Vod {
            return Err(StreamRefusal::State(self.status));
        }
        if self.playlist_retired_at.is_some() {
            return Err(StreamRefusal::Already);
        }
        self.playlist_retired_at = Some(now);
        Ok(self)
    }

    fn become_status(&mut self, status: StreamStatus) -> Result<(), StreamRefusal> {
        if !self.status.next().contains(&status) {
            return Err(StreamRefusal::State(self.status));
        }
        self.status = status;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{StreamId, live::NewStream};

    fn stream() -> Stream {
        let new = NewStream {
            stream_id: StreamId::live([1; 5]),
            match_id: None,
            home_team: "A".to_owned(),
            away_team: "B".to_owned(),
            competition: String::new(),
            target_duration: None,
        };
        Stream::started(new, Timestamp::from_millis(0))
    }

    #[test]
    fn a_stream_ends_once_and_says_so_where_its_segments_go() {
        let now = Timestamp::from_millis(1);
        let ending = stream().stall().unwrap().end(now).unwrap();
        assert_eq!(ending.status, StreamStatus::Ending);
        let [outgoing] = &ending.outbox.events[..] else { panic!("{:?}", ending.outbox) };
        assert_eq!((outgoing.topic, outgoing.key.as_str()), (Topic::LiveChunks, "live-0101010101"));
        assert_eq!(ending.clone().end(now), Err(StreamRefusal::Already));
        assert_eq!(ending.stall(), Err(StreamRefusal::State(StreamStatus::Ending)));
    }

    #[test]
    fn only_a_playlist_that_has_ended_becomes_a_recording() {
        let now = Timestamp::from_millis(1);
        let mut ending = stream().end(now).unwrap();
        assert_eq!(ending.clone().recorded(now), Err(StreamRefusal::State(StreamStatus::Ending)));
        assert_eq!(ending.clone().retire_playlist(now), Err(StreamRefusal::State(StreamStatus::Ending)));
        ending.timeline.ended = true;
        let vod = ending.recorded(now).unwrap();
        assert_eq!(vod.clone().recorded(now), Err(StreamRefusal::Already));
        let retired = vod.retire_playlist(now).unwrap();
        assert_eq!(retired.retire_playlist(now), Err(StreamRefusal::Already));
    }
}
