//! Filing: every dead letter becomes a document, where people find it and ask for it again.

use async_trait::async_trait;
use domain::{
    event::{self, Event, Topic},
    letter::{Letter, LetterId, Payload, Subject},
};
use ports::{Clock, Received, Record};
use prometheus::IntCounterVec;
use service_kit::{Collection, ORIGIN_HEADER, REASON_HEADER, Receiver, WHOLE_HEADER, until_available};
use std::sync::Arc;

/// Files the records of the topic of dead letters.
pub(crate) struct Filing {
    pub(crate) letters: Collection<Letter>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) filed: IntCounterVec,
}

#[async_trait]
impl Receiver for Filing {
    async fn receive(&self, received: &Received) {
        let letter = letter(received, self.clock.now());
        let filing = || self.letters.insert(&letter);
        match until_available(&*self.clock, "filing a dead letter", filing).await {
            Ok(true) => self.filed.with_label_values(&[topic_of(&letter.subject)]).inc(),
            Ok(false) => {}
            Err(error) => {
                tracing::error!(letter_id = %letter.letter_id, %error, "a dead letter could not be filed");
            }
        }
    }
}

/// The topic that a letter's subject was read from; a dead job is one that was rung for.
fn topic_of(subject: &Subject) -> &'static str {
    match subject {
        Subject::Job { .. } => Topic::TranscodeTasks.name(),
        Subject::Event { origin, .. } => {
            let named = origin.split('/').next().unwrap_or_default();
            Topic::ALL.into_iter().map(Topic::name).find(|name| *name == named).unwrap_or("unknown")
        }
    }
}

fn letter(received: &Received, now: domain::Timestamp) -> Letter {
    let id = LetterId::derive(received.position.partition.number, received.position.offset);
    let record = &received.record;
    let (reason, subject) = match record.payload.as_deref().and_then(dead_job) {
        Some(job) => job,
        None => event_letter(record),
    };
    Letter::parked(id, reason, subject, now)
}

fn dead_job(payload: &[u8]) -> Option<(String, Subject)> {
    match event::decode(payload).ok()?.event {
        Event::JobDead { job_id, stream_id, part, reason, stderr } => {
            Some((reason, Subject::Job { job_id, stream_id, part, stderr }))
        }
        _ => None,
    }
}

fn event_letter(record: &Record) -> (String, Subject) {
    let header = |wanted: &str| {
        let found = record.headers.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str())
    };
    let payload = match header(WHOLE_HEADER) {
        Some("null") => Payload::of(None, true),
        Some("yes") | None => Payload::of(record.payload.as_deref(), true),
        Some(_) => Payload::of(record.payload.as_deref(), false),
    };
    let reason = header(REASON_HEADER).unwrap_or("nobody wrote down why");
    let origin = header(ORIGIN_HEADER).unwrap_or_default().to_owned();
    let ours = [REASON_HEADER, ORIGIN_HEADER, WHOLE_HEADER];
    let headers = record.headers.iter().filter(|(name, _)| !ours.contains(&name.as_str())).cloned().collect();
    (reason.to_owned(), Subject::Event { origin, key: record.key.clone(), payload, headers })
}
