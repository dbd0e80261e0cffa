//! Records on their way to Kafka and back.

use crate::names::Names;
use ports::{Partition, Position, Received, Record};
use rdkafka::{
    Message,
    message::{BorrowedHeaders, BorrowedMessage, Header, Headers, OwnedHeaders},
    producer::FutureRecord,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A record's size in bytes: key, payload and headers.
pub(crate) fn size(record: &Record) -> usize {
    let headers = record.headers.iter().map(|(name, value)| name.len() + value.len());
    record.key.len() + record.payload.as_ref().map_or(0, Vec::len) + headers.sum::<usize>()
}

/// The record as the producer takes it. No payload is a tombstone; an empty one is not.
pub(crate) fn outgoing<'a>(topic: &'a str, record: &'a Record) -> FutureRecord<'a, str, [u8]> {
    let empty = OwnedHeaders::new_with_capacity(record.headers.len());
    let headers = record.headers.iter().fold(empty, |headers, (name, value)| {
        headers.insert(Header { key: name, value: Some(value.as_bytes()) })
    });
    FutureRecord {
        topic,
        partition: None,
        payload: record.payload.as_deref(),
        key: Some(&record.key),
        timestamp: None,
        headers: Some(headers),
    }
}

/// What a consumer got, unless it is of a topic that it never asked for. Others may have written it: a missing key is an
/// empty one, and what is no UTF-8 becomes replacement characters.
pub(crate) fn incoming(names: &Names, message: &BorrowedMessage<'_>) -> Option<Received> {
    let partition = partition(names, message.topic(), message.partition())?;
    Some(Received {
        position: Position { partition, offset: u64::try_from(message.offset()).ok()? },
        record: Record {
            key: String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned(),
            payload: message.payload().map(<[u8]>::to_vec),
            headers: message.headers().map(headers).unwrap_or_default(),
        },
    })
}

/// A partition by its names on the server.
pub(crate) fn partition(names: &Names, topic: &str, number: i32) -> Option<Partition> {
    Some(Partition { topic: names.find(topic)?, number: u32::try_from(number).ok()? })
}

/// A partition's number as Kafka writes it.
pub(crate) fn number(partition: Partition) -> i32 {
    i32::try_from(partition.number).unwrap_or(i32::MAX)
}

fn headers(headers: &BorrowedHeaders) -> Vec<(String, String)> {
    (0..headers.count()).filter_map(|index| header(headers, index)).collect()
}

/// A header, unless its name is no UTF-8: rdkafka panics at such a name, and a stranger's record must not end the
/// thread that receives.
fn header(headers: &BorrowedHeaders, index: usize) -> Option<(String, String)> {
    let got = catch_unwind(AssertUnwindSafe(|| headers.try_get(index))).ok().flatten()?;
    let value = String::from_utf8_lossy(got.value.unwrap_or_default());
    Some((got.key.to_owned(), value.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            key: "ab".to_owned(),
            payload: Some(vec![0; 10]),
            headers: vec![("c".to_owned(), "de".to_owned()), ("c".to_owned(), String::new())],
        }
    }

    #[test]
    fn the_size_counts_all_parts() {
        assert_eq!(size(&record()), 2 + 10 + 3 + 1);
        assert_eq!(size(&Record { payload: None, ..record() }), 6);
    }

    #[test]
    fn headers_keep_order_and_repetition() {
        let outgoing = outgoing("topic", &record()).headers.unwrap();
        assert_eq!(headers(outgoing.as_borrowed()), record().headers);
    }

    #[test]
    fn a_name_ends_where_c_ends_it() {
        let record = Record { headers: vec![("a\0b".to_owned(), "c\0d".to_owned())], ..record() };
        let outgoing = outgoing("topic", &record).headers.unwrap();
        assert_eq!(headers(outgoing.as_borrowed()), [("a".to_owned(), "c\0d".to_owned())]);
    }
}
