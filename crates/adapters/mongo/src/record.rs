//! A document as MongoDB holds it: the id as `_id`, the body's fields beside it, and the versions behind
//! them.

use crate::{
    field::{self, REPLACED, REVISION},
    value,
};
use mongodb::bson::{Document, RawBsonRef, RawDocument, RawDocumentBuf, cstr, error::Error, raw::CStr};
use ports::{DocumentError, Json, Revision, Stored};

/// The largest document that MongoDB takes, in bytes (its manual, "Limits and Thresholds").
const LARGEST: usize = 16 * 1024 * 1024;

/// Which version a document is, and which one that replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Versions {
    /// The present one.
    pub(crate) now: Revision,
    /// The one before; none after an insert.
    pub(crate) replaced: Option<Revision>,
}

impl Versions {
    /// A revision that no write of any process has had: this is how a write is recognised when its reply was
    /// lost, and why a document that was removed and added again never meets a revision of its past.
    pub(crate) fn fresh(replaced: Option<Revision>) -> Self {
        Self { now: Revision(rand::random_range(1..=i64::MAX.cast_unsigned())), replaced }
    }
}

/// The document to store.
pub(crate) fn encode(id: &str, versions: Versions, body: &Json) -> Result<RawDocumentBuf, DocumentError> {
    let Json::Object(fields) = body else {
        return Err(DocumentError::Invalid(format!("a body is an object, not {body}")));
    };
    let mut document = RawDocumentBuf::new();
    document.append(cstr!("_id"), id);
    for (name, json) in fields {
        value::append(&mut document, &field::top(name), json)?;
    }
    document.append(REVISION, versions.now.0.cast_signed());
    if let Some(replaced) = versions.replaced {
        document.append(REPLACED, replaced.0.cast_signed());
    }
    match document.as_bytes().len() {
        size if size > LARGEST => Err(DocumentError::Invalid(format!(
            "document {id} has {size} bytes, over the limit of {LARGEST}"
        ))),
        _ => Ok(document),
    }
}

/// The stored document.
pub(crate) fn decode(document: &RawDocument) -> Result<Stored, DocumentError> {
    let read = || -> Result<Stored, Error> {
        let id = document.get_str("_id")?.to_owned();
        let body = value::object(document, field::is_of_body)?.into();
        Ok(Stored { id, revision: revision(document, REVISION)?.unwrap_or(UNVERSIONED), body })
    };
    read().map_err(|error| damaged(document, &error))
}

/// The versions of the stored document.
pub(crate) fn versions(document: &RawDocument) -> Result<Versions, DocumentError> {
    let read = || -> Result<Versions, Error> {
        let now = revision(document, REVISION)?.unwrap_or(UNVERSIONED);
        Ok(Versions { now, replaced: revision(document, REPLACED)? })
    };
    read().map_err(|error| damaged(document, &error))
}

/// The filter of a document at a revision.
pub(crate) fn at(id: &str, revision: Revision) -> Document {
    let mut filter = Document::new();
    filter.insert("_id", id);
    match revision {
        UNVERSIONED => filter.insert(REVISION.as_str(), mongodb::bson::Bson::Null),
        Revision(number) => filter.insert(REVISION.as_str(), number.cast_signed()),
    };
    filter
}

/// The revision of a document that somebody added by hand without one.
const UNVERSIONED: Revision = Revision(0);

fn revision(document: &RawDocument, field: &CStr) -> Result<Option<Revision>, Error> {
    Ok(match document.get(field)? {
        None | Some(RawBsonRef::Null) => None,
        Some(_) => Some(Revision(document.get_i64(field)?.cast_unsigned())),
    })
}

fn damaged(document: &RawDocument, error: &Error) -> DocumentError {
    let id = document.get("_id").ok().flatten();
    DocumentError::Unavailable(format!("the document {id:?} is damaged, repair or remove it: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mongodb::bson::{Bson, doc};
    use serde_json::json;

    fn encoded(body: &Json) -> Result<Document, DocumentError> {
        let versions = Versions { now: Revision(7), replaced: Some(Revision(u64::MAX)) };
        encode("a", versions, body).map(|raw| Document::try_from(&*raw).unwrap())
    }

    #[test]
    fn a_person_sees_an_ordinary_document() {
        let body = json!({ "stream_id": "a", "nested": { "list": [1, "two"] } });
        assert_eq!(
            encoded(&body).unwrap(),
            doc! {
                "_id": "a", "nested": { "list": [1, "two"] }, "stream_id": "a",
                "revision": 7_i64, "replaced_revision": -1_i64,
            }
        );
    }

    #[test]
    fn it_is_read_as_it_was() {
        let body =
            json!({ "_id": 1, "revision": "mine", "replaced_revision": null, "": { "$set": { "a.b": 0 } } });
        let versions = Versions { now: Revision(u64::MAX), replaced: None };
        let raw = encode("a", versions, &body).unwrap();
        assert_eq!(decode(&raw).unwrap(), Stored { id: "a".into(), revision: versions.now, body });
        assert_eq!(super::versions(&raw).unwrap(), versions);
    }

    #[test]
    fn a_document_added_by_hand_can_be_changed() {
        let raw = RawDocumentBuf::try_from(&doc! { "_id": "a", "state": "queued" }).unwrap();
        let stored = decode(&raw).unwrap();
        assert_eq!(stored.body, json!({ "state": "queued" }));
        assert_eq!(at("a", stored.revision), doc! { "_id": "a", "revision": Bson::Null });
    }

    #[test]
    fn a_damaged_one_is_told_by_its_id() {
        let raw = RawDocumentBuf::try_from(&doc! { "_id": "a", "revision": "x" }).unwrap();
        let error = decode(&raw).unwrap_err().to_string();
        assert!(error.contains("\"a\"") && error.contains("revision"), "{error}");
    }

    #[test]
    fn no_more_than_mongodb_takes() {
        let of = |bytes: usize| encode("a", Versions::fresh(None), &json!({ "pad": "x".repeat(bytes) }));
        let around = of(0).unwrap().as_bytes().len();
        assert!(of(LARGEST - around).is_ok());
        assert!(matches!(of(LARGEST - around + 1), Err(DocumentError::Invalid(_))));
        assert!(matches!(encoded(&json!([1])), Err(DocumentError::Invalid(_))));
    }
}
