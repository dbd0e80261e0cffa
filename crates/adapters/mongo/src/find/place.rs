//! Cursors: where a page ended, and of which query, as base64url of a small BSON document.

use super::filter::value;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use mongodb::bson::{Bson, Document, doc};
use ports::{Cursor, DocumentError, Json, Query, Stored};

/// The last document of a page, by its place in the index.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    /// Its values of the index's fields after those that the query fixes: numbers, texts, or nothing.
    pub(super) values: Vec<Bson>,
    /// Its id.
    pub(super) id: String,
}

impl Place {
    /// The place of a document that the query has.
    pub(super) fn at(document: &Stored, query: &Query) -> Result<Self, DocumentError> {
        let open = &query.index.fields[query.equals.len()..];
        let values = open.iter().map(|field| place(document.body.get(field).unwrap_or(&Json::Null)));
        Ok(Self { values: values.collect::<Result<_, _>>()?, id: document.id.clone() })
    }

    /// The place that a cursor of this query means. The limit and the range may differ from page to page;
    /// what the order depends on may not.
    pub(super) fn of(cursor: &Cursor, query: &Query) -> Result<Self, DocumentError> {
        let read = || {
            let bytes = URL_SAFE_NO_PAD.decode(&cursor.0).ok()?;
            let mut text = Document::from_reader(&*bytes).ok()?;
            let (Some(Bson::Array(values)), Some(Bson::String(id))) =
                (text.remove("after"), text.remove("id"))
            else {
                return None;
            };
            let place = Self { values, id };
            let fields = query.index.fields.len() - query.equals.len();
            let is_place = place.values.len() == fields && place.values.iter().all(is_place);
            // The cursor that this store would give is the only one that means the place.
            (is_place && place.cursor(query).ok()? == *cursor).then_some(place)
        };
        read().ok_or_else(|| DocumentError::Invalid(format!("{:?} is no cursor of this query", cursor.0)))
    }

    /// The cursor that means this place to this query.
    pub(super) fn cursor(&self, query: &Query) -> Result<Cursor, DocumentError> {
        let equals = query.equals.iter().map(value).collect::<Result<Vec<_>, _>>()?;
        let text = doc! {
            "of": [query.index.kind.name(), query.index.name, equals, query.descending],
            "after": self.values.clone(),
            "id": &self.id,
        };
        let bytes = text.to_vec().map_err(|error| DocumentError::Invalid(error.to_string()))?;
        Ok(Cursor(URL_SAFE_NO_PAD.encode(bytes)))
    }
}

fn place(json: &Json) -> Result<Bson, DocumentError> {
    if json.is_null() { Ok(Bson::Null) } else { value(json) }
}

/// Nothing else may get from a cursor, which comes from outside, into a filter.
fn is_place(value: &Bson) -> bool {
    matches!(value, Bson::Null | Bson::Int32(_) | Bson::Int64(_) | Bson::Double(_) | Bson::String(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::collection::{JOBS_BY_RETURN, JOBS_BY_TURN, JOBS_BY_WISH};
    use proptest::prelude::*;
    use serde_json::json;

    fn query() -> Query {
        Query::of(JOBS_BY_WISH, vec![json!("queued")], 1)
    }

    fn at(value: impl Into<Bson>) -> Place {
        Place { values: vec![value.into()], id: "ö\0\"".to_owned() }
    }

    fn is_foreign(cursor: &Cursor, query: &Query) -> bool {
        matches!(Place::of(cursor, query), Err(DocumentError::Invalid(_)))
    }

    #[test]
    fn a_cursor_belongs_to_its_order() {
        let cursor = at(Bson::Null).cursor(&query()).unwrap();
        let others = [
            Query::of(JOBS_BY_RETURN, vec![json!("queued")], 1),
            Query::of(JOBS_BY_WISH, vec![json!("dead")], 1),
            Query::of(JOBS_BY_WISH, vec![], 1),
            Query::of(JOBS_BY_TURN, vec![json!("queued"), json!(1)], 1),
            query().descending(),
        ];
        for other in others {
            assert!(is_foreign(&cursor, &other), "{other:?}");
        }
        assert!(Place::of(&cursor, &Query { limit: 9, ..query().at_least(json!("a")) }).is_ok());
    }

    #[test]
    fn an_operator_in_a_cursor_is_foreign() {
        for value in [Bson::from(doc! { "$ne": Bson::Null }), Bson::Array(vec![]), Bson::MinKey, true.into()]
        {
            assert!(is_foreign(&at(value.clone()).cursor(&query()).unwrap(), &query()), "{value:?}");
        }
    }

    #[test]
    fn a_document_with_something_else_in_the_field_has_no_place() {
        let body = json!({ "state": "queued", "wanted_at": [1] });
        let stored = Stored { id: "a".to_owned(), revision: ports::Revision(1), body };
        assert!(Place::at(&stored, &query()).is_err());
    }

    proptest! {
        #[test]
        fn a_cursor_reads_back(text in ".{0,20}", whole in any::<i64>(), float in any::<f64>()) {
            for value in [Bson::String(text), whole.into(), float.into(), Bson::Null] {
                let cursor = at(value.clone()).cursor(&query()).unwrap();
                prop_assert_eq!(Place::of(&cursor, &query()).unwrap(), at(value));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}", bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            for text in [text, URL_SAFE_NO_PAD.encode(bytes)] {
                prop_assert!(is_foreign(&Cursor(text), &query()));
            }
        }

        #[test]
        fn a_spoilt_cursor_is_foreign(at_byte in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let cursor = at("a").cursor(&query()).unwrap();
            let mut bytes = URL_SAFE_NO_PAD.decode(&cursor.0).unwrap();
            let at_byte = at_byte.index(bytes.len());
            bytes[at_byte] = byte;
            let spoilt = Cursor(URL_SAFE_NO_PAD.encode(bytes));
            // Another value of the right type is another place, which does no harm; anything else is foreign.
            match Place::of(&spoilt, &query()) {
                Ok(place) => prop_assert_eq!(place.cursor(&query()).unwrap(), spoilt),
                Err(error) => prop_assert!(matches!(error, DocumentError::Invalid(_))),
            }
        }
    }
}
