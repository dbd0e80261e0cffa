//! A query as one SQL statement over its index. Names come from declared indexes, and every value is bound.

use super::{
    cursor::Place,
    rows::Row,
    schema::{LACKING, column, index_name},
    value,
};
use ports::{DocumentError, Json, Query};
use rusqlite::{Connection, params_from_iter, types::Value};

/// A checked query.
pub(super) struct Question {
    sql: String,
    values: Vec<Value>,
    limit: usize,
}

impl Question {
    /// The documents of one page, and one more that shows whether there is another page.
    pub(super) fn page(query: &Query) -> Result<Self, DocumentError> {
        let mut conditions = Conditions::of(query, query.after.is_some())?;
        if let Some(cursor) = &query.after {
            conditions.after(Place::of(cursor, query)?.values()?);
        }
        let direction = if query.descending { "DESC" } else { "ASC" };
        let order: Vec<String> =
            conditions.open.iter().map(|column| format!("{column} {direction}")).collect();
        let sql = format!(
            "SELECT id, revision, body, {} {} ORDER BY {} LIMIT {}",
            conditions.open.join(", "),
            conditions.sql(query),
            order.join(", "),
            u64::from(query.limit) + 1
        );
        Ok(Self { sql, values: conditions.values, limit: query.limit as usize })
    }

    /// The number of all documents that the query has.
    pub(super) fn count(query: &Query) -> Result<Self, DocumentError> {
        let conditions = Conditions::of(query, false)?;
        let sql = format!("SELECT count(*) {}", conditions.sql(query));
        Ok(Self { sql, values: conditions.values, limit: 1 })
    }

    /// Answers a `page`: its documents, and where it ended if there are more.
    pub(super) fn rows(&self, db: &Connection) -> rusqlite::Result<(Vec<Row>, Option<Place>)> {
        let mut statement = db.prepare_cached(&self.sql)?;
        let columns = statement.column_count();
        let mut found = statement.query(params_from_iter(&self.values))?;
        let (mut rows, mut end) = (Vec::new(), Place::default());
        while let Some(row) = found.next()? {
            if rows.len() == self.limit {
                return Ok((rows, Some(end)));
            }
            rows.push(Row::read(row)?);
            if rows.len() == self.limit {
                // The last of the open columns is the id.
                let values =
                    (3..columns - 1).map(|at| value::json(row.get_ref(at)?)).collect::<Result<_, _>>()?;
                end = Place { values, id: row.get(0)? };
            }
        }
        Ok((rows, None))
    }

    /// Answers a `count`.
    pub(super) fn number(&self, db: &Connection) -> rusqlite::Result<u64> {
        let count: i64 =
            db.prepare_cached(&self.sql)?.query_row(params_from_iter(&self.values), |row| row.get(0))?;
        Ok(count.cast_unsigned())
    }
}

/// What the documents of a query have in common.
struct Conditions {
    texts: Vec<String>,
    values: Vec<Value>,
    /// The columns of the index that are not fixed, the id last: the order within the answer.
    open: Vec<String>,
    descending: bool,
}

impl Conditions {
    fn of(query: &Query, paged: bool) -> Result<Self, DocumentError> {
        check(query)?;
        let (fixed, open) = query.index.fields.split_at(query.equals.len());
        let open = open.iter().map(|field| column(field)).chain(["id".to_owned()]).collect();
        let mut conditions =
            Self { texts: Vec::new(), values: Vec::new(), open, descending: query.descending };
        for (field, value) in fixed.iter().zip(&query.equals) {
            conditions.require(&column(field), "=", value::compared(value)?);
        }
        conditions.range(query, paged)?;
        Ok(conditions)
    }

    fn range(&mut self, query: &Query, paged: bool) -> Result<(), DocumentError> {
        let ranged = self.open[0].clone();
        // A cursor bounds the same column from the side where the page begins, and more tightly. SQLite
        // takes but one bound of a side for its search: a plus in front keeps it from taking the looser one.
        let loose = |here: bool| if paged && here { format!("+{ranged}") } else { ranged.clone() };
        let (from, to) = (loose(!self.descending), loose(self.descending));
        match (&query.at_least, &query.at_most) {
            (Some(least), _) => self.require(&from, ">=", value::compared(least)?),
            (None, Some(_)) => self.require(&from, ">", Value::Real(LACKING)),
            (None, None) => {}
        }
        if let Some(most) = &query.at_most {
            self.require(&to, "<=", value::compared(most)?);
        }
        Ok(())
    }

    fn after(&mut self, place: Vec<Value>) {
        let first = self.values.len() + 1;
        let numbers: Vec<String> = (first..first + place.len()).map(|number| format!("?{number}")).collect();
        let beyond = if self.descending { "<" } else { ">" };
        self.texts.push(format!("({}) {beyond} ({})", self.open.join(", "), numbers.join(", ")));
        self.values.extend(place);
    }

    fn require(&mut self, column: &str, comparison: &str, value: Value) {
        self.values.push(value);
        self.texts.push(format!("{column} {comparison} ?{}", self.values.len()));
    }

    /// `INDEXED BY` makes it an error, instead of a slow answer, if the index could not be used.
    fn sql(&self, query: &Query) -> String {
        let from = format!("FROM {} INDEXED BY {}", query.index.kind.name(), index_name(&query.index));
        if self.texts.is_empty() { from } else { format!("{from} WHERE {}", self.texts.join(" AND ")) }
    }
}

fn check(query: &Query) -> Result<(), DocumentError> {
    let index = &query.index;
    let invalid = |why: String| Err(DocumentError::Invalid(why));
    if !index.kind.indexes().contains(index) {
        return invalid(format!("{} has no declared index {index:?}", index.kind.name()));
    }
    let ranged: Option<&Json> = query.at_least.as_ref().or(query.at_most.as_ref());
    if query.equals.len() + usize::from(ranged.is_some()) > index.fields.len() {
        return invalid(format!("index {} has only the fields {:?}", index.name, index.fields));
    }
    if query.limit == 0 {
        return invalid("a page has at least 1 document, not 0".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
