//! What goes into one request.

use std::mem;

/// The most documents of one request.
const BATCH: usize = 500;
/// The most bytes of one request, unless a single document has more.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// All of them, in order, in as few requests as the limits allow.
pub(super) fn batches<T>(all: Vec<T>, bytes_of: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let (mut batches, mut batch, mut bytes) = (Vec::new(), Vec::new(), 0);
    for one in all {
        let size = bytes_of(&one);
        if batch.len() == BATCH || (bytes + size > BATCH_BYTES && !batch.is_empty()) {
            batches.push(mem::take(&mut batch));
            bytes = 0;
        }
        bytes += size;
        batch.push(one);
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{self, Versions};
    use mongodb::bson::RawDocumentBuf;
    use serde_json::json;

    fn document(number: usize, bytes: usize) -> RawDocumentBuf {
        let body = json!({ "pad": "x".repeat(bytes) });
        record::encode(&number.to_string(), Versions::fresh(None), &body).unwrap()
    }

    fn sizes(documents: &[RawDocumentBuf]) -> Vec<usize> {
        let batches = batches(documents.to_vec(), |document| document.as_bytes().len());
        assert_eq!(batches.concat(), documents, "all of them, in order");
        batches.iter().map(Vec::len).collect()
    }

    #[test]
    fn batches_are_bounded_in_number() {
        let documents: Vec<_> = (0..=2 * BATCH).map(|number| document(number, 0)).collect();
        assert_eq!(sizes(&documents), [BATCH, BATCH, 1]);
        assert!(sizes(&[]).is_empty());
    }

    #[test]
    fn batches_are_bounded_in_bytes() {
        let documents = [
            document(0, BATCH_BYTES),
            document(1, BATCH_BYTES / 2),
            document(2, 9),
            document(3, BATCH_BYTES / 2),
        ];
        assert_eq!(sizes(&documents), [1, 2, 1]);
    }
}
