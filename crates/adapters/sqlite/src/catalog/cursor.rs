//! Cursors: where a page ended, as base64url of a small JSON.

use super::value;
use crate::murmur2::murmur2;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ports::{Cursor, DocumentError, Json, Query};
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

/// The last document of a page, by its place in the index.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Place {
    /// Its values of the index's fields after those that the query fixes.
    pub(super) values: Vec<Json>,
    /// Its id.
    pub(super) id: String,
}

#[derive(Serialize, Deserialize)]
struct Text {
    /// Of which query it is. The limit and the range may change from page to page; the order may not.
    of: u32,
    after: Vec<Json>,
    id: String,
}

impl Place {
    pub(super) fn cursor(self, query: &Query) -> Cursor {
        let text = serde_json::json!(Text { of: mark(query), after: self.values, id: self.id });
        Cursor(URL_SAFE_NO_PAD.encode(text.to_string()))
    }

    /// The place that a cursor of this query means.
    pub(super) fn of(cursor: &Cursor, query: &Query) -> Result<Self, DocumentError> {
        let foreign = || DocumentError::Invalid(format!("{:?} is no cursor of this query", cursor.0));
        let bytes = URL_SAFE_NO_PAD.decode(&cursor.0).map_err(|_| foreign())?;
        let text: Text = serde_json::from_slice(&bytes).map_err(|_| foreign())?;
        let fields = query.index.fields.len().saturating_sub(query.equals.len());
        if text.of != mark(query) || text.after.len() != fields {
            return Err(foreign());
        }
        Ok(Self { values: text.after, id: text.id })
    }

    /// As values to compare with: the fields and, last, the id.
    pub(super) fn values(self) -> Result<Vec<Value>, DocumentError> {
        let fields = self.values.iter().map(value::place);
        fields.chain([Ok(Value::Text(self.id))]).collect()
    }
}

fn mark(query: &Query) -> u32 {
    let index = &query.index;
    let order = serde_json::json!([index.kind.name(), index.name, query.equals, query.descending]);
    murmur2(order.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::collection::{JOBS_BY_RETURN, JOBS_BY_WISH};
    use proptest::prelude::*;
    use serde_json::json;

    fn query() -> Query {
        Query::of(JOBS_BY_WISH, vec![json!("queued")], 1)
    }

    fn place() -> Place {
        Place { values: vec![json!(null)], id: "ö\0\"".to_owned() }
    }

    #[test]
    fn a_cursor_reads_back() {
        assert_eq!(Place::of(&place().cursor(&query()), &query()).unwrap(), place());
    }

    #[test]
    fn a_cursor_belongs_to_its_order() {
        let cursor = place().cursor(&query());
        let others = [
            Query::of(JOBS_BY_RETURN, vec![json!("queued")], 1),
            Query::of(JOBS_BY_WISH, vec![json!("dead")], 1),
            Query::of(JOBS_BY_WISH, vec![], 1),
            query().descending(),
        ];
        for other in others {
            assert!(matches!(Place::of(&cursor, &other), Err(DocumentError::Invalid(_))), "{other:?}");
        }
        assert!(Place::of(&cursor, &query().at_least(json!("a"))).is_ok());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}", bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            for text in [text, URL_SAFE_NO_PAD.encode(bytes)] {
                prop_assert!(Place::of(&Cursor(text), &query()).is_err());
            }
        }
    }
}
