//! Values of indexed fields, between JSON and SQLite. JSON's nothing is the column's `LACKING`.

use super::schema::LACKING;
use ports::{DocumentError, Json};
use rusqlite::types::{Value, ValueRef};

/// A value that a query compares with: a text or a number.
pub(super) fn compared(json: &Json) -> Result<Value, DocumentError> {
    match json {
        Json::String(text) => Ok(Value::Text(text.clone())),
        Json::Number(number) => number_value(number).ok_or_else(|| invalid(json)),
        _ => Err(invalid(json)),
    }
}

/// A value at which a page ended: a text, a number or nothing.
pub(super) fn place(json: &Json) -> Result<Value, DocumentError> {
    if json.is_null() { Ok(Value::Real(LACKING)) } else { compared(json) }
}

/// The JSON of a column's value.
pub(super) fn json(value: ValueRef<'_>) -> rusqlite::Result<Json> {
    Ok(match value {
        ValueRef::Integer(number) => number.into(),
        // Minus infinity has no JSON, so that this gives nothing for it.
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(_) => value.as_str()?.into(),
        ValueRef::Null | ValueRef::Blob(_) => Json::Null,
    })
}

/// As SQLite reads numbers of JSON: a whole number that is over 63 bits becomes a float.
fn number_value(number: &serde_json::Number) -> Option<Value> {
    number.as_i64().map(Value::Integer).or_else(|| number.as_f64().map(Value::Real))
}

fn invalid(json: &Json) -> DocumentError {
    DocumentError::Invalid(format!("fields are compared with texts and numbers, not with {json}"))
}
