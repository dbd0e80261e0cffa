//! Putting documents in the place of others, many with one request.

use super::{
    batch::batches,
    fate::{self, Fate},
};
use crate::{
    call::{Failure, request},
    open::durable,
    record::{self, Versions},
};
use futures::TryStreamExt as _;
use mongodb::{
    Collection, Database,
    bson::{self, Document, RawArrayBuf, RawDocumentBuf, doc},
    error::Error,
};
use ports::Revision;
use service_kit::Together;
use std::collections::HashMap;

/// A document that is to take the place of another.
#[derive(Debug, Clone)]
pub(crate) struct Replacement {
    /// Its id.
    pub(crate) id: String,
    /// The revision that the other must have.
    pub(crate) at: Revision,
    /// The revision that it gets.
    pub(crate) to: Revision,
    /// The document.
    pub(crate) document: RawDocumentBuf,
}

/// Documents of a collection that are to be replaced.
#[derive(Debug)]
pub(crate) struct Replacements {
    pub(crate) database: Database,
    pub(crate) collection: Collection<RawDocumentBuf>,
}

impl Together for Replacements {
    type Wish = Replacement;
    type Outcome = Result<bool, Failure>;

    async fn fulfil(&self, wishes: Vec<Replacement>) -> Vec<Result<bool, Failure>> {
        let mut outcomes = Vec::with_capacity(wishes.len());
        for batch in batches(wishes, |wish| wish.document.as_bytes().len()) {
            let failed = |failure: Failure| vec![Err(failure); batch.len()];
            outcomes.extend(match &*batch {
                [one] => vec![self.one(one).await],
                many => self.many(many).await.unwrap_or_else(failed),
            });
        }
        outcomes
    }
}

impl Replacements {
    async fn one(&self, one: &Replacement) -> Result<bool, Failure> {
        let (collection, document) = (self.collection.clone(), one.document.clone());
        let filter = record::at(&one.id, one.at);
        let replaced = request(async move { collection.replace_one(filter, document).await }).await?;
        Ok(replaced.matched_count == 1)
    }

    /// The SDK has a call for this only with a server of version 8. The server tells how many it has replaced, not which.
    async fn many(&self, many: &[Replacement]) -> Result<Vec<Result<bool, Failure>>, Failure> {
        let (database, command) = (self.database.clone(), self.command(many)?);
        let answer = request(async move { database.run_raw_command(command).await }).await?;
        if let Some(concern) = answer.get("writeConcernError") {
            return Err(Error::custom(format!("it is not on the disks of a majority: {concern}")).into());
        }
        let done = count(&answer).unwrap_or_default();
        if done == many.len() || done == 0 {
            return Ok(vec![Ok(done > 0); many.len()]);
        }
        self.told(many, done).await
    }

    fn command(&self, many: &[Replacement]) -> Result<RawDocumentBuf, Failure> {
        let invalid = |error: bson::error::Error| Failure::from(Error::from(error));
        let mut updates = RawArrayBuf::new();
        for one in many {
            let mut update = RawDocumentBuf::new();
            let filter = RawDocumentBuf::try_from(&record::at(&one.id, one.at)).map_err(invalid)?;
            update.append(bson::cstr!("q"), filter);
            update.append(bson::cstr!("u"), one.document.clone());
            updates.push(update);
        }
        let mut command = RawDocumentBuf::new();
        command.append(bson::cstr!("update"), self.collection.name());
        command.append(bson::cstr!("updates"), updates);
        command.append(bson::cstr!("ordered"), false);
        let concern = bson::serialize_to_raw_document_buf(&durable()).map_err(invalid)?;
        command.append(bson::cstr!("writeConcern"), concern);
        Ok(command)
    }

    /// Which of them these so many are, told by the versions that the documents have now.
    async fn told(&self, many: &[Replacement], done: usize) -> Result<Vec<Result<bool, Failure>>, Failure> {
        let ids: Vec<&str> = many.iter().map(|one| one.id.as_str()).collect();
        let (collection, filter) = (self.collection.clone(), doc! { "_id": { "$in": ids } });
        let found: Vec<RawDocumentBuf> =
            request(async move { collection.find(filter).await?.try_collect().await }).await?;
        let versions = |document: &RawDocumentBuf| {
            Some((document.get_str("_id").ok()?.to_owned(), record::versions(document).ok()?))
        };
        let seen: HashMap<String, Versions> = found.iter().filter_map(versions).collect();
        let fate = |one: &Replacement| fate::of_replacement(seen.get(&one.id).copied(), one.at, one.to);
        let fates: Vec<Fate> = many.iter().map(fate).collect();
        Ok(outcomes(&fates, done))
    }
}

/// Of which it is not known counts as refused if all that were done are known; else others have written so much since that
/// nobody can tell.
fn outcomes(fates: &[Fate], done: usize) -> Vec<Result<bool, Failure>> {
    let all_known = fates.iter().filter(|fate| **fate == Fate::Done).count() == done;
    let outcome = |fate: &Fate| match fate {
        Fate::Done => Ok(true),
        Fate::Refused => Ok(false),
        Fate::Unknown if all_known => Ok(false),
        Fate::Unknown => Err(Error::custom("others have written it since").into()),
    };
    fates.iter().map(outcome).collect()
}

/// How many the server has replaced; a number of whichever type it sends.
fn count(answer: &Document) -> Option<usize> {
    let value = answer.get("n")?;
    let number = value.as_i64().or_else(|| value.as_i32().map(i64::from));
    usize::try_from(number.or_else(|| value.as_f64().map(|number| number as i64))?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Fate::{Done, Refused, Unknown};

    #[test]
    fn what_is_not_known_follows_from_the_number_where_it_can() {
        let told = |fates: &[Fate], done| -> Vec<Option<bool>> {
            outcomes(fates, done).into_iter().map(Result::ok).collect()
        };
        assert_eq!(told(&[Done, Refused], 1), [Some(true), Some(false)]);
        assert_eq!(told(&[Done, Unknown, Unknown], 1), [Some(true), Some(false), Some(false)]);
        assert_eq!(told(&[Done, Unknown, Refused], 2), [Some(true), None, Some(false)]);
    }

    #[test]
    fn a_count_is_of_any_type() {
        for answer in [doc! { "n": 3 }, doc! { "n": 3_i64 }, doc! { "n": 3.0 }] {
            assert_eq!(count(&answer), Some(3), "{answer}");
        }
        assert_eq!(count(&doc! { "n": -1 }), None);
        assert_eq!(count(&doc! {}), None);
    }
}
