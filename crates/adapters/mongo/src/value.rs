//! Values between JSON and BSON, written out: the SDK's own conversion takes objects such as `{"$oid":
//! "..."}` for values of MongoDB.

use crate::field;
use mongodb::bson::{
    Bson, RawArrayBuf, RawBson, RawBsonRef, RawDocument, RawDocumentBuf, error::Error, raw::CStr,
};
use ports::{DocumentError, Json};
use serde_json::{Map, Number};

/// The deepest nesting that MongoDB takes, the document itself included (its manual, "Limits and
/// Thresholds").
const DEEPEST: usize = 100;

/// Adds a field of a body to the document to store. Numbers keep their values: 1 and 1.0 stay two.
pub(crate) fn append(to: &mut RawDocumentBuf, field: &str, json: &Json) -> Result<(), DocumentError> {
    append_at(to, field, json, 2)
}

/// A number as it is stored and compared with.
pub(crate) fn number(number: &Number) -> Option<Bson> {
    match number.as_i64() {
        Some(whole) => Some(i32::try_from(whole).map_or(Bson::Int64(whole), Bson::Int32)),
        None if number.is_f64() => number.as_f64().map(Bson::Double),
        None => None,
    }
}

/// The value as it was before it was stored. What JSON has no value for, which only other programs write,
/// becomes a text that shows it.
pub(crate) fn to_json(bson: RawBsonRef<'_>) -> Result<Json, Error> {
    Ok(match bson {
        RawBsonRef::Null => Json::Null,
        RawBsonRef::Boolean(value) => value.into(),
        RawBsonRef::Int32(value) => value.into(),
        RawBsonRef::Int64(value) => value.into(),
        RawBsonRef::Double(value) => value.into(),
        RawBsonRef::String(value) => value.into(),
        RawBsonRef::Array(values) => {
            values.into_iter().map(|value| to_json(value?)).collect::<Result<Vec<_>, _>>()?.into()
        }
        RawBsonRef::Document(document) => object(document, |_| true)?.into(),
        other => Bson::try_from(other)?.to_string().into(),
    })
}

/// Those fields of a document that are wanted, as a JSON object.
pub(crate) fn object(
    document: &RawDocument,
    wanted: impl Fn(&str) -> bool,
) -> Result<Map<String, Json>, Error> {
    let mut object = Map::new();
    for field in document {
        let (name, value) = field?;
        if wanted(name.as_str()) {
            object.insert(field::name(name.as_str()), to_json(value)?);
        }
    }
    Ok(object)
}

fn append_at(to: &mut RawDocumentBuf, field: &str, json: &Json, depth: usize) -> Result<(), DocumentError> {
    let invalid = |error: Error| DocumentError::Invalid(error.to_string());
    let field: &CStr = field.try_into().map_err(invalid)?;
    stored(json, depth, |value| to.append(field, value))
}

/// Hands over the value as it is stored.
fn stored<T>(json: &Json, depth: usize, to: impl FnOnce(RawBsonRef<'_>) -> T) -> Result<T, DocumentError> {
    if depth > DEEPEST && (json.is_array() || json.is_object()) {
        return Err(DocumentError::Invalid(format!("a body is nested at most {DEEPEST} deep")));
    }
    Ok(match json {
        Json::Null => to(RawBsonRef::Null),
        Json::Bool(value) => to(RawBsonRef::Boolean(*value)),
        Json::Number(value) => {
            let invalid = || format!("whole numbers are of 64 bits with a sign, unlike {value}");
            let number = number(value).and_then(|number| RawBson::try_from(number).ok());
            to(number.ok_or_else(|| DocumentError::Invalid(invalid()))?.as_raw_bson_ref())
        }
        Json::String(value) => to(RawBsonRef::String(value)),
        Json::Array(values) => to(RawBsonRef::Array(&array(values, depth)?)),
        Json::Object(fields) => to(RawBsonRef::Document(&nested(fields, depth)?)),
    })
}

fn array(values: &[Json], depth: usize) -> Result<RawArrayBuf, DocumentError> {
    let mut array = RawArrayBuf::new();
    for value in values {
        stored(value, depth + 1, |value| array.push(value))?;
    }
    Ok(array)
}

fn nested(fields: &Map<String, Json>, depth: usize) -> Result<RawDocumentBuf, DocumentError> {
    let mut document = RawDocumentBuf::new();
    for (name, value) in fields {
        append_at(&mut document, &field::nested(name), value, depth + 1)?;
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mongodb::bson::{DateTime, doc, oid::ObjectId};
    use proptest::prelude::*;
    use serde_json::json;

    fn to_bson(json: &Json) -> Result<Bson, DocumentError> {
        let mut document = RawDocumentBuf::new();
        append(&mut document, "value", json)?;
        Ok(document.get("value").unwrap().unwrap().try_into().unwrap())
    }

    fn back(bson: Bson) -> Json {
        let document = RawDocumentBuf::try_from(&doc! { "value": bson }).unwrap();
        to_json(document.get("value").unwrap().unwrap()).unwrap()
    }

    fn any_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            any::<f64>().prop_map(Json::from),
            "[ -~\0é🎬]{0,6}".prop_map(Json::from),
        ];
        leaf.prop_recursive(5, 60, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
                prop::collection::btree_map("[$.%a\0_]{0,4}", inner, 0..5)
                    .prop_map(|fields| Json::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_survives(json in any_json()) {
            prop_assert_eq!(back(to_bson(&json).unwrap()), json);
        }
    }

    #[test]
    fn objects_that_look_like_extended_json_stay_objects() {
        for json in [
            json!({ "$oid": "5f5b7d8e9d1e8a0001a0b0c0" }),
            json!({ "$numberLong": "5" }),
            json!({ "$date": { "$numberLong": "0" } }),
            json!({ "$ref": "jobs", "$id": 1 }),
        ] {
            assert_eq!(back(to_bson(&json).unwrap()), json);
        }
    }

    #[test]
    fn small_whole_numbers_look_small() {
        assert_eq!(to_bson(&json!(5)).unwrap(), Bson::Int32(5));
        assert_eq!(to_bson(&json!(1_i64 << 40)).unwrap(), Bson::Int64(1 << 40));
        assert_eq!(to_bson(&json!(5.0)).unwrap(), Bson::Double(5.0));
    }

    #[test]
    fn what_has_no_place_is_invalid() {
        let nested = |depth: usize| (1..depth).fold(json!([]), |inner, _| json!([inner]));
        assert!(to_bson(&nested(DEEPEST - 1)).is_ok());
        for json in [json!(u64::MAX), nested(DEEPEST)] {
            assert!(matches!(to_bson(&json), Err(DocumentError::Invalid(_))));
        }
    }

    #[test]
    fn what_others_wrote_is_shown() {
        let id = ObjectId::new();
        assert!(back(id.into()).as_str().unwrap().contains(&id.to_hex()));
        assert!(back(DateTime::from_millis(0).into()).as_str().unwrap().contains("1970-01-01"));
        assert_eq!(back(Bson::Double(f64::NAN)), Json::Null);
    }
}
