//! Parking: what cannot be handled goes to the dead letters with its reason and origin, and blocks nobody.

use crate::until_available;
use domain::event::Topic;
use ports::{Clock, EventLog, LogError, Position, Received, Record};

/// The header that says why a record was parked.
pub const REASON_HEADER: &str = "reason";
/// The header that says where a parked record came from: `topic/partition/offset`.
pub const ORIGIN_HEADER: &str = "origin";
/// The header that says whether a parked record is kept whole: `yes`, `null` for one without a payload, or its size in
/// bytes when only its beginning is kept.
pub const WHOLE_HEADER: &str = "whole";

/// What is kept of a record that fills its topic's limit, so that reason and origin fit beside it.
const KEPT_BYTES: usize = 64 << 10;
/// A longer reason is cut.
const REASON_CHARS: usize = 1000;

/// Puts a record aside. A log that is away is waited for.
pub async fn park(log: &dyn EventLog, clock: &dyn Clock, received: &Received, reason: &str) {
    let Position { partition, offset } = received.position;
    let (topic, number) = (partition.topic.name(), partition.number);
    tracing::error!(topic, partition = number, offset, reason, "parked an event");
    let letter = letter(received, reason);
    let parking = || log.publish(Topic::DeadLetters, letter.clone());
    let mut parked = until_available(clock, "parking an event", parking).await;
    if matches!(parked, Err(LogError::TooLarge { .. })) {
        let beginning = cut(letter.clone());
        let parking = || log.publish(Topic::DeadLetters, beginning.clone());
        parked = until_available(clock, "parking the beginning of an event", parking).await;
    }
    if let Err(error) = parked {
        tracing::error!(topic, partition = number, offset, %error, "an event could not be parked");
    }
}

fn letter(received: &Received, reason: &str) -> Record {
    let Position { partition, offset } = received.position;
    let mut letter = received.record.clone();
    let origin = format!("{}/{}/{offset}", partition.topic.name(), partition.number);
    let whole = if letter.payload.is_some() { "yes" } else { "null" };
    let reason: String = reason.chars().take(REASON_CHARS).collect();
    letter.headers.retain(|(name, _)| ![REASON_HEADER, ORIGIN_HEADER, WHOLE_HEADER].contains(&name.as_str()));
    for (name, value) in [(REASON_HEADER, reason), (ORIGIN_HEADER, origin), (WHOLE_HEADER, whole.to_owned())]
    {
        letter.headers.push((name.to_owned(), value));
    }
    letter.payload.get_or_insert_default();
    letter
}

fn cut(mut letter: Record) -> Record {
    let payload = letter.payload.get_or_insert_default();
    let size = payload.len();
    payload.truncate(KEPT_BYTES);
    letter.headers.retain(|(name, _)| [REASON_HEADER, ORIGIN_HEADER].contains(&name.as_str()));
    letter.headers.push((WHOLE_HEADER.to_owned(), size.to_string()));
    letter
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::Partition;

    fn header<'a>(letter: &'a Record, name: &str) -> Vec<&'a str> {
        letter.headers.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str()).collect()
    }

    fn received(payload: Option<Vec<u8>>) -> Received {
        let partition = Partition { topic: Topic::VodChunks, number: 2 };
        let headers = vec![("reason".to_owned(), "an older one".to_owned())];
        let record = Record { key: "k".to_owned(), payload, headers };
        Received { position: Position { partition, offset: 7 }, record }
    }

    #[test]
    fn a_letter_has_one_reason_and_its_origin() {
        let letter = letter(&received(None), "why");
        assert_eq!(header(&letter, REASON_HEADER), ["why"]);
        assert_eq!(header(&letter, ORIGIN_HEADER), ["vod-chunks/2/7"]);
        assert_eq!(header(&letter, WHOLE_HEADER), ["null"]);
        assert_eq!(letter.payload, Some(Vec::new()), "a tombstone would vanish from a compacted topic");
    }

    #[test]
    fn a_cut_letter_says_how_large_it_was() {
        let letter = cut(letter(&received(Some(vec![1; 1 << 20])), "why"));
        assert_eq!(header(&letter, WHOLE_HEADER), ["1048576"]);
        assert_eq!(letter.payload.map(|payload| payload.len()), Some(KEPT_BYTES));
    }
}
