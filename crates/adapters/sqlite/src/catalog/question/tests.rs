//! Each declared index is really searched, whatever is asked of it.

use super::*;
use crate::catalog::schema;
use domain::collection::{Index, Kind};
use serde_json::json;

/// Every shape of query to an index: how many fields are fixed, which range, which way, which page.
fn shapes(index: Index) -> Vec<Query> {
    let mut shapes = Vec::new();
    for fixed in 0..=index.fields.len() {
        let query = Query::of(index, vec![json!("a"); fixed], 10);
        shapes.push(query.clone());
        if fixed < index.fields.len() {
            shapes.push(query.clone().at_least(json!("b")));
            shapes.push(query.clone().at_most(json!("c")));
            shapes.push(query.at_least(json!("b")).at_most(json!("c")));
        }
    }
    let backward: Vec<_> = shapes.iter().cloned().map(Query::descending).collect();
    shapes.extend(backward);
    let later: Vec<_> = shapes.iter().map(|query| query.clone().after(Some(cursor(query)))).collect();
    shapes.extend(later);
    shapes
}

fn cursor(query: &Query) -> ports::Cursor {
    let values = vec![json!("b"); query.index.fields.len() - query.equals.len()];
    Place { values, id: "id".to_owned() }.cursor(query)
}

fn plan(db: &Connection, question: &Question) -> String {
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {}", question.sql)).unwrap();
    let rows =
        statement.query_map(params_from_iter(&question.values), |row| row.get::<_, String>(3)).unwrap();
    rows.collect::<Result<Vec<_>, _>>().unwrap().join("; ")
}

#[test]
fn every_query_is_a_search_of_its_index_and_needs_no_sorting() {
    let mut db = Connection::open_in_memory().unwrap();
    schema::declare(&mut db).unwrap();
    for index in Kind::ALL.iter().flat_map(|kind| kind.indexes()) {
        for query in shapes(*index) {
            for question in [Question::page(&query).unwrap(), Question::count(&query).unwrap()] {
                let plan = plan(&db, &question);
                let (how, sql) = (&plan, &question.sql);
                // To count all there is, SQLite takes the smallest index by itself.
                let whole = sql.contains("count") && !sql.contains("WHERE") && how.contains("COVERING INDEX");
                assert!(whole || how.contains(&format!("INDEX {}", index_name(index))), "{how}\n{sql}");
                assert!(!how.contains("TEMP B-TREE"), "{how}\n{sql}");
                assert_eq!(how.starts_with("SEARCH"), sql.contains("WHERE"), "{how}\n{sql}");
            }
        }
    }
}

#[test]
fn a_page_begins_where_the_one_before_ended() {
    let mut db = Connection::open_in_memory().unwrap();
    schema::declare(&mut db).unwrap();
    let query = Query::of(domain::collection::JOBS_BY_TURN, vec![json!("queued")], 10).at_least(json!("a"));
    let question = Question::page(&query.clone().after(Some(cursor(&query)))).unwrap();
    let plan = plan(&db, &question);
    assert!(
        plan.contains("(field_state=? AND (field_lane,field_turn,id)>(?,?,?))"),
        "all columns take part in the search: {plan}"
    );
}

#[test]
fn what_the_index_cannot_answer_is_invalid() {
    let turn = domain::collection::JOBS_BY_TURN;
    let undeclared = Index { name: "turn; DROP TABLE jobs", ..turn };
    let wrong = [
        Query::of(undeclared, vec![], 1),
        Query::of(turn, vec![], 0),
        Query::of(turn, vec![json!("a"); 4], 1),
        Query::of(turn, vec![json!("a"); 3], 1).at_least(json!(1)),
        Query::of(turn, vec![json!(null)], 1),
        Query::of(turn, vec![json!({ "$ne": null })], 1),
        Query::of(turn, vec![], 1).at_most(json!(["a"])),
    ];
    for query in wrong {
        assert!(matches!(Question::page(&query), Err(DocumentError::Invalid(_))), "{query:?}");
    }
}
