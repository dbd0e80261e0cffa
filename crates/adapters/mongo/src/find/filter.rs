//! A query as a filter over its index. Fields come from declared indexes; values are texts, numbers or
//! nothing, so that none is ever taken for an operator.
//!
//! The port orders values of different types, nothing before numbers before texts, as MongoDB does when it
//! sorts. Its comparisons, though, find values of one type only: a range over two types is two conditions,
//! and what follows a place in an index of several fields is one condition for each field. Each is a run of
//! keys in the index, which MongoDB merges in order.

use super::place::Place;
use crate::value::number;
use mongodb::bson::{Bson, Document, doc};
use ports::{DocumentError, Json, Query};

/// The documents of a query, or those of them behind a place. None when there cannot be any.
pub(super) fn filter(query: &Query, after: Option<&Place>) -> Result<Option<Document>, DocumentError> {
    let (fixed, open) = query.index.fields.split_at(query.equals.len());
    let mut same = Document::new();
    for (field, json) in fixed.iter().zip(&query.equals) {
        same.insert(*field, doc! { "$eq": value(json)? });
    }
    let range = range(query)?;
    let mut runs = match after {
        None => first_runs(&same, open.first(), &range),
        Some(place) => runs_behind(same, open, &range, place, query.descending),
    };
    for run in &mut runs {
        // What has no text as its id is another program's, not a document of ours.
        run.entry("_id".to_owned()).or_insert_with(|| doc! { "$gte": "" }.into());
    }
    Ok(match runs.len() {
        0 => None,
        1 => runs.pop(),
        _ => Some(doc! { "$or": runs }),
    })
}

/// The order of a query: its open fields and the id.
pub(super) fn order(query: &Query) -> Document {
    let direction = if query.descending { -1 } else { 1 };
    let open = &query.index.fields[query.equals.len()..];
    open.iter().chain(&["_id"]).map(|field| ((*field).to_owned(), direction.into())).collect()
}

/// A value that a query compares with: a text or a number.
pub(super) fn value(json: &Json) -> Result<Bson, DocumentError> {
    let compared = match json {
        Json::String(text) => Some(text.into()),
        // Over 63 bits there is no stored number that this could equal, but some are less.
        Json::Number(given) => number(given).or_else(|| given.as_f64().map(Bson::Double)),
        _ => None,
    };
    compared.ok_or_else(|| {
        DocumentError::Invalid(format!("fields are compared with texts and numbers, not with {json}"))
    })
}

/// A type of value that has a place in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Nothing,
    Number,
    Text,
}

impl Class {
    const ALL: [Self; 3] = [Self::Nothing, Self::Number, Self::Text];

    fn of(value: &Bson) -> Self {
        match value {
            Bson::Null => Self::Nothing,
            Bson::String(_) => Self::Text,
            _ => Self::Number,
        }
    }

    /// All values of the type.
    fn all(self) -> Document {
        match self {
            // Also finds documents that lack the field.
            Self::Nothing => doc! { "$eq": Bson::Null },
            Self::Number => doc! { "$gte": f64::NEG_INFINITY },
            Self::Text => doc! { "$gte": "" },
        }
    }
}

/// A bound of a field: an operator and a value, in the order of all types.
type Bound = (&'static str, Bson);

/// The bounds that a query's range sets to its first open field.
fn range(query: &Query) -> Result<Vec<Bound>, DocumentError> {
    let mut bounds = Vec::new();
    if query.at_least.is_some() || query.at_most.is_some() {
        bounds.push(("$gt", Bson::Null));
    }
    if let Some(least) = &query.at_least {
        bounds.push(("$gte", value(least)?));
    }
    if let Some(most) = &query.at_most {
        bounds.push(("$lte", value(most)?));
    }
    Ok(bounds)
}

fn first_runs(same: &Document, open: Option<&&str>, range: &[Bound]) -> Vec<Document> {
    match open {
        Some(field) if !range.is_empty() => within(same, field, range),
        _ => vec![same.clone()],
    }
}

/// What is beyond the place in the first field, then what is beyond it in the second and the same in the
/// first, and so on to the id.
fn runs_behind(
    mut same: Document,
    open: &[&str],
    range: &[Bound],
    place: &Place,
    descending: bool,
) -> Vec<Document> {
    let beyond = if descending { "$lt" } else { "$gt" };
    let mut runs = Vec::new();
    for (number, (field, value)) in open.iter().zip(&place.values).enumerate() {
        let bounded_by = |operator| {
            let range = if number == 0 { range } else { &[] };
            range.iter().cloned().chain([(operator, value.clone())]).collect::<Vec<Bound>>()
        };
        runs.extend(within(&same, field, &bounded_by(beyond)));
        match within(&same, field, &bounded_by("$eq")).pop() {
            Some(equal) => same = equal,
            None => return runs,
        }
    }
    same.insert("_id", Document::from_iter([(beyond.to_owned(), Bson::from(&*place.id))]));
    runs.push(same);
    runs
}

/// The documents with these fields, and with a value of this one between these bounds: one run for each type
/// of value.
fn within(same: &Document, field: &str, bounds: &[Bound]) -> Vec<Document> {
    let of_class = |class| {
        let mut condition = Document::new();
        for (operator, value) in bounds {
            let from_below = matches!(*operator, "$gt" | "$gte");
            match Class::of(value).cmp(&class) {
                // Nothing has no other of its type beside it.
                std::cmp::Ordering::Equal if class == Class::Nothing && *operator != "$eq" => return None,
                std::cmp::Ordering::Equal => drop(condition.insert(*operator, value)),
                std::cmp::Ordering::Less if from_below => {}
                std::cmp::Ordering::Greater if matches!(*operator, "$lt" | "$lte") => {}
                _ => return None,
            }
        }
        let condition = if condition.is_empty() { class.all() } else { condition };
        let mut run = same.clone();
        run.insert(field, condition);
        Some(run)
    };
    Class::ALL.into_iter().filter_map(of_class).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::collection::{JOBS_BY_STREAM, JOBS_BY_TURN, VIDEOS_BY_CREATION};
    use serde_json::json;

    fn queued() -> Query {
        Query::of(JOBS_BY_TURN, vec![json!("queued")], 1)
    }

    fn at(values: Vec<Bson>) -> Place {
        Place { values, id: "id".to_owned() }
    }

    /// The runs of a filter, without what excludes others' documents.
    fn runs(query: &Query, after: Option<&Place>) -> Vec<Document> {
        let Some(mut filter) = filter(query, after).unwrap() else { return Vec::new() };
        let mut runs: Vec<Document> = match filter.remove("$or") {
            Some(Bson::Array(runs)) => runs.iter().map(|run| run.as_document().unwrap().clone()).collect(),
            _ => vec![filter],
        };
        runs.iter_mut()
            .filter(|run| run["_id"] == doc! { "$gte": "" }.into())
            .for_each(|run| drop(run.remove("_id")));
        runs
    }

    #[test]
    fn a_query_without_a_range_is_one_run() {
        assert_eq!(runs(&queued(), None), [doc! { "state": { "$eq": "queued" } }]);
        assert_eq!(runs(&Query::of(VIDEOS_BY_CREATION, vec![], 1), None), [doc! {}]);
        assert_eq!(order(&queued()), doc! { "lane": 1, "turn": 1, "_id": 1 });
        let all = Query::of(JOBS_BY_STREAM, vec![json!("a"), json!("done")], 1).descending();
        assert_eq!(order(&all), doc! { "_id": -1 });
    }

    #[test]
    fn a_range_is_one_run_for_each_type() {
        let state = || doc! { "$eq": "queued" };
        assert_eq!(
            runs(&queued().at_least(json!(1)).at_most(json!(2)), None),
            [doc! { "state": state(), "lane": { "$gte": 1, "$lte": 2 } }]
        );
        assert_eq!(
            runs(&queued().at_most(json!("b")), None),
            [
                doc! { "state": state(), "lane": { "$gte": f64::NEG_INFINITY } },
                doc! { "state": state(), "lane": { "$lte": "b" } },
            ]
        );
        assert_eq!(filter(&queued().at_least(json!("a")).at_most(json!(2)), None).unwrap(), None);
    }

    #[test]
    fn behind_a_place_each_field_is_a_run() {
        let state = || doc! { "$eq": "queued" };
        let place = at(vec![Bson::Null, "t".into()]);
        let numbers = || doc! { "$gte": f64::NEG_INFINITY };
        assert_eq!(
            runs(&queued().descending(), Some(&place)),
            [
                doc! { "state": state(), "lane": { "$eq": Bson::Null }, "turn": { "$eq": Bson::Null } },
                doc! { "state": state(), "lane": { "$eq": Bson::Null }, "turn": numbers() },
                doc! { "state": state(), "lane": { "$eq": Bson::Null }, "turn": { "$lt": "t" } },
                doc! {
                    "state": state(), "lane": { "$eq": Bson::Null }, "turn": { "$eq": "t" },
                    "_id": { "$lt": "id" },
                },
            ]
        );
    }

    #[test]
    fn a_place_outside_the_range_does_not_widen_it() {
        let range = queued().at_least(json!(3)).at_most(json!(5));
        assert_eq!(runs(&range, Some(&at(vec!["z".into(), Bson::Null]))), Vec::<Document>::new());
        let inside = runs(&range, Some(&at(vec![4.into(), "t".into()])));
        assert_eq!(inside[0]["lane"], doc! { "$gte": 3, "$lte": 5, "$gt": 4 }.into());
        assert!(inside[1..].iter().all(|run| run["lane"] == doc! { "$gte": 3, "$lte": 5, "$eq": 4 }.into()));
    }

    #[test]
    fn a_number_over_63_bits_is_compared_as_a_float() {
        assert_eq!(value(&json!(u64::MAX)).unwrap(), Bson::Double(18_446_744_073_709_551_615.0));
    }
}
