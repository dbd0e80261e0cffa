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

    pub(super) fn become_status(&mut self, status: StreamStatus) -> Result<(), StreamRefusal> {
        if !self.status.next().contains(&status) {
            return Err(StreamRefusal::State(self.status));
        }
        self.status = status;
        Ok(())
    }
}
