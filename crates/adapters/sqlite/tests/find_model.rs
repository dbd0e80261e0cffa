//! `find` and `count` answer as a plain list of documents would, whatever the documents and the query.

use domain::collection::{Index, Kind};
use ports::{Documents as _, Json, Query};
use proptest::{prelude::*, sample::select};
use serde_json::json;
use sqlite::Catalog;
use std::cmp::Ordering;

/// Values that are near each other, so that documents tie, match and stand at the ends of ranges.
fn value() -> impl Strategy<Value = Json> {
    prop_oneof![
        3 => select(vec!["", "a", "aa", "b", "é", "a\0", "a\0b"]).prop_map(|text| json!(text)),
        2 => (-2i64..3).prop_map(|whole| json!(whole)),
        1 => select(vec![-1.5, 0.0, 0.5, 1.0, 1e300]).prop_map(|float| json!(float)),
        1 => select(vec![i64::MIN, i64::MAX]).prop_map(|whole| json!(whole)),
    ]
}

/// A field's value: may be nothing, or lacking.
fn field() -> impl Strategy<Value = Option<Json>> {
    prop_oneof![1 => Just(None), 1 => Just(Some(Json::Null)), 6 => value().prop_map(Some)]
}

fn body(kind: Kind) -> impl Strategy<Value = Json> {
    let mut names: Vec<&str> = kind.indexes().iter().flat_map(|index| index.fields).copied().collect();
    names.sort_unstable();
    names.dedup();
    prop::collection::vec(field(), names.len()).prop_map(move |values| {
        let fields = names.iter().zip(values);
        fields
            .filter_map(|(name, value)| Some(((*name).to_owned(), value?)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    })
}

fn query() -> impl Strategy<Value = Query> {
    let indexes: Vec<Index> = Kind::ALL.iter().flat_map(|kind| kind.indexes()).copied().collect();
    let parts = (
        select(indexes),
        prop::collection::vec(value(), 0..3),
        prop::option::of(value()),
        prop::option::of(value()),
        any::<bool>(),
        1u32..6,
    );
    parts.prop_map(|(index, mut equals, at_least, at_most, descending, limit)| {
        equals.truncate(index.fields.len() - 1);
        Query { index, equals, at_least, at_most, descending, limit, after: None }
    })
}

fn case() -> impl Strategy<Value = (Vec<(Kind, Json)>, Vec<Query>)> {
    let document = select(Kind::ALL.to_vec()).prop_flat_map(|kind| (Just(kind), body(kind)));
    (prop::collection::vec(document, 0..40), prop::collection::vec(query(), 1..10))
}

/// Nothing, then numbers, then texts.
fn compare(one: &Json, two: &Json) -> Ordering {
    let rank = |json: &Json| u8::from(json.is_number()) + 2 * u8::from(json.is_string());
    rank(one).cmp(&rank(two)).then_with(|| match (one.as_i64(), two.as_i64()) {
        (Some(one), Some(two)) => one.cmp(&two),
        // The floats of these tests are small or huge, so that nothing is lost here.
        _ => match (one.as_f64(), two.as_f64()) {
            (Some(one), Some(two)) => one.total_cmp(&two),
            _ => one.as_str().cmp(&two.as_str()),
        },
    })
}

/// The ids of all documents that a query has, in its order.
fn expected(documents: &[(String, Kind, Json)], query: &Query) -> Vec<String> {
    let (fixed, open) = query.index.fields.split_at(query.equals.len());
    let is = |body: &Json, field: &str, value: &Json| compare(&body[field], value).is_eq();
    let in_range = |value: &Json| {
        let least = query.at_least.as_ref().is_none_or(|least| compare(value, least).is_ge());
        let most = query.at_most.as_ref().is_none_or(|most| compare(value, most).is_le());
        let ranged = query.at_least.is_some() || query.at_most.is_some();
        least && most && !(ranged && value.is_null())
    };
    let mut found: Vec<_> = documents
        .iter()
        .filter(|(_, kind, _)| *kind == query.index.kind)
        .filter(|(_, _, body)| fixed.iter().zip(&query.equals).all(|(field, value)| is(body, field, value)))
        .filter(|(_, _, body)| open.first().is_none_or(|field| in_range(&body[*field])))
        .collect();
    found.sort_by(|(one, _, a), (two, _, b)| {
        let fields = open.iter().map(|field| compare(&a[*field], &b[*field]));
        fields.fold(Ordering::Equal, Ordering::then).then_with(|| one.cmp(two))
    });
    if query.descending {
        found.reverse();
    }
    found.into_iter().map(|(id, ..)| id.clone()).collect()
}

async fn pages(catalog: &Catalog, mut query: Query) -> Vec<String> {
    let mut ids = Vec::new();
    loop {
        let page = catalog.find(&query).await.expect("find");
        assert!(page.documents.len() <= query.limit as usize);
        ids.extend(page.documents.into_iter().map(|document| document.id));
        if page.next.is_none() {
            return ids;
        }
        query.after = page.next;
    }
}

async fn check(documents: Vec<(Kind, Json)>, queries: Vec<Query>) {
    let folder = tempfile::tempdir().expect("a folder");
    let catalog = Catalog::open(&folder.path().join("catalog.db")).expect("it opens");
    // Ids that do not come in the order of their insertion.
    let id = |number: usize| format!("{}", (number * 7919) % 1000);
    let documents: Vec<_> =
        documents.into_iter().enumerate().map(|(number, (kind, body))| (id(number), kind, body)).collect();
    for wanted in Kind::ALL {
        let of_kind = documents.iter().filter(|(_, kind, _)| *kind == wanted);
        let bodies = of_kind.map(|(id, _, body)| (id.clone(), body.clone())).collect();
        catalog.append_new(wanted, bodies).await.expect("append_new");
    }
    for query in queries {
        let expected = expected(&documents, &query);
        assert_eq!(catalog.count(&query).await.expect("count"), expected.len() as u64, "{query:?}");
        assert_eq!(pages(&catalog, query.clone()).await, expected, "{query:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn find_answers_as_a_plain_list_would((documents, queries) in case()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(check(documents, queries));
    }
}
